// A box for code that indents, numbers its lines, and tells Python of a change after a pause, without losing the cursor.
const PAUSE = 350; // milliseconds without a key
const INDENT = "    ";

function render({ model, el }) {
  el.dataset.lmSuppressShortcuts = "true"; // Lab's own keys are for outside
  const label = document.createElement("label");
  const frame = document.createElement("div");
  const numbers = document.createElement("pre");
  const box = document.createElement("textarea");
  const shared = "margin:0;font:13px/1.5 ui-monospace,monospace;padding:.4em .5em;border:0;";
  label.textContent = model.get("label");
  label.style.cssText = "font-weight:600;display:block";
  frame.style.cssText = "display:flex;align-items:flex-start;position:relative;border:1px solid var(--jp-border-color1,#999);border-radius:4px;overflow:hidden;" +
    "background:var(--jp-cell-editor-background,Canvas);color:var(--jp-content-font-color1,CanvasText)";
  numbers.style.cssText = shared + "text-align:right;opacity:.65;user-select:none;overflow:hidden;background:none;color:inherit;position:absolute;inset:0 auto 0 0;width:2.6em;box-sizing:border-box";
  numbers.setAttribute("aria-hidden", "true");
  box.style.cssText = shared + "flex:1;min-width:0;margin-left:2.6em;resize:vertical;white-space:pre;overflow:auto;tab-size:4;background:transparent;color:inherit";
  box.spellcheck = false;
  box.autocapitalize = box.autocomplete = "off";
  box.rows = model.get("rows");
  box.placeholder = model.get("placeholder");
  box.title = "Tab indents; Escape, then Tab, leaves the box";
  box.id = `editor-${Math.random().toString(36).slice(2)}`;
  label.htmlFor = box.id;
  frame.append(numbers, box);
  el.append(label, frame);

  const count = () => {
    numbers.textContent = box.value.split("\n").map((_, k) => k + 1).join("\n");
    numbers.scrollTop = box.scrollTop;
  };
  let waiting = null, leaving = false;
  const tell = () => {
    clearTimeout(waiting);
    waiting = null;
    if (model.get("value") === box.value) return;
    model.set("value", box.value);
    model.save_changes();
  };
  const typed = () => {
    count();
    clearTimeout(waiting);
    waiting = setTimeout(tell, PAUSE);
  };
  const put = (text, start = box.selectionStart, end = box.selectionEnd) => {
    box.setSelectionRange(start, end);
    if (!document.execCommand("insertText", false, text)) box.setRangeText(text, start, end, "end"); // the first can be undone
    typed();
  };
  const lineStart = (place) => box.value.lastIndexOf("\n", place - 1) + 1;

  function indentLines(outwards) {
    const start = lineStart(box.selectionStart), end = box.selectionEnd;
    const lines = box.value.slice(start, end).split("\n");
    const moved = lines.map((line) => (outwards ? line.replace(/^ {1,4}/, "") : line && INDENT + line));
    put(moved.join("\n"), start, end);
    box.setSelectionRange(start, start + moved.join("\n").length);
  }

  box.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") leaving = true;
    else if (event.key !== "Tab" && event.key !== "Shift") leaving = false;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const place = box.selectionStart, line = box.value.slice(lineStart(place), place);
    if (event.key === "Tab" && !leaving) {
      event.preventDefault();
      if (event.shiftKey || box.value.slice(place, box.selectionEnd).includes("\n")) indentLines(event.shiftKey);
      else put(" ".repeat(4 - (line.length % 4)));
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      const out = /^\s*(return|pass|break|continue|raise)\b/.test(line) ? 4 : 0;
      const indent = line.match(/^ */)[0].length + (/:\s*(#.*)?$/.test(line) ? 4 : -out);
      put("\n" + " ".repeat(Math.max(indent, 0)));
    } else if (event.key === "Backspace" && place === box.selectionEnd && line && !line.trim()) {
      event.preventDefault();
      put("", place - (((line.length - 1) % 4) + 1), place);
    }
  });
  box.addEventListener("blur", () => { leaving = false; tell(); });
  box.addEventListener("input", typed);
  box.addEventListener("scroll", count);
  const draw = () => {
    if (waiting === null && box.value !== model.get("value")) box.value = model.get("value"); // typing goes first
    count();
  };
  model.on("change:value", draw);
  draw();
}

export default { render };
