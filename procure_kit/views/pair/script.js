// Draws the page that page.py writes. Code is only ever set as text, never as markup. Needs values.js.
function element(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
const percent = (share, signed) =>
  (signed && share > 0 ? "+" : share < 0 ? "−" : "") + (100 * Math.abs(share)).toFixed(1) + " %";

// ---- the two programs ---------------------------------------------------------------------------------------------
let pieces = [[], []]; // [side][unit]: the elements that show it
let latest = 0;

function drawCode() {
  $("panes").replaceChildren(...[0, 1].map((side) => {
    const units = meta.views[state.view].sides[side], text = meta.texts[side];
    pieces[side] = units.map(() => []);
    const code = element("div", { class: "code", role: "group", "aria-label": `${meta.sides[side]}: code` });
    let unit = 0, start = 0;
    text.split("\n").forEach((line, number) => {
      const end = start + line.length, row = element("span", { class: "text" });
      let at = start;
      const upTo = (place) => { if (place > at) row.append(text.slice(at, place)); at = Math.max(at, place); };
      for (; unit < units.length && units[unit][0] <= end; unit++) {
        const [from, to] = units[unit];
        const blank = !text.slice(from, to).trim();
        if (blank && from < start) continue;
        const a = Math.max(from, at + (from < start ? line.length - line.trimStart().length : 0)), b = Math.min(to, end);
        upTo(Math.min(a, end));
        if (b > a || blank) row.append(piece(side, unit, text.slice(a, b), number + 1, blank && to > end));
        at = Math.max(at, b);
        if (to > end + 1 && !blank) break; // it goes on in the next line
      }
      upTo(end);
      const button = element("button", {
        class: "number", tabindex: "-1", text: number + 1, title: "Select this line", "data-line": number + 1,
        onclick: (event) => choose(side, inLine(side, number + 1), event.shiftKey),
      });
      code.append(element("div", { class: "row" }, button, row));
      start = end + 1;
    });
    code.addEventListener("keydown", (event) => keys(side, event));
    return element("section", { class: "pane" }, element("h2", { text: meta.sides[side] }), code);
  }));
  pieces.forEach((side) => side.find((shown) => shown.length)?.[0].setAttribute("tabindex", "0"));
}

function piece(side, unit, text, line, breaks) {
  const flags = meta.views[state.view].sides[side][unit][2];
  const names = ["u", breaks && "break", flags & CHANGED && "changed", flags & GENERATED && "generated"];
  const made = element("span", {
    class: names.filter(Boolean).join(" "), text, tabindex: "-1", role: "button", "data-side": side, "data-unit": unit,
    "data-line": line, "aria-label": described(side, unit),
    onmouseenter: () => point(side, unit), onmouseleave: () => point(null), onfocus: () => point(side, unit), onblur: () => point(null),
    onclick: (event) => choose(side, [unit], event.shiftKey),
  });
  pieces[side][unit].push(made);
  return made;
}

const label = (side, unit) => {
  const [from, to] = meta.views[state.view].sides[side][unit];
  const words = meta.texts[side].slice(from, to).trim().split(/\s+/).join(" ") || (meta.texts[side].slice(from, to).includes("\n") ? "⏎" : "␣");
  return words.length > 60 ? words.slice(0, 59) + "…" : words;
};
const lineOf = (side, unit) =>
  meta.texts[side].slice(0, meta.views[state.view].sides[side][unit][0]).split("\n").length;
function described(side, unit) {
  const flags = meta.views[state.view].sides[side][unit][2];
  return `${label(side, unit)}, line ${lineOf(side, unit)}` + (flags & CHANGED ? ", changed" : "") +
    (flags & GENERATED ? ", written by the model" : "");
}
const inLine = (side, line) =>
  pieces[side].flatMap((shown, unit) => (shown.some((p) => +p.dataset.line === line) ? [unit] : []));

function point(side, unit) {
  state.hover = side === null ? null : { side, unit };
  draw();
}

function choose(side, units, more) {
  const before = more && state.side === side ? state.chosen : [];
  const toggled = units.length === 1 && before.includes(units[0]);
  const again = !more && state.side === side && units.join() === state.chosen.join();
  state.chosen = again ? [] : toggled ? before.filter((u) => u !== units[0]) : [...new Set([...before, ...units])];
  state.chosen.sort((a, b) => a - b);
  state.side = side;
  state.hover = null;
  draw();
  bringUp(side, units[0]);
}

/** Scroll the other program to the counterpart, so that both stand at the same height. */
function bringUp(side, unit) {
  const [here, there] = [pieces[side][unit]?.[0], pieces[1 - side][partners(state.view)[side][unit]]?.[0]];
  if (!here || !there) return;
  const height = (shown) => shown.getBoundingClientRect().top - shown.closest(".code").getBoundingClientRect().top;
  there.closest(".code").scrollTop += height(there) - height(here);
}

function keys(side, event) {
  const held = event.target.closest(".u");
  if (!held || event.ctrlKey || event.metaKey || event.altKey) return;
  const unit = +held.dataset.unit, line = +held.dataset.line;
  const steps = { ArrowRight: 1, ArrowLeft: -1 }, rows = { ArrowDown: 1, ArrowUp: -1 };
  let next = null;
  if (event.key in steps) for (next = unit + steps[event.key]; pieces[side][next]?.length === 0; next += steps[event.key]);
  else if (event.key in rows) {
    const lines = [...new Set(pieces[side].flat().map((p) => +p.dataset.line))].sort((a, b) => a - b);
    next = inLine(side, lines[lines.indexOf(line) + rows[event.key]])[0];
  } else if (event.key === "Enter" || event.key === " ") choose(side, [unit], event.shiftKey);
  else if (event.key === "l") choose(side, inLine(side, line), event.shiftKey);
  else return;
  event.preventDefault();
  const target = pieces[side][next]?.[0];
  if (target) {
    held.setAttribute("tabindex", "-1");
    target.setAttribute("tabindex", "0");
    target.focus();
  }
}

/** Select the smallest syntax node that holds the selection and more; in the token view, where nodes are known. */
function widen() {
  const focus = state.hover && !state.chosen.length ? { side: state.hover.side, units: [state.hover.unit] }
    : { side: state.side, units: state.chosen };
  if (state.view !== "token" || !focus.units.length) return say("Choose the token view and a token first.");
  const low = Math.min(...focus.units), high = Math.max(...focus.units), width = high - low + 1;
  const around = meta.nodes[focus.side]
    .filter(([a, b]) => a <= low && b >= high && b - a + 1 > Math.max(width, focus.units.length))
    .sort((x, y) => x[1] - x[0] - (y[1] - y[0]))[0];
  if (!around) return say("No syntax node is wider.");
  const [a, b, kind] = around;
  state.chosen = [];
  choose(focus.side, Array.from({ length: b - a + 1 }, (_, k) => a + k), false);
  $("widen").dataset.kind = kind;
  draw(kind);
}

// ---- drawing ------------------------------------------------------------------------------------------------------
const say = (text) => ($("status").textContent = text);

/** What the selection, or what is pointed at, looks at on both sides; nothing chosen: the mean of all rows. */
async function draw(kind = "") {
  const turn = ++latest;
  delete document.body.dataset.drawn; // set again when nothing newer is asked for
  const size = (side) => meta.views[state.view].sides[side].length;
  const focus = state.hover ? { side: state.hover.side, units: [state.hover.unit] } : { side: state.side, units: state.chosen };
  const looking = [[], []];
  looking[focus.side] = focus.units;
  looking[1 - focus.side] = focus.units.map((u) => partners(state.view)[focus.side][u]).filter((u) => u >= 0);
  const rowsOf = async (m) => {
    const maps = await Promise.all([headMap(m, 0), headMap(m, 1)]);
    return maps.map((map, side) => {
      if (focus.units.length && !looking[side].length) return null; // no counterpart
      return meanRow(map, side, focus.units.length ? looking[side] : [...Array(size(side)).keys()]);
    });
  };
  let rows = await rowsOf(state.m);
  const signed = state.show !== "attention";
  if (state.show === "sides") rows = acrossSides(rows);
  if (state.show === "models") {
    const [before, after] = await Promise.all([rowsOf(0), rowsOf(1)]);
    rows = rows.map((row, side) => row && after[side].map((x, j) => x - before[side][j]));
  }
  if (turn !== latest) return; // something newer was asked for
  const top = topOf(rows, looking);
  pieces.forEach((units, side) => units.forEach((shown, unit) => shown.forEach((p) => {
    const rgb = rows[side] ? colour(rows[side][unit], top, signed) : ramp().paper;
    p.style.background = css(rgb);
    p.style.color = inkOn(rgb);
    p.classList.toggle("looking", looking[side].includes(unit));
    p.setAttribute("aria-pressed", state.side === side && state.chosen.includes(unit));
    p.title = rows[side] ? `${percent(rows[side][unit], signed)}  ${described(side, unit)}` : described(side, unit);
  })));
  legend(top, signed);
  list(rows, signed);
  const what = !focus.units.length ? "Nothing selected: the mean of all rows"
    : `${kind ? kind + ": " : ""}${focus.units.slice(0, 6).map((u) => label(focus.side, u)).join(" ")}` +
      `${focus.units.length > 6 ? " …" : ""} (${meta.sides[focus.side]}, line ${lineOf(focus.side, focus.units[0])})`;
  const lost = focus.units.length && !looking[1 - focus.side].length ? `; it has no counterpart in the ${meta.sides[1 - focus.side]}` : "";
  say(`${what}${lost}. Layer ${state.layer}, ${state.head < 0 ? "mean of heads" : "head " + state.head}.`);
  document.body.dataset.drawn = turn;
}

/** counterfactual − original where units correspond; those without a counterpart are compared with nothing. */
function acrossSides(rows) {
  if (!rows[0] || !rows[1]) return [null, null];
  const other = partners(state.view);
  return [
    rows[0].map((x, j) => (other[0][j] >= 0 ? rows[1][other[0][j]] : 0) - x),
    rows[1].map((x, j) => x - (other[1][j] >= 0 ? rows[0][other[1][j]] : 0)),
  ];
}

function legend(top, signed) {
  const bar = element("span", { class: "ramp" }), steps = [0, 0.25, 0.5, 0.75, 1];
  const shades = (signed ? [-1, -0.5, 0, 0.5, 1] : steps).map((t) => css(colour(t, 1, signed)));
  bar.style.background = `linear-gradient(to right, ${shades.join(",")})`;
  const outline = element("span", { class: "u changed", text: "changed" });
  const ends = signed ? [percent(-top, true), percent(top, true)] : ["0 %", `${percent(top)} and more`];
  $("legend").replaceChildren(ends[0], bar, ends[1], outline,
    ...(meta.generated ? [element("span", { class: "u generated", text: "written by the model" })] : []));
}

function list(rows, signed) {
  $("lists").replaceChildren(...rows.map((row, side) => {
    const table = element("table", {}, element("caption", {
      text: `${meta.sides[side]} ${signed ? "changes most at" : "looks at"}`,
    }));
    const order = row ? [...row.keys()].sort((a, b) => Math.abs(row[b]) - Math.abs(row[a])).slice(0, 6) : [];
    for (const unit of order.filter((u) => row[u])) {
      table.append(element("tr", {}, element("td", { text: label(side, unit) }),
        element("td", { text: `line ${lineOf(side, unit)}` }), element("td", { text: percent(row[unit], signed) })));
    }
    if (row && !signed) {
      const rest = Math.max(0, 1 - order.reduce((sum, u) => sum + row[u], 0));
      table.append(element("tr", {}, element("td", { text: "all else" }), element("td"), element("td", { text: percent(rest) })));
    }
    if (!row) table.append(element("tr", {}, element("td", { text: "no counterpart" })));
    return table;
  }));
}

// ---- every head ---------------------------------------------------------------------------------------------------
function drawHeads() {
  const [first, second] = [0, 1].map((side) => meta.masses[state.m][side]);
  const change = state.show === "models" ? meta.masses[1][1].map((x, k) => x - meta.masses[0][1][k]) : second.map((x, k) => x - first[k]);
  const divergence = meta.divergences[state.m];
  const top = Math.max(...first, ...second), reach = Math.max(...change.map(Math.abs));
  const name = state.show === "models" ? `${meta.measurements[1]} − ${meta.measurements[0]}` : "counterfactual − original";
  $("heads").replaceChildren(
    headGrid(meta.sides[0], first, top, false), headGrid(meta.sides[1], second, top, false), headGrid(name, change, reach, true),
    headGrid("divergence", divergence, Math.max(...divergence), false));
}

function headGrid(title, values, top, signed) {
  const group = meta.heads / meta.kv;
  const ends = `${signed ? "±" : "0 to "}${percent(top)}`;
  const table = element("table", { class: "grid", role: "grid", "aria-label": title });
  const heads = element("tr", {}, element("th", { text: "kv" }));
  for (let k = 0; k < meta.kv; k++) heads.append(element("th", { colspan: group, text: k, title: `key/value head ${k}` }));
  table.append(element("thead", {}, heads));
  const body = element("tbody");
  for (let layer = 0; layer < meta.layers; layer++) {
    const row = element("tr", { role: "row" }, element("th", { scope: "row", text: layer }));
    for (let head = 0; head < meta.heads; head++) {
      const value = values[layer * meta.heads + head], chosen = layer === state.layer && (head === state.head || state.head < 0);
      const cell = element("td", {
        role: "gridcell", tabindex: layer === state.layer && head === Math.max(state.head, 0) ? "0" : "-1",
        "data-layer": layer, "data-head": head, "aria-selected": chosen,
        "aria-label": `layer ${layer}, head ${head}: ${percent(value, signed)}`,
        title: `layer ${layer}, head ${head}: ${percent(value, signed)}`,
      });
      if (head % group === 0) cell.className = "group";
      cell.style.background = css(colour(value, top, signed));
      row.append(cell);
    }
    body.append(row);
  }
  table.append(body);
  const read = (event) => { const cell = event.target.closest("td"); if (cell) $("head-status").textContent = `${title}, ${cell.title}`; };
  table.addEventListener("mouseover", read);
  table.addEventListener("focusin", read);
  table.addEventListener("click", (event) => pick(event.target.closest("td"), table));
  table.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td"), step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!cell || !(step || event.key === "Enter" || event.key === " ")) return;
    event.preventDefault();
    if (!step) return pick(cell, table);
    const to = table.querySelector(`[data-layer="${+cell.dataset.layer + step[0]}"][data-head="${+cell.dataset.head + step[1]}"]`);
    if (to) { cell.tabIndex = -1; to.tabIndex = 0; to.focus(); }
  });
  return element("div", {}, element("h3", { text: `${title}, ${ends}` }), table);
}

function pick(cell, table) {
  if (!cell) return;
  [state.layer, state.head] = [+cell.dataset.layer, +cell.dataset.head];
  const place = [...$("heads").children].findIndex((part) => part.contains(table));
  refresh();
  $("heads").children[place].querySelector('[tabindex="0"]').focus();
}

// ---- the chosen head as maps --------------------------------------------------------------------------------------
async function drawMaps() {
  const maps = await Promise.all([headMap(state.m, 0), headMap(state.m, 1)]);
  const squares = maps.map((map, side) => {
    const size = meta.views[state.view].sides[side].length, square = new Float32Array(size * size);
    for (let row = 0; row < size; row++) map(row, (j, share) => (square[row * size + j] += share));
    return { size, square, side, units: [...Array(size).keys()] };
  });
  const pairs = meta.views[state.view].aligned.map((other, unit) => [other, unit]).filter(([other]) => other >= 0);
  const difference = { size: pairs.length, side: 1, units: pairs.map((p) => p[1]), square: new Float32Array(pairs.length ** 2) };
  pairs.forEach(([a, b], row) => pairs.forEach(([c, d], column) => {
    difference.square[row * pairs.length + column] = squares[1].square[b * squares[1].size + d] - squares[0].square[a * squares[0].size + c];
  }));
  const shown = squares.map(({ size, square }) => square.filter((x, k) => x > 0 && k % size && k % (size + 1)));
  const top = quantile(shown, 0.98), reach = quantile([difference.square.map(Math.abs).filter((x) => x > 0)], 0.98);
  $("maps").replaceChildren(canvas(meta.sides[0], squares[0], top, false), canvas(meta.sides[1], squares[1], top, false),
    canvas("counterfactual − original, where they correspond", difference, reach, true));
}
function quantile(parts, q) {
  const all = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
  parts.reduce((at, part) => { all.set(part, at); return at + part.length; }, 0);
  return all.length ? all.sort()[Math.floor(q * (all.length - 1))] : 0;
}

function canvas(title, { size, square, side, units }, top, signed) {
  const made = element("canvas", { width: size, height: size, role: "img", "aria-label": `${title}: ${size} by ${size} units` });
  made.style.width = `${Math.max(size, Math.min(320, size * 16))}px`;
  const context = made.getContext("2d"), image = context.createImageData(size, size);
  const pixels = new Uint32Array(image.data.buffer), shades = palette(signed);
  for (let row = 0; row < size; row++) for (let j = 0; j <= (signed ? size - 1 : row); j++) {
    const share = top > 0 ? square[row * size + j] / top : 0;
    pixels[row * size + j] = shades[STEPS + Math.round(STEPS * Math.max(-1, Math.min(share, 1)))];
  }
  context.putImageData(image, 0, 0);
  made.addEventListener("click", (event) => choose(side, [units[Math.floor((event.offsetY / made.clientHeight) * size)]], event.shiftKey));
  return element("div", {}, element("h3", { text: title }), made);
}

// ---- controls -----------------------------------------------------------------------------------------------------
function options(id, entries, chosen, change) {
  $(id).replaceChildren(...entries.map(([value, text]) => element("option", { value, text })));
  $(id).value = chosen;
  $(id).addEventListener("change", () => { change($(id).value); refresh(); });
}
function refresh() {
  [$("layer").value, $("head").value] = [state.layer, state.head];
  drawHeads();
  draw();
  drawMaps();
}
function chooseView(view) {
  const known = state.view, kept = state.chosen;
  state.view = view;
  state.chosen = [];
  state.hover = null;
  drawCode();
  if (known && kept.length) { // what was selected stays selected, as the units that hold it
    const places = kept.map((u) => meta.views[known].sides[state.side][u][0]);
    const units = meta.views[view].sides[state.side];
    state.chosen = [...new Set(places.map((place) => units.findLastIndex(([from]) => from <= place)).filter((u) => u >= 0))];
  }
}

const count = (n, name) => [...Array(n).keys()].map((k) => [k, `${name}${k}`]);
$("title").textContent = meta.title;
options("view", Object.keys(meta.views).map((view) => [view, `${view}s`]), meta.view, chooseView);
options("layer", count(meta.layers, ""), state.layer, (value) => (state.layer = +value));
options("head", [[-1, "mean of heads"], ...count(meta.heads, "")], state.head, (value) => (state.head = +value));
options("measurement", meta.measurements.map((name, m) => [m, name]), 0, (value) => (state.m = +value));
$("measurements").hidden = meta.measurements.length < 2;
options("show", [["attention", "attention"], ["sides", "counterfactual − original"],
  ...(meta.measurements.length > 1 ? [["models", meta.measurements.slice().reverse().join(" − ")]] : [])],
  "attention", (value) => (state.show = value));
$("widen").addEventListener("click", widen);
$("widen").hidden = !meta.nodes[1].length && !meta.nodes[0].length;
const clear = () => { state.chosen = []; state.hover = null; draw(); };
$("clear").addEventListener("click", clear);
document.addEventListener("keydown", (event) => {
  if (event.target.matches("select, input, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") clear();
  if (event.key === "n") widen();
});
$("most").addEventListener("click", () => {
  const found = meta.divergences[state.m], place = found.indexOf(Math.max(...found));
  [state.layer, state.head] = [Math.floor(place / meta.heads), place % meta.heads];
  refresh();
});
dark.addEventListener("change", refresh);
addEventListener("message", (event) => { // from the notebook that this page stands in
  if (!["light", "dark"].includes(event.data?.procureTheme)) return;
  document.documentElement.dataset.theme = event.data.procureTheme;
  refresh();
});
if (parent !== window) {
  let first = true;
  new ResizeObserver(() => {
    parent.postMessage({ procureHeight: Math.ceil(document.body.getBoundingClientRect().height), first }, "*");
    first = false;
  }).observe(document.body);
}
$("precision").textContent = (meta.floor ? `Shares below ${percent(meta.floor, false)} of a row are left out of this page, to keep it small. ` : "");
$("note").textContent = meta.note;
chooseView(meta.view);
refresh();
