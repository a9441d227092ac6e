"""The page in a frame of its own, as HTML for a cell's output or as a widget, as high as it is and in Lab's theme."""

from html import escape
from importlib.resources import files

import anywidget
import traitlets

MEET = files(__package__).joinpath("frame.js").read_text("utf-8")
STYLE = "width:100%;height:56rem;border:0"
_HTML = f"""<div>
<iframe class="procure-pair" title="{{}}" sandbox="allow-scripts" style="{STYLE}" srcdoc="{{}}"></iframe>
<script>{{{{
{{}}
document.querySelectorAll("iframe.procure-pair:not([data-met])").forEach((frame) => {{{{
  frame.dataset.met = "yes";
  meet(frame);
}}}});
}}}}</script></div>"""


def framed(title: str, html: str) -> str:
    """The page as HTML that JupyterLab, VS Code and Colab show alike."""
    return _HTML.format(escape(title), escape(html), MEET)


class Frame(anywidget.AnyWidget):
    """The page as a widget: scripts in a widget's HTML do not run. `html` "" shows nothing."""

    _esm = f"""{MEET}
export default {{
  render({{ model, el }}) {{
    const draw = () => {{
      el.replaceChildren();
      if (!model.get("html")) return;
      const frame = document.createElement("iframe");
      frame.title = model.get("title");
      frame.setAttribute("sandbox", "allow-scripts");
      frame.style.cssText = "{STYLE}";
      frame.srcdoc = model.get("html");
      el.append(frame);
      meet(frame);
    }};
    model.on("change:html", draw);
    draw();
  }},
}};
"""
    title = traitlets.Unicode("Attention pair").tag(sync=True)
    html = traitlets.Unicode().tag(sync=True)
