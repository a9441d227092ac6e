// Browsing: a list of problems that the filters leave, and one problem with all its sites.
let shown = { problem: null, site: null };

const verdictOf = (site) => (site.refused !== undefined ? "refused" : site.pair.status);
const matches = (site) =>
  (!$("concept").value || site.concept === $("concept").value) &&
  (!$("verdict").value || verdictOf(site) === $("verdict").value) &&
  (!$("wrote").value || outcome(site.pair) === $("wrote").value);

function filtered() {
  const wanted = $("search").value.trim().toLowerCase();
  return gallery.problems.filter((problem) =>
    (!wanted || `${problem.id}\n${problem.program}`.toLowerCase().includes(wanted)) &&
    ((!$("concept").value && !$("verdict").value && !$("wrote").value) || problem.sites.some(matches)));
}

function drawList() {
  const problems = filtered();
  $("list").replaceChildren(...problems.map((problem) => {
    const made = problem.sites.filter((site) => site.pair).length;
    const told = problem.unread ? "cannot be read" : `${made} rewritten, ${problem.sites.length - made} refused`;
    return element("button", {
      type: "button", "aria-current": String(problem === shown.problem), onclick: () => show(problem),
    }, problem.id, element("small", { text: told }));
  }));
  $("found").textContent = `${problems.length} of ${gallery.problems.length} problems`;
  if (!problems.includes(shown.problem) && problems.length) show(problems[0], null, false);
}

function show(problem, site = null, focus = true) {
  const fits = problem.sites.filter(matches);
  shown = { problem, site: site || fits.find((s) => s.pair) || fits[0] || problem.sites[0] || null };
  for (const button of $("list").children) button.setAttribute("aria-current", String(button.firstChild.data === problem.id));
  const address = [problem.id, shown.site?.concept, shown.site?.number].filter((part) => part !== undefined);
  history.replaceState(null, "", "#" + address.map(encodeURIComponent).join(";"));
  drawProblem();
  if (focus) $("main").focus({ preventScroll: false });
}

function drawProblem() {
  const { problem, site } = shown;
  const parts = [element("h2", { text: problem.id })];
  if (problem.unread) parts.push(element("p", { class: "bad", text: `It cannot be read: ${problem.unread}` }), pane("program", drawCode(problem.program)));
  for (const concept of uniqueSorted(problem.sites.map((s) => s.concept))) {
    parts.push(element("h3", { text: words(concept) }), element("ul", { class: "sites" },
      ...sitesOf(problem, concept).map((one) => element("li", {}, element("button", {
        type: "button", class: one.refused !== undefined ? "refused" : false, "aria-pressed": String(one === site),
        text: `line ${one.line}: ${one.label}${one.refused !== undefined ? " — refused" : ""}`,
        onclick: () => show(problem, one),
      })))));
  }
  if (site) parts.push(...(site.pair ? drawPair(problem, site) : drawRefusal(problem, site)));
  else if (!problem.unread) parts.push(element("p", { text: "No concept has a site in it." }), pane("program", drawCode(problem.program)));
  $("main").replaceChildren(...parts);
}

function drawRefusal(problem, site) {
  return [
    whyRefused(site),
    pane("program", drawCode(problem.program, { here: site.span })),
  ];
}

function drawPair(problem, site) {
  const pair = site.pair;
  const kind = isValid(pair) ? "good" : "bad";
  return [
    element("p", { class: "verdict" }, element("strong", { class: kind, text: verdictWords(pair) }), `. Soundness: ${site.soundness}, it ${SOUND[site.soundness]}.`),
    element("div", { class: "pair" },
      pane("original", drawCode(problem.program, { marks: pair.before })),
      pane(`counterfactual: ${words(site.concept)}`, drawCode(pair.program, { marks: pair.changed }))),
    drawTwin(pair),
    pair.flow.length ? element("details", {}, element("summary", { text: "How values and control flow in both" }),
      element("p", { class: "note", text: "First from each definition of a variable to the uses that it may reach; then from each line to those that may run after it." }),
      ...[0, 2].map((k) => element("div", { class: "pair" }, drawing(pair.flow[k]), drawing(pair.flow[k + 1])))) : null,
    pair.writes ? drawWritten(problem, pair) : null,
    pair.looks ? drawLooks(problem, pair) : null,
  ].filter(Boolean);
}

function drawTwin(pair) {
  const summary = element("summary", { text: "A twin that breaks: as small a change, and it is wrong" });
  if (!pair.twin) return pair.no_twin ? element("details", {}, summary, element("p", { text: `There is none here: ${pair.no_twin}.` })) : null;
  return element("details", {}, summary,
    element("p", {}, element("strong", { class: "bad", text: "not the same: " }), pair.twin.detail),
    pane("breaking twin", drawCode(pair.twin.program, { marks: pair.twin.changed })));
}

function drawWritten(problem, pair) {
  const sides = [problem.program, pair.program].map((text, side) => {
    const { cut, text: written, passed } = pair.writes[side];
    const prefix = [...text].slice(0, cut).join("");
    return element("div", {}, pane(`${["original", "counterfactual"][side]}: ${passed ? "passes" : "fails"}`,
      drawCode(prefix + written, { wrote: cut, marks: [pair.before, pair.changed][side].filter(([a, b]) => b <= cut) })));
  });
  return element("details", {},
    element("summary", { text: `What ${gallery.model} writes: right in ${outcome(pair)}` }),
    element("p", { class: "note", text: "It is given both programs up to the same place; what it wrote itself has a dotted line below it." }),
    element("div", { class: "pair" }, ...sides));
}

/** Heads at a glance, and for a line that is chosen where each layer looks from it, by line, mean over heads. */
function drawLooks(problem, pair) {
  const state = { layer: 0, chosen: [null, null] };
  const sides = pair.looks.map((looks, side) => {
    const bytes = Uint8Array.from(atob(looks.lines), (c) => c.charCodeAt(0)), size = looks.starts.length;
    const triangle = (size * (size + 1)) / 2;
    return { looks, text: [problem.program, pair.program][side], rows: [], size,
      share: (layer, row, column) => (bytes[layer * triangle + (row * (row + 1)) / 2 + column] / 255) ** 2 };
  });
  const layers = pair.looks[0].mass.length;
  state.layer = layers - 1;
  const choose = element("select", { onchange: (event) => { state.layer = +event.target.value; tint(); } });
  options(choose, pair.looks[0].mass.map((_, layer) => [layer, `layer ${layer}`]));
  choose.value = state.layer;
  const said = element("p", { class: "note", role: "status", "aria-live": "polite" });
  function tint() {
    sides.forEach((side, s) => {
      const from = state.chosen[s];
      side.rows.forEach((row, unit) => {
        const share = from === null || unit > from ? 0 : side.share(state.layer, from, unit);
        row.style.background = share ? `rgba(var(--look), ${(0.85 * Math.sqrt(share)).toFixed(3)})` : "";
        row.title = share ? percent(share) : "";
        row.classList.toggle("looking", unit === from);
      });
    });
    said.textContent = state.chosen.some((c) => c !== null)
      ? `Layer ${state.layer}, mean over heads: the darker a line, the more the chosen line looks at it.`
      : "Click a line, or move to it and press Enter, to see where it looks.";
  }
  const panes = sides.map((side, s) => {
    const unitAt = new Map(side.looks.starts.map((start, unit) => [[...side.text].slice(0, start).filter((c) => c === "\n").length, unit]));
    const code = drawCode(side.text, { marks: [pair.before, pair.changed][s], onrow: (row, number) => {
      const unit = unitAt.get(number);
      if (unit === undefined) return;
      side.rows[unit] = row;
      const pick = () => { state.chosen[s] = state.chosen[s] === unit ? null : unit; tint(); };
      row.tabIndex = 0;
      row.setAttribute("role", "button");
      row.addEventListener("click", pick);
      row.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); pick(); } });
    } });
    code.classList.add("lines");
    return pane(["original", "counterfactual"][s], code);
  });
  tint();
  return element("details", {}, element("summary", { text: `Where ${gallery.model} looks` }),
    element("p", { class: "note", text: "Heads at a glance: a row is a layer, a column a head; the darker, the more of its attention goes to the changed tokens." }),
    element("div", { class: "glance" }, ...pair.looks.map((looks, s) => headGrid(looks.mass, ["original", "counterfactual"][s], pair.looks))),
    element("label", {}, "By line, in ", choose), said, element("div", { class: "pair" }, ...panes));
}

function headGrid(mass, title, both) {
  const top = Math.max(...both.flatMap((looks) => looks.mass.flat())) || 1;
  const rows = mass.map((heads, layer) => element("tr", {}, element("th", { scope: "row", text: layer }), ...heads.map((share, head) =>
    element("td", { title: `layer ${layer}, head ${head}: ${percent(share)}`, style: `background: rgba(var(--look), ${(share / top).toFixed(3)})` }))));
  const most = mass.flatMap((heads, layer) => heads.map((share, head) => ({ share, layer, head }))).sort((a, b) => b.share - a.share)[0];
  return element("table", { class: "heads" }, element("caption", { text: `${title}: most in layer ${most.layer}, head ${most.head}, ${percent(most.share)}` }), element("tbody", {}, ...rows));
}

function openAddress() {
  const [id, concept, number] = decodeURIComponent(location.hash.slice(1)).split(";");
  const problem = gallery.problems.find((p) => p.id === id) || filtered()[0];
  if (problem) show(problem, problem.sites.find((s) => s.concept === concept && s.number === +number) || null, false);
}

function startBrowsing() {
  options($("concept"), [["", "all"], ...uniqueSorted(allSites().map(({ site }) => site.concept)).map((c) => [c, words(c)])]);
  options($("verdict"), [["", "all"], ...uniqueSorted(allSites().map(({ site }) => verdictOf(site))).map((v) => [v, v])]);
  options($("wrote"), [["", "all"], ...OUTCOMES.map((o) => [o, `right in ${o}`])]);
  $("model-filter").hidden = !allSites().some(({ site }) => site.pair?.writes);
  for (const id of ["search", "concept", "verdict", "wrote"]) $(id).addEventListener("input", drawList);
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("list").addEventListener("keydown", (event) => {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (step && document.activeElement[step]) { event.preventDefault(); document.activeElement[step].focus(); }
  });
  openAddress();
  drawList();
  addEventListener("hashchange", openAddress);
}
