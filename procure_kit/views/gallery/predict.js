// Predict, then reveal: the page asks first, counts right answers, and then shows the proof.
const KINDS = {
  same: "does it do the same?",
  site: "can this place be rewritten?",
  model: "what will the model write?",
};
const game = { right: 0, asked: 0, order: [], at: 0, random: null };

/** Numbers from 0 to 1 that the seed alone decides (mulberry32), so that a class gets the same questions. */
function randomFrom(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
function shuffled(items) {
  const mixed = [...items];
  for (let k = mixed.length - 1; k > 0; k--) {
    const other = Math.floor(game.random() * (k + 1));
    [mixed[k], mixed[other]] = [mixed[other], mixed[k]];
  }
  return mixed;
}

/** A reason to refuse without the program's own names and lines: two of one kind are one answer, and none tells by its names whose it is. */
const reasonKind = (site) => site.refused.replace(/`[^`]*`(, `[^`]*`)*|(?<=line )\d+/g, "…");

function questionsOf(kind) {
  const pairs = allSites().filter(({ site }) => site.pair && isValid(site.pair));
  if (kind === "same") return pairs.filter(({ site }) => site.pair.twin);
  if (kind === "model") return pairs.filter(({ site }) => site.pair.writes);
  return allSites();
}

/** As many of each answer as there are, so that always giving one of them wins nothing. */
function balanced(questions, answer) {
  const groups = new Map();
  for (const question of shuffled(questions)) {
    const key = answer(question);
    groups.set(key, [...(groups.get(key) || []), question]);
  }
  const turns = [...groups.values()], mixed = [];
  for (let k = 0; turns.some((group) => k < group.length); k++) mixed.push(...shuffled(turns.filter((group) => k < group.length).map((group) => group[k])));
  return mixed;
}

function startRound() {
  Object.assign(game, { right: 0, asked: 0, at: 0, random: randomFrom(+$("seed").value || 1) });
  const answer = { same: () => "", site: ({ site }) => (site.refused === undefined ? "" : reasonKind(site)), model: ({ site }) => outcome(site.pair) }[$("kind").value];
  game.order = balanced(questionsOf($("kind").value), answer);
  ask();
}

function ask() {
  score();
  const question = game.order[game.at];
  if (!question) {
    const none = game.order.length ? "That was all of them." : "There is nothing to ask here.";
    $("question").replaceChildren(element("p", { text: none }));
    return;
  }
  ({ same: askSame, site: askSite, model: askModel })[$("kind").value](question);
  $("question").focus({ preventScroll: true });
}

function score() {
  const told = game.asked ? `${game.right} of ${game.asked} right (round ${$("seed").value})` : "Nothing answered yet.";
  $("score").textContent = `Question ${Math.min(game.at + 1, game.order.length)} of ${game.order.length}. ${told}`;
}

/** The question, its answers as buttons (keys 1, 2, ...), and behind the chosen one what `reveal` shows. */
function pose(title, inside, answers, right, reveal) {
  let done = false;
  const proof = element("div", { "aria-live": "polite" });
  const buttons = answers.map((text, number) => element("button", { type: "button", onclick: () => choose(text) }, element("kbd", { text: number + 1 }), ` ${text}`));
  const next = element("button", { type: "button", hidden: "", onclick: () => { game.at += 1; ask(); } }, "Next question ", element("kbd", { text: "Enter" }));
  function choose(text) {
    if (done) return;
    done = true;
    game.asked += 1;
    game.right += text === right;
    buttons.forEach((button, number) => {
      button.disabled = true;
      if (answers[number] === right) button.classList.add("right");
      else if (answers[number] === text) button.classList.add("wrong");
    });
    proof.replaceChildren(element("p", { class: "verdict" }, element("strong", { class: text === right ? "good" : "bad", text: text === right ? "Right. " : `No: ${right}. ` })), ...reveal());
    next.hidden = false;
    next.focus();
    score();
  }
  $("question").replaceChildren(element("h2", { text: title }), ...inside, element("div", { class: "answers", role: "group", "aria-label": "Your answer" }, ...buttons), proof, next);
  $("question").onkeydown = (event) => {
    const chosen = answers[+event.key - 1];
    if (chosen !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) choose(chosen);
  };
}

const more = (problem, site) => element("p", {}, element("button", { type: "button", text: "All about this pair", onclick: () => { openTab("browse"); show(problem, site); } }));

/** Both programs, the lines tinted in which they differ: spans of a change's own would tell which change it was. */
function drawSides(one, other) {
  const lines = [one, other].map((text) => text.split("\n"));
  const tint = lines[0].length !== lines[1].length ? null : (row, number) => row.classList.toggle("differs", lines[0][number] !== lines[1][number]);
  return [one, other].map((text) => drawCode(text, { onrow: tint }));
}

function askSame({ problem, site }) {
  const { pair } = site, broken = game.random() < 0.5;
  const [original, rewritten] = drawSides(problem.program, (broken ? pair.twin : pair).program);
  pose("Do both programs do the same?", [element("div", { class: "pair" },
    pane(`original (${problem.id})`, original), pane("rewritten", rewritten))],
  ["the same", "not the same"], broken ? "not the same" : "the same", () => [
    element("p", { text: broken ? `Its tests see it: ${pair.twin.detail}.` : `${verdictWords(pair)}. It ${SOUND[site.soundness]}.` }),
    element("p", { class: "note", text: broken ? "The version that does the same:" : "A version with as small a change that breaks:" }),
    element("div", { class: "pair" }, broken ? pane("counterfactual", drawCode(pair.program, { marks: pair.changed })) : pane("breaking twin", drawCode(pair.twin.program, { marks: pair.twin.changed }))),
    more(problem, site),
  ]);
}

function askSite({ problem, site }) {
  const refused = site.refused !== undefined, right = refused ? reasonKind(site) : "it can be rewritten";
  const others = allSites().filter(({ site: s }) => s.refused !== undefined && s.concept === site.concept && (!refused || reasonKind(s) !== reasonKind(site)));
  const reasons = [...new Set(shuffled(others).map(({ site: s }) => reasonKind(s)))].slice(0, refused ? 2 : 3);
  const answers = ["it can be rewritten", ...shuffled(refused ? [right, ...reasons] : reasons)];
  pose(`Can ${words(site.concept)} rewrite the outlined place safely? If not, why?`,
    [pane(`${problem.id}, line ${site.line}: ${site.label}`, drawCode(problem.program, { here: site.span }))], answers, right, () => [
      ...(refused ? [whyRefused(site)] : [element("div", { class: "pair" }, pane("original", drawCode(problem.program, { marks: site.pair.before })), pane("counterfactual", drawCode(site.pair.program, { marks: site.pair.changed }))),
        element("p", { text: `${verdictWords(site.pair)}. It ${SOUND[site.soundness]}.` })]),
      more(problem, site),
    ]);
}

function askModel({ problem, site }) {
  const { pair } = site;
  const heads = [problem.program, pair.program].map((text, side) => [...text].slice(0, pair.writes[side].cut).join(""));
  pose(`${gallery.model} goes on from the end of both. Which will it complete so that the tests pass?`, [element("div", { class: "pair" },
    ...heads.map((text, side) => pane(["original", "counterfactual"][side], drawCode(text, { marks: [pair.before, pair.changed][side].filter(([a]) => a < [...text].length) }))))],
  OUTCOMES, outcome(pair), () => {
    const written = drawWritten(problem, pair);
    written.open = true;
    return [written, more(problem, site)];
  });
}

function openTab(name) {
  for (const tab of ["browse", "predict"]) {
    $(`tab-${tab}`).setAttribute("aria-selected", String(tab === name));
    $(tab).hidden = tab !== name;
  }
  if (name === "predict" && !game.random) startRound();
}

function startPredicting() {
  options($("kind"), Object.entries(KINDS).filter(([kind]) => questionsOf(kind).length).map(([kind, text]) => [kind, text]));
  for (const id of ["kind", "seed"]) $(id).addEventListener("change", startRound);
  $("round").addEventListener("submit", (event) => event.preventDefault());
  for (const name of ["browse", "predict"]) {
    $(`tab-${name}`).addEventListener("click", () => openTab(name));
    $(`tab-${name}`).addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = name === "browse" ? "predict" : "browse";
      $(`tab-${other}`).focus();
      openTab(other);
    });
  }
}

inflate($("data").textContent).then((data) => {
  gallery = data;
  startBrowsing();
  startPredicting();
  document.body.dataset.drawn = "yes";
});
