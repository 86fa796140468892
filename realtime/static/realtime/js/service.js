// The page of one service: its state as it is pushed, its charts, its failures and status changes.

import { showMoment } from "./clock.js";
import { about, entriesOf, readingsOf, whyOf } from "./entries.js";
import {
  Page,
  element,
  fieldsOf,
  setAttribute,
  setHidden,
  setIcon,
  setList,
  setText,
  showSweep,
  withParameter,
} from "./page.js";
import { describe, draw } from "./sparkline.js";
import * as wording from "./wording.js";
import { say } from "./wording.js";
import { EVIDENCE_WORDS, PHRASES, SINCE_WORDS, STATUS_WORDS } from "./words.js";

const MS_BETWEEN_COUNTS = 15_000;
const LEAST_TOP = { response_time_ms: 20, error_rate: 100 };

const root = document.querySelector("article[data-service]");
const name = root.dataset.service;
const fields = fieldsOf(root);
const charts = [...root.querySelectorAll(".chart")].map((figure) => ({
  metric: figure.dataset.metric,
  label: figure.querySelector("h2").textContent,
  svg: figure.querySelector("svg"),
  plot: figure.querySelector(".plot"),
  fields: fieldsOf(figure),
  pointed: null,
}));
let lastFetch = null; // status and number of failures when the past was fetched last, and the time

const page = new Page({
  historyWanted: () => ({ metrics: charts.map((chart) => chart.metric), service: name, onLoaded: showPast }),
  inWindow,
  render,
});

function render() {
  const shown = page.document;
  const found = entryIn(shown);
  showSweep(shown);
  setHidden(fields.gone, Boolean(found));
  if (found) showEntry(found.entry, found.isApi, shown);
  for (const chart of charts) drawChart(chart);
}

function entryIn(shown) {
  return entriesOf(shown).find(({ entry }) => entry.service === name);
}

function inWindow(shown) {
  const status = entryIn(shown)?.entry.status ?? "unknown";
  if (shown.stale) return { title: say("stale_page_title", { service: name }), status: "unknown" };
  return { title: say("page_title", { service: name, status: STATUS_WORDS[status] }), status };
}

function showEntry(entry, isApi, shown) {
  const status = shown.stale ? "unknown" : entry.status;
  setAttribute(root.querySelector("[data-hero]"), "data-status", status);
  setIcon(fields.icon, status);
  const word = STATUS_WORDS[entry.status];
  setText(fields.status, shown.stale ? say("last_known_status", { status: word }) : word);
  showMoment(fields.since, entry.status_since, SINCE_WORDS[entry.status]);
  setText(fields.evidence, evidence(entry));
  setHidden(fields.pending, !entry.pending);
  setText(fields.about, about(entry));
  setHidden(fields.tag, isApi);
  setText(fields.response, wording.milliseconds(entry.response_time_ms));
  setText(fields["error-rate"], wording.percent(entry.error_rate));
  for (const [field, at] of [[fields.success, entry.last_success], [fields.checked, entry.checked_at]]) {
    showMoment(field, at, PHRASES.ago);
    if (!at) setText(field, say("never"));
  }
  for (const [field, at] of [[fields.next, entry.next_check_at], [fields.maintenance, entry.maintenance_until]]) {
    showMoment(field, at, PHRASES.until);
    setHidden(field.parentElement, !at);
  }
  const days = entry.certificate_days ?? null;
  setText(fields.certificate, days === null ? "" : say("certificate_days", { days: wording.count(days, "day") }));
  setHidden(fields.certificate.parentElement, days === null);
  setText(fields.uptime, "uptime_seconds" in entry ? wording.duration(entry.uptime_seconds) : wording.NOTHING);
  const [words, reason] = whyOf(entry);
  const failure = root.querySelector("[data-failure]");
  setText(fields.error, words);
  setText(fields.reason, reason);
  setIcon(fields["reason-icon"], entry.status);
  setAttribute(failure, "data-status", entry.status);
  setHidden(failure, !reason);
  showPairs(fields.readings, readingsOf(entry));
  setHidden(fields["no-readings"], readingsOf(entry).length > 0);
  const problems = Object.entries(entry.reading_errors ?? {}).map(([reading, why]) => `${reading}: ${why}`);
  setList(fields["reading-errors"], problems, () => element("li"), setText);
  if (hasNewPast(entry)) void page.loadHistories();
}

// What the verdict rests on, and a word that nobody knew.
function evidence({ evidence: found, unknown_word: word }) {
  if (!found) return "";
  const words = say("rests_on", { evidence: EVIDENCE_WORDS[found] });
  return word === null ? words : `${words}; ${say("unknown_word", { word })}`;
}

// What turned, and why, is asked for when it has turned; how often it failed, now and then while that changes.
function hasNewPast({ status, error_count: failures }) {
  const at = performance.now();
  const before = lastFetch ?? { status, failures, at };
  const turned = before.status !== status;
  const isNew = turned || (before.failures !== failures && at - before.at > MS_BETWEEN_COUNTS);
  lastFetch = isNew ? { status, failures, at } : before;
  return isNew;
}

function showPairs(list, pairs) {
  const make = () => element("div", element("dt"), element("dd"));
  setList(list, pairs, make, (item, [label, value]) => {
    setText(item.children[0], label);
    setText(item.children[1], value);
  });
}

function showPast(answers) {
  const answer = [...answers.values()].find(Boolean);
  if (!answer) return;
  const kinds = Object.entries(answer.failures_by_kind ?? {});
  showPairs(fields.kinds, kinds.map(([kind, count]) => [wording.failureKind(kind), wording.number(count)]));
  setHidden(fields["no-kinds"], kinds.length > 0);
  const changes = [...(answer.status_changes ?? [])].reverse();
  setList(fields.changes, changes, () => element("li", element("time"), element("span")), (item, change) => {
    const [time, words] = item.children;
    setText(time, wording.clock(change.at));
    setAttribute(time, "datetime", change.at);
    const why = change.reason ? `: ${change.reason}` : "";
    setText(words, `${STATUS_WORDS[change.from] ?? change.from} → ${STATUS_WORDS[change.to] ?? change.to}${why}`);
  });
  setHidden(fields["no-changes"], changes.length > 0);
}

function drawChart(chart) {
  const series = page.histories.service(chart.metric, name);
  if (!series) return;
  const format = formatOf(chart.metric);
  const failed = chart.metric === "response_time_ms" ? page.histories.service("error_rate", name) : null;
  const top = draw(chart.svg, series, {
    least: LEAST_TOP[chart.metric] ?? 1,
    top: chart.metric === "error_rate" ? 100 : Infinity,
    failed,
    bridge: Math.ceil(page.sampleSeconds / series.bucket),
  });
  setText(chart.fields.top, format(top));
  setText(chart.fields.from, timeAt(series, 0));
  setText(chart.fields.to, timeAt(series, series.values.length));
  setAttribute(chart.svg, "aria-label", describe(chart.label, { series, failed, format }));
  setHidden(chart.fields.legend, !failed?.values.some((value) => value > 0));
  showReadout(chart, series, format);
}

// The value under the pointer, or the mean of the period: the latest value stands above already.
function showReadout(chart, series, format) {
  setText(chart.fields.readout, chart.pointed === null ? meanOf(chart.metric, series, format) : pointed());

  function pointed() {
    const value = series.values[chart.pointed] ?? null;
    return `${timeAt(series, chart.pointed)}  ${value === null ? say("no_sample") : format(value)}`;
  }
}

function meanOf(metric, series, format) {
  const compared = page.document && entryIn(page.document)?.entry.comparison[metric];
  const mean = compared?.current ?? null;
  if (mean !== null) return say("mean_of_period", { value: format(mean) });
  // A failed probe has no response time; that it was made is what the other chart shows.
  const failed = metric === "response_time_ms" && page.histories.service("error_rate", name);
  return say(failed && failed.values.some((value) => value > 0) ? "no_answer" : "no_samples");
}

function formatOf(metric) {
  if (metric === "response_time_ms") return wording.milliseconds;
  if (metric === "error_rate") return wording.percent;
  return (value) => wording.reading(metric, value)[1];
}

function timeAt(series, index) {
  return wording.clock(new Date((series.start + index * series.bucket) * 1000).toISOString());
}

for (const chart of charts) {
  chart.plot.addEventListener("pointermove", (event) => {
    const series = page.histories.service(chart.metric, name);
    if (!series) return;
    const box = chart.svg.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    chart.pointed = Math.max(0, Math.min(series.values.length - 1, Math.round(share * (series.values.length - 1))));
    showReadout(chart, series, formatOf(chart.metric));
  });
  chart.plot.addEventListener("pointerleave", () => {
    chart.pointed = null;
    page.schedule();
  });
}

// Back to the table as it was left, with its filters.
const back = document.querySelector("[data-back]");
const from = document.referrer && new URL(document.referrer);
if (from && from.origin === location.origin && from.pathname === back.pathname) {
  back.href = withParameter(from, "period", page.period);
}

document.body.classList.add("is-alive");
page.start();
