// The page of one service: its state as it is pushed, its charts, its failures and status changes.

import { about, ago, entriesOf, readingsOf, secondsToNextCheck } from "./entries.js";
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
let told = null; // the status and the number of failures for which the past was asked for last, and when

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
  if (shown.stale) return { title: `${name}: not up to date`, status: "unknown" };
  return { title: `${name}: ${wording.STATUS_WORDS[status]}`, status };
}

function showEntry(entry, isApi, shown) {
  const status = shown.stale ? "unknown" : entry.status;
  setAttribute(root.querySelector("[data-hero]"), "data-status", status);
  setIcon(fields.icon, status);
  setText(fields.status, (shown.stale ? "Not up to date, last known: " : "") + wording.STATUS_WORDS[entry.status]);
  setHidden(fields.pending, !entry.pending);
  setText(fields.about, about(entry));
  setHidden(fields.tag, isApi);
  setText(fields.response, wording.milliseconds(entry.response_time_ms));
  setText(fields["error-rate"], wording.percent(entry.error_rate));
  setText(fields.success, ago(entry.last_success, shown));
  setText(fields.checked, ago(entry.checked_at, shown));
  page.countDown(fields.next, secondsToNextCheck(entry, shown));
  setHidden(fields.next.parentElement, !entry.next_check_at);
  setText(fields.uptime, "uptime_seconds" in entry ? wording.duration(entry.uptime_seconds) : wording.NOTHING);
  const [words, message] = wording.failure(entry.error);
  setText(fields.error, words);
  setText(fields.message, message);
  setHidden(root.querySelector("[data-failure]"), !entry.error);
  showPairs(fields.readings, readingsOf(entry));
  setHidden(fields["no-readings"], readingsOf(entry).length > 0);
  const problems = Object.entries(entry.reading_errors ?? {}).map(([reading, why]) => `${reading}: ${why}`);
  setList(fields["reading-errors"], problems, () => element("li"), setText);
  if (hasNewPast(entry)) void page.loadHistories();
}

// What turned, and why, is asked for when it has turned; how often it failed, now and then while that changes.
function hasNewPast({ status, error_count: failures }) {
  const at = performance.now();
  const before = told ?? { status, failures, at };
  const turned = before.status !== status;
  const isNew = turned || (before.failures !== failures && at - before.at > MS_BETWEEN_COUNTS);
  told = isNew ? { status, failures, at } : before;
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
    const why = change.kind ? ` (${wording.failureKind(change.kind)})` : "";
    setText(words, `${wording.STATUS_WORDS[change.from] ?? change.from} → ${wording.STATUS_WORDS[change.to] ?? change.to}${why}`);
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

// The value under the pointer, or the latest one.
function showReadout(chart, series, format) {
  const last = series.values.findLastIndex((value) => value !== null);
  const index = chart.pointed ?? last;
  const value = series.values[index];
  const when = chart.pointed === null ? "" : `${timeAt(series, index)}  `;
  setText(chart.fields.readout, value === undefined ? "no samples yet" : when + (value === null ? "no sample" : format(value)));
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
