"""Two small widgets: a box for code that indents, and a line that is read out when it changes."""

from pathlib import Path

import anywidget
import traitlets

_SAID = """
export default {
  render({ model, el }) {
    el.setAttribute("role", "status");
    el.setAttribute("aria-live", "polite");
    el.style.cssText += "font-weight:600;white-space:pre-wrap;min-height:1.5em;overflow-wrap:anywhere";
    const draw = () => { el.textContent = model.get("value"); };
    model.on("change:value", draw);
    draw();
  },
};
"""


class Editor(anywidget.AnyWidget):
    """`value` follows what is typed after a pause of a third of a second, and at once when the box is left.

    Tab and Enter indent as Python wants it; Escape and then Tab leave the box.
    """

    _esm = Path(__file__).with_name("editor.js").read_text("utf-8")
    value = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    placeholder = traitlets.Unicode().tag(sync=True)
    rows = traitlets.Int(14).tag(sync=True)


class Said(anywidget.AnyWidget):
    """A line of plain text, `value`, that a screen reader tells when it changes."""

    _esm = _SAID
    value = traitlets.Unicode().tag(sync=True)
