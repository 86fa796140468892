// Numbers and times as people read them, and phrases filled in; `realtime/core/wording.py` does the same on the server.

import { FAILURE_WORDS, INDICATORS, PHRASES, READING_UNITS } from "./words.js";

export const NOTHING = "–";
// Holds a number and its unit together.
const GAP = "\u00a0";
const LARGE = [
  [1e12, `${GAP}T`],
  [1e9, `${GAP}G`],
  [1e6, `${GAP}M`],
];
const DAY = 86_400;

// A phrase that the server handed over, with its values filled in.
export function say(phrase, values = {}) {
  return fill(PHRASES[phrase], values);
}

function fill(template, values) {
  return template.replaceAll(/\{(\w+)\}/g, (_, name) => values[name]);
}

// 1,234; 12.5; 0.25; 3.4 M; null is a dash.
export function number(value) {
  if (value === null || value === undefined) return NOTHING;
  const size = Math.abs(value);
  if (size >= 1e15) return value.toExponential(2);
  for (const [unit, suffix] of LARGE) {
    if (size >= unit) return fixed(value / unit, 2) + suffix;
  }
  return fixed(value, size >= 1000 ? 0 : size >= 10 ? 1 : 2);
}

export function milliseconds(value) {
  if (value === null || value === undefined) return NOTHING;
  if (value >= 1000) return `${sized(value / 1000, 2)}${GAP}s`;
  return `${fixed(value, value < 10 ? 1 : 0)}${GAP}ms`;
}

export function percent(value) {
  return value === null || value === undefined ? NOTHING : `${sized(value, 1)}${GAP}%`;
}

export function ago(seconds) {
  return seconds < 10 ? say("just_now") : say("some_ago", { span: span(seconds) });
}

export function until(seconds) {
  return seconds >= 1 ? say("in", { duration: duration(seconds) }) : say("due_now");
}

// One unit: 42 s, 5 min, 7 h, 3 days.
export function span(seconds) {
  const whole = Math.max(Math.trunc(seconds), 0);
  if (whole < 60) return `${whole}${GAP}s`;
  if (whole < 3600) return `${Math.trunc(whole / 60)}${GAP}min`;
  if (whole < 2 * DAY) return `${Math.trunc(whole / 3600)}${GAP}h`;
  return `${Math.trunc(whole / DAY).toLocaleString("en-US")}${GAP}days`;
}

// A template that changes as time passes: {ago}, {span} and {until}; `seconds` since the moment, negative before it.
export function moment(template, seconds) {
  return fill(template, { ago: ago(seconds), span: span(seconds), until: until(-seconds) });
}

// The two largest units: 3 d 4 h, 12 min 5 s.
export function duration(seconds) {
  let left = Math.trunc(seconds);
  const parts = [];
  for (const [size, unit] of [[DAY, "d"], [3600, "h"], [60, "min"], [1, "s"]]) {
    const count = Math.trunc(left / size);
    left %= size;
    if (count || parts.length || size === 1) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(" ");
}

// Label and value of a reading, its unit taken from the end of its name: queries_per_minute, 125.
export function reading(name, value) {
  for (const [ending, unit] of Object.entries(READING_UNITS)) {
    if (name.endsWith(ending) && name.length > ending.length) {
      return [name.slice(0, -ending.length).replaceAll("_", " "), number(value) + unit];
    }
  }
  return [name.replaceAll("_", " "), number(value)];
}

export function count(howMany, noun) {
  return `${howMany.toLocaleString("en-US")} ${noun}${howMany === 1 ? "" : "s"}`;
}

export function failure(error) {
  if (!error) return ["", ""];
  if (error.kind === "http_status" && error.http_status) return [say("answers_with", { status: error.http_status }), error.message];
  return [failureKind(error.kind), error.message];
}

// Words for one kind of failure, or the kind itself where this page is older than the server.
export function failureKind(kind) {
  return Object.hasOwn(FAILURE_WORDS, kind) ? FAILURE_WORDS[kind] : kind;
}

// Arrow and percentage of a change that stands out, and the same in words.
export function responseChange(compared) {
  if (!compared || !["up", "down"].includes(compared.trend) || compared.change_percent === null) return ["", ""];
  const shown = percent(Math.abs(compared.change_percent));
  return [`${INDICATORS[compared.trend]} ${shown}`, say(compared.trend === "up" ? "slower" : "faster", { percent: shown })];
}

// A moment as the viewer's own clock shows it; with the date when it was not today.
export function clock(iso, now = new Date()) {
  const moment = new Date(iso);
  const time = moment.toLocaleTimeString("en-GB");
  const isToday = moment.toDateString() === now.toDateString();
  return isToday ? time : `${moment.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${time}`;
}

const FORMATS = [0, 1, 2].map((digits) => new Intl.NumberFormat("en-US", { maximumFractionDigits: digits }));

// Of little, anything is a huge percentage.
function sized(value, digits) {
  return Math.abs(value) >= 1e6 ? number(value) : fixed(value, digits);
}

function fixed(value, digits) {
  const text = FORMATS[digits].format(value);
  return text === "-0" ? "0" : text;
}
