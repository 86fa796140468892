// The upper part of the dashboard: how everything is, the counts, the fleet's figures; `realtime/web/overview.py` says
// the same on the server.

import { element, fieldsOf, setAttribute, setHidden, setIcon, setList, setText } from "./page.js";
import { describe, draw } from "./sparkline.js";
import * as wording from "./wording.js";

// The least upper end of each figure's scale, in its own unit.
const LEAST_TOP = {
  events_per_second: 1,
  error_rate: 10,
  response_time_ms_p50: 10,
  response_time_ms_p95: 10,
};

// Figures whose large number is that of the last sweep, so that the period's own mean must be said beside it.
const MOMENTARY = ["events_per_second", "api_calls_active"];

export class Overview {
  #hero = document.querySelector("[data-hero]");
  #fields = fieldsOf(document.querySelector("main"));
  #tiles = new Map();

  constructor() {
    for (const tile of document.querySelectorAll(".tile")) {
      const { metric } = tile.dataset;
      const label = tile.querySelector("h3").textContent;
      this.#tiles.set(metric, { fields: fieldsOf(tile), spark: tile.querySelector(".spark"), label });
    }
  }

  get metrics() {
    return [...this.#tiles.keys()];
  }

  update({ document: shown, histories, period, sampleSeconds }) {
    const fields = this.#fields;
    setAttribute(this.#hero, "data-status", shown.status);
    setIcon(fields.icon, shown.status);
    setText(fields["status-word"], wording.STATUS_WORDS[shown.status]);
    setText(fields.headline, headline(shown));
    setText(fields.detail, detail(shown));
    this.#updateCounts(shown.status_counts);
    this.#updateFirstStep(shown);
    setList(fields.sources, shown.data_sources_active, () => element("li"), setText);
    setHidden(fields["no-sources"], shown.data_sources_active.length > 0);
    for (const words of document.querySelectorAll("[data-f=period-words]")) setText(words, wording.PERIOD_WORDS[period]);
    for (const [metric, tile] of this.#tiles) {
      updateTile(metric, tile, shown);
      drawTile(metric, tile, { shown, histories, sampleSeconds });
    }
  }

  #updateCounts(counts) {
    for (const link of this.#fields.counts.querySelectorAll("[data-count]")) {
      const howMany = counts[link.dataset.count];
      setText(link.querySelector(".n"), wording.number(howMany));
      link.parentElement.classList.toggle("none", !howMany);
    }
  }

  #updateFirstStep(shown) {
    const hasServices = Object.values(shown.status_counts).some(Boolean);
    setHidden(document.querySelector("[data-first-step=snapshot]"), Boolean(shown.snapshot_id));
    setHidden(document.querySelector("[data-first-step=services]"), !shown.snapshot_id || hasServices);
    setHidden(document.querySelector("[data-fleet]"), !hasServices);
  }
}

export function headline(shown) {
  const counts = shown.status_counts;
  const total = Object.values(counts).reduce((sum, howMany) => sum + howMany, 0);
  const failing = shown.errors.services_failing;
  if (!shown.snapshot_id) return "No data yet";
  if (shown.stale) return "Not up to date";
  if (!total) return "No services yet";
  if (failing) return `${wording.number(failing)} of ${wording.count(total, "service")} failing`;
  for (const status of ["degraded", "unknown"]) {
    if (counts[status]) return `${wording.number(counts[status])} of ${wording.count(total, "service")} ${status}`;
  }
  if (counts.maintenance === total) return "Everything in maintenance";
  if (counts.maintenance) return `${wording.number(counts.maintenance)} in maintenance, all others healthy`;
  return total > 1 ? "All services healthy" : "The service is healthy";
}

function detail(shown) {
  if (!shown.snapshot_id) return "The collector has not published a snapshot.";
  const { healthy, total, health_percentage: health } = shown.health_summary;
  if (!total) return "Nothing that counts as an API is registered.";
  return `${wording.number(healthy)} of ${wording.count(total, "API")} active, health ${wording.percent(health)}`;
}

function updateTile(metric, { fields }, shown) {
  const compared = shown.comparison.metrics[metric];
  setText(fields.value, mainValue(metric, shown));
  setText(fields.note, note(metric, shown));
  setText(fields.change, change(metric, compared));
  setText(fields.words, words(metric, compared));
  setAttribute(fields.tone, "data-tone", compared.assessment);
}

function drawTile(metric, { spark, label }, { shown, histories, sampleSeconds }) {
  const series = histories.fleet(metric);
  if (!series) return;
  // Out of all APIs; and no rate of errors is above 100 %.
  const least = metric === "api_calls_active" ? 1.1 * Math.max(shown.total_apis, 1) : LEAST_TOP[metric];
  const top = metric === "error_rate" ? 100 : Infinity;
  draw(spark, series, { least, top, bridge: Math.ceil(sampleSeconds / series.bucket) });
  setAttribute(spark, "aria-label", describe(label, { series, format: (value) => format(metric, value) }));
}

function mainValue(metric, shown) {
  if (metric === "events_per_second") return `${wording.number(shown.events_per_second)}/s`;
  if (metric === "error_rate") return wording.percent(shown.errors.error_rate);
  if (metric === "api_calls_active") return wording.number(shown.api_calls_active);
  return wording.milliseconds(shown.comparison.metrics[metric].current);
}

function note(metric, shown) {
  const { fresh, expected } = shown.events_sources;
  if (metric === "events_per_second" && fresh < expected) return `${fresh} of ${expected} sources report`;
  return metric === "api_calls_active" ? `of ${wording.number(shown.total_apis)}` : "";
}

function change(metric, compared) {
  if (compared.change === null || compared.trend === "flat") return compared.indicator;
  const inOwnUnit = metric === "error_rate" || metric === "api_calls_active" || compared.change_percent === null;
  const amount = inOwnUnit
    ? wording.number(Math.abs(compared.change)) + (metric === "error_rate" ? " points" : "")
    : wording.percent(Math.abs(compared.change_percent));
  return `${compared.indicator} ${amount}`;
}

function words(metric, compared) {
  const assessed = wording.ASSESSMENT_WORDS[compared.assessment];
  if (compared.previous === null || compared.assessment === "unknown") return assessed;
  const parts = [assessed, `before ${format(metric, compared.previous)}`];
  if (MOMENTARY.includes(metric)) parts.splice(1, 0, `average ${format(metric, compared.current)}`);
  return parts.filter(Boolean).join(", ");
}

function format(metric, value) {
  if (metric === "error_rate") return wording.percent(value);
  if (metric.startsWith("response_time_ms")) return wording.milliseconds(value);
  return wording.number(value) + (metric === "events_per_second" ? "/s" : "");
}
