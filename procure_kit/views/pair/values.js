"use strict";
// What the pair view shows: the page's values, read as they are needed, and their colours.
const meta = JSON.parse(document.getElementById("meta").textContent);
const $ = (id) => document.getElementById(id);
const state = { view: "", show: "attention", m: 0, layer: meta.start[0], head: meta.start[1], side: 1, chosen: [], hover: null };
const CHANGED = 1, GENERATED = 2;
const dark = matchMedia("(prefers-color-scheme: dark)");

// ---- values -------------------------------------------------------------------------------------------------------
const cache = new Map(); // of inflated layers, the latest last
const SHARES = Float32Array.from({ length: meta.levels + 1 }, (_, byte) => (byte / meta.levels) ** 2);

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function loadLayer(m, side, view, layer) {
  const id = `d-${m}-${side}-${view}-${layer}`;
  if (!cache.has(id)) {
    cache.set(id, (async () => {
      const [gaps, values] = await Promise.all($(id).textContent.split(".").map(inflate));
      const size = meta.views[view].sides[side].length;
      const all = new Uint8Array((meta.heads * size * (size + 1)) / 2);
      for (let k = 0, place = -1; k < gaps.length; k++) all[(place += gaps[k])] = values[k];
      return all;
    })());
    if (cache.size > 24) cache.delete(cache.keys().next().value);
  }
  return cache.get(id);
}

/** The map of the chosen head as a function (row, add): `add(column, share)` for each entry of the row. */
async function headMap(m, side) {
  const data = await loadLayer(m, side, state.view, state.layer);
  const size = meta.views[state.view].sides[side].length;
  const entries = (size * (size + 1)) / 2;
  const heads = state.head < 0 ? [...Array(meta.heads).keys()] : [state.head];
  return (row, add) => {
    for (const head of heads) {
      const start = head * entries + (row * (row + 1)) / 2;
      for (let j = 0; j <= row; j++) if (data[start + j]) add(j, SHARES[data[start + j]] / heads.length);
    }
  };
}

/** The mean of the rows of some units, each by its number of model tokens. */
function meanRow(map, side, rows) {
  const units = meta.views[state.view].sides[side];
  const sum = new Float32Array(units.length);
  const total = rows.reduce((n, row) => n + units[row][3], 0);
  for (const row of rows) map(row, (j, share) => (sum[j] += (share * units[row][3]) / total));
  return sum;
}

/** Of each unit of a side, its counterpart on the other, or -1. */
function partners(view) {
  const known = meta.views[view];
  if (!known.back) {
    known.back = new Array(known.sides[0].length).fill(-1);
    known.aligned.forEach((other, unit) => other >= 0 && (known.back[other] = unit));
  }
  return [known.back, known.aligned];
}

// ---- colours ------------------------------------------------------------------------------------------------------
const RAMPS = {
  light: { paper: [246, 248, 250], high: [0, 60, 125], low: [33, 102, 172], up: [190, 80, 0] },
  dark: { paper: [28, 33, 40], high: [255, 214, 92], low: [110, 180, 255], up: [255, 150, 50] },
};
const ramp = () => RAMPS[document.documentElement.dataset.theme || (dark.matches ? "dark" : "light")];
const mix = (a, b, t) => a.map((x, i) => Math.round(x + (b[i] - x) * t));
function colour(share, top, signed) {
  const { paper, high, low, up } = ramp();
  const t = top > 0 ? Math.min(Math.abs(share) / top, 1) ** 0.75 : 0;
  return mix(paper, signed ? (share < 0 ? low : up) : high, t);
}
const STEPS = 255; // either side of nothing
/** The colours from -1 to 1 as an image's pixels: a map of a thousand units has a million of them. */
const palette = (signed) => Uint32Array.from({ length: 2 * STEPS + 1 }, (_, k) => {
  const [r, g, b] = colour((k - STEPS) / STEPS, 1, signed);
  return (255 << 24) | (b << 16) | (g << 8) | r;
});
function luminance(rgb) {
  const [r, g, b] = rgb.map((x) => ((x /= 255) <= 0.04 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
const css = (rgb) => `rgb(${rgb.join(",")})`;
const inkOn = (rgb) => (luminance(rgb) > 0.18 ? "#000" : "#fff"); // whichever contrasts more

/** The top of the scale: without the first unit and the looking ones, which take most of what there is. */
function topOf(rows, without) {
  let top = 0;
  rows.forEach((row, side) => row && row.forEach((x, j) => {
    if (j > 0 && !without[side].includes(j)) top = Math.max(top, Math.abs(x));
  }));
  return top || Math.max(...rows.flatMap((row) => (row ? [...row].map(Math.abs) : [0])));
}
