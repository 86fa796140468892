// Numbers and words as the page shows them; `realtime/web/wording.py` says the same on the server.

export const NOTHING = "–";
// Holds a number and its unit together.
const GAP = "\u00a0";
export const WORST_FIRST = ["error", "unhealthy", "degraded", "unknown", "healthy", "maintenance"];
export const STATUS_WORDS = {
  healthy: "Healthy",
  degraded: "Degraded",
  unhealthy: "Unhealthy",
  error: "Error",
  unknown: "Unknown",
  maintenance: "Maintenance",
};
const FAILURE_WORDS = new Map([
  ["dns", "Name not found"],
  ["connect", "Could not connect"],
  ["tls", "No secure connection"],
  ["timeout", "No answer in time"],
  ["protocol", "Broken answer"],
  ["http_status", "Answers with an error"],
  ["reported", "Reports itself unhealthy"],
  ["body", "Unreadable answer"],
  ["too_large", "Answer too large"],
  ["redirect", "Redirected"],
  ["blocked", "Address not allowed"],
  ["bound", "Outside its bounds"],
  ["sweep_deadline", "Still running at the sweep's end"],
]);
export const ASSESSMENT_WORDS = {
  better: "better",
  worse: "worse",
  same: "steady",
  neutral: "",
  unknown: "too early to compare",
};
const INDICATORS = { up: "↑", down: "↓", flat: "→", unknown: "·" };
export const PERIOD_WORDS = { "1m": "minute", "5m": "5 minutes", "15m": "15 minutes", "1h": "hour", "24h": "24 hours" };
const UNITS = [
  ["_per_second", "/s"],
  ["_per_minute", "/min"],
  ["_per_hour", "/h"],
  ["_ms", `${GAP}ms`],
  ["_seconds", `${GAP}s`],
  ["_percent", `${GAP}%`],
  ["_percentage", `${GAP}%`],
];
const LARGE = [
  [1e12, `${GAP}T`],
  [1e9, `${GAP}G`],
  [1e6, `${GAP}M`],
];
const DAY = 86_400;

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
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.trunc(seconds)} s ago`;
  if (seconds < 3600) return `${Math.trunc(seconds / 60)} min ago`;
  if (seconds < 2 * DAY) return `${Math.trunc(seconds / 3600)} h ago`;
  return `${Math.trunc(seconds / DAY)} d ago`;
}

export function until(seconds) {
  return seconds >= 1 ? `in ${duration(seconds)}` : "due now";
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
  for (const [ending, unit] of UNITS) {
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
  if (error.kind === "http_status" && error.http_status) return [`Answers with HTTP ${error.http_status}`, error.message];
  return [FAILURE_WORDS.get(error.kind) ?? error.kind, error.message];
}

// Words for one kind of failure, or the kind itself where this page is older than the server.
export function failureKind(kind) {
  return FAILURE_WORDS.get(kind) ?? kind;
}

// Arrow and percentage of a change that stands out, and the same in words.
export function responseChange(compared) {
  if (!compared || !["up", "down"].includes(compared.trend) || compared.change_percent === null) return ["", ""];
  const shown = percent(Math.abs(compared.change_percent));
  return [`${INDICATORS[compared.trend]} ${shown}`, `${shown} ${compared.trend === "up" ? "slower" : "faster"} than before`];
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
