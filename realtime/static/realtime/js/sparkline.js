// A history as an SVG path. One unit across is one bucket; the height is 100 units, upwards from zero.

import { say } from "./wording.js";

const HEIGHT = 100;
const MARK = 16;
const HEADROOM = 1.15;

// Draw the series into an svg element, touching only what changed.
//
// least, top: the smallest and the greatest upper end of the scale; noise around little stays small. bridge: buckets without a
// sample that a line may cross, since sweeps (or this viewer's updates) are that far apart. failed: a series whose
// values above zero are marked at the foot.
export function draw(svg, series, { least = 1, top = Infinity, bridge = 0, failed = null } = {}) {
  const values = series?.values ?? [];
  const highest = Math.min(scaleTop(values, least), top);
  const parts = partsOf(svg);
  set(svg, "viewBox", `0 0 ${Math.max(values.length - 1, 1)} ${HEIGHT}`);
  const runs = runsOf(values, bridge);
  const y = (value) => round(HEIGHT - (Math.min(value, highest) / highest) * HEIGHT);
  set(parts.line, "d", runs.map((run) => linePath(run, y)).join(""));
  set(parts.area, "d", runs.map((run) => areaPath(run, y)).join(""));
  set(parts.marks, "d", marksPath(series, failed));
  return highest;
}

function scaleTop(values, least) {
  let highest = least;
  for (const value of values) if (value !== null && value * HEADROOM > highest) highest = value * HEADROOM;
  return highest;
}

// The description that screen readers read out instead of the line.
export function describe(label, { series, format, failed = null }) {
  const known = (series?.values ?? []).filter((value) => value !== null);
  const [lowest, highest] = [Math.min(...known), Math.max(...known)];
  const line = known.length
    ? `last ${format(known.at(-1))}, lowest ${format(lowest)}, highest ${format(highest)}`
    : say("no_samples");
  const marks = (failed?.values ?? []).filter((value) => value > 0).length;
  return `${label}: ${line}` + (marks ? `; failed probes in ${marks} of ${failed.values.length} parts` : "");
}

function partsOf(svg) {
  if (!svg.firstElementChild) {
    for (const name of ["area", "line", "marks"]) {
      const path = document.createElementNS(svg.namespaceURI, "path");
      path.setAttribute("class", name);
      path.setAttribute("vector-effect", "non-scaling-stroke");
      svg.append(path);
    }
  }
  const [area, line, marks] = svg.children;
  return { area, line, marks };
}

// Stretches of [index, value] that belong together.
function runsOf(values, bridge) {
  const runs = [];
  let last = -Infinity;
  values.forEach((value, index) => {
    if (value === null) return;
    if (index - last > bridge + 1) runs.push([]);
    runs.at(-1).push([index, Math.max(value, 0)]);
    last = index;
  });
  return runs;
}

function linePath(run, y) {
  const [first, ...rest] = run;
  // A lone sample is a line of no length, which the round ends make a dot.
  return `M${first[0]} ${y(first[1])}` + (rest.length ? rest.map(([x, value]) => `L${x} ${y(value)}`).join("") : "h0");
}

function areaPath(run, y) {
  if (run.length < 2) return "";
  return `M${run[0][0]} ${HEIGHT}` + run.map(([x, value]) => `L${x} ${y(value)}`).join("") + `L${run.at(-1)[0]} ${HEIGHT}Z`;
}

// Failures stand at their own time, whatever window the other series has.
function marksPath(series, failed) {
  if (!failed || !series) return "";
  const offset = Math.round((failed.start - series.start) / series.bucket);
  return failed.values.map((value, index) => (value > 0 ? `M${index + offset} ${HEIGHT}v-${MARK}` : "")).join("");
}

function set(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function round(value) {
  return Math.round(value * 10) / 10;
}
