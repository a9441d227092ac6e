"use strict";
// What every part of the gallery draws with: elements, programs, and the page's own data. Code is only ever set as text.
const $ = (id) => document.getElementById(id);
let gallery = { problems: [] };

function element(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).json();
}

/** Lines of a program as rows. `marks` are [start, end) spans in characters, `wrote` where a model's own text begins. */
function drawCode(text, { marks = [], here = null, wrote = Infinity, onrow = null } = {}) {
  const characters = [...text], code = element("div", { class: "code", tabindex: "0", role: "group", "aria-label": "code" });
  const within = (spans, at) => spans.some(([start, end]) => start <= at && at < end);
  let at = 0;
  text.replace(/\n$/, "").split("\n").forEach((line, number) => {
    const row = element("span", { class: "text" });
    const length = [...line].length, first = length - [...line.trimStart()].length;
    let piece = "", kind = "";
    const flush = () => {
      if (piece) row.append(kind ? element(kind.startsWith("ins") ? "ins" : "span", { class: kind.replace("ins", "").trim() || false, text: piece }) : piece);
      piece = "";
    };
    for (let k = 0; k < length; k++) {
      const place = at + k, kinds = [];
      if (k >= first && within(marks, place)) kinds.push("ins");
      if (here && k >= first && within([here], place)) kinds.push("here");
      if (place >= wrote) kinds.push("wrote");
      if (kinds.join(" ") !== kind) flush();
      kind = kinds.join(" ");
      piece += characters[place];
    }
    flush();
    if (!line) row.append("\u200b");
    const shown = element("div", { class: "row", "data-line": number + 1 }, element("span", { class: "number", text: number + 1, "aria-hidden": "true" }), row);
    if (onrow) onrow(shown, number, at);
    code.append(shown);
    at += length + 1;
  });
  return code;
}

/** The reason to refuse a site: what stands between backquotes in it is code. */
const whyRefused = (site) => element("p", { class: "verdict" }, element("strong", { text: "Refused: " }),
  ...site.refused.split("`").map((part, k) => (k % 2 ? element("code", { text: part }) : part)));

const pane = (title, ...inside) => element("section", { class: "pane" }, element("h3", { text: title }), ...inside);

const SOUND = { syntactic: "holds for any input", tested: "holds as far as the tests tell" };
const WHAT = {
  valid: "the same: it parses, it differs as the concept asks and in no other way, both pass the tests, and broken versions fail them",
  valid_in_own_process: "the same, by tests that ran in the program's own process",
  tests_too_weak: "not decided: it passes, and so do versions that are broken on purpose",
  tests_fail: "another behaviour: the original passes its tests and this one does not",
};
const isValid = (pair) => pair.status.startsWith("valid");
const verdictWords = (pair) => `${pair.status}: ${WHAT[pair.status] || "no verdict that it does the same"}${pair.detail ? ` (${pair.detail})` : ""}`;
const words = (name) => name.split("_").map((word) => word[0].toUpperCase() + word.slice(1)).join(" ").replace("If Else", "If-Else").replace("Def Use", "Def-Use");
const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** An SVG of the kit's own as an element; the parser runs no script, and the page's policy would not either. */
function drawing(svg) {
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  return element("div", { class: "flow" }, document.importNode(parsed, true));
}

/** How often a model got each side of a pair right, in words; "" where it was not asked. */
function outcome(pair) {
  if (!pair?.writes) return "";
  const [original, counterfactual] = pair.writes.map((side) => side.passed);
  return original ? (counterfactual ? "both" : "only the original") : counterfactual ? "only the counterfactual" : "neither";
}
const OUTCOMES = ["both", "only the original", "only the counterfactual", "neither"];

const sitesOf = (problem, concept) => problem.sites.filter((site) => !concept || site.concept === concept);
const allSites = () => gallery.problems.flatMap((problem) => problem.sites.map((site) => ({ problem, site })));
const uniqueSorted = (values) => [...new Set(values)].filter(Boolean).sort();
function options(select, pairs) {
  select.replaceChildren(...pairs.map(([value, text]) => element("option", { value, text })));
}
