// The front of reviewing.py: what it shows comes from Python, what is pressed goes there.
const KEYS = { a: "accept", r: "reject", ArrowLeft: "back", ArrowRight: "next" };
const LABELS = { back: "← back", accept: "accept (a)", reject: "reject (r)", next: "next →" };
const CONTROL = "font:inherit;padding:.3em .8em;margin:0 .4em .4em 0";

function render({ model, el }) {
  el.tabIndex = 0; // can have the keyboard
  el.dataset.lmSuppressShortcuts = "true"; // where "a" would insert a cell
  el.className += " procure-review";
  el.style.cssText += "font:14px/1.5 sans-serif;outline-offset:3px;padding:.3em";
  const line = document.createElement("p");
  const pair = document.createElement("div");
  const note = document.createElement("input");
  const controls = document.createElement("div");
  line.setAttribute("role", "status"); // read out when it changes
  note.placeholder = "why (Enter: back to the keys)";
  note.setAttribute("aria-label", "note: why");
  note.style.cssText = CONTROL + ";width:22em";

  const act = (action) => {
    model.send({ action, note: note.value });
    el.focus();
  };
  for (const action of Object.keys(LABELS)) {
    const button = document.createElement("button");
    button.textContent = LABELS[action];
    button.style.cssText = CONTROL;
    button.addEventListener("click", () => act(action));
    controls.append(button);
  }
  controls.append(note);
  el.addEventListener("keydown", (event) => {
    if (event.target === note) {
      if (event.key === "Enter") el.focus();
      return;
    }
    const action = KEYS[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    event.preventDefault();
    event.stopPropagation();
    act(action);
  });

  const draw = () => {
    line.innerHTML = model.get("line"); // escaped in Python
    pair.innerHTML = model.get("pair");
    note.value = model.get("note");
  };
  model.on("change", draw);
  draw();
  el.append(line, controls, pair);
}

export default { render };
