// The upper part of the dashboard: how everything is, the counts, the fleet's figures; `realtime/web/overview.py` says
// the same on the server.

import { showMoment } from "./clock.js";
import { element, fieldsOf, serviceUrl, setAttribute, setHidden, setIcon, setList, setText } from "./page.js";
import { describe, draw } from "./sparkline.js";
import * as wording from "./wording.js";
import { say } from "./wording.js";
import { ASSESSMENT_WORDS, PERIOD_WORDS, PHRASES, STATUS_WORDS } from "./words.js";

const CHANGES_SHOWN = 8;

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
      const label = tile.querySelector("[data-f=label]").textContent;
      this.#tiles.set(metric, { tile, fields: fieldsOf(tile), spark: tile.querySelector(".spark"), label });
    }
  }

  get metrics() {
    return [...this.#tiles.keys()];
  }

  update({ document: shown, histories, period, sampleSeconds }) {
    const fields = this.#fields;
    setAttribute(this.#hero, "data-status", shown.status);
    setIcon(fields.icon, shown.status);
    setText(fields["status-word"], STATUS_WORDS[shown.status]);
    setText(fields.headline, headline(shown));
    setText(fields.detail, detail(shown, period));
    this.#updateCounts(shown.status_counts);
    this.#updateFirstStep(shown);
    this.#updateSources(shown);
    this.#updateGroups(shown, period);
    this.#updateChanges(shown, period);
    const clock = wording.clock(shown.timestamp);
    setText(fields.figures, say(shown.stale ? "old_figures" : "figures", { period: PERIOD_WORDS[period], clock }));
    for (const [metric, tile] of this.#tiles) {
      updateTile(metric, tile, { shown, period });
      drawTile(metric, tile, { shown, histories, sampleSeconds });
    }
  }

  #updateSources({ data_sources_registered: registered, data_sources_active: active }) {
    setHidden(this.#fields["sources-box"], !registered.length);
    setList(this.#fields.sources, registered, () => element("li"), (item, name) => {
      const isActive = active.includes(name);
      const text = isActive ? name : `${name} not active`;
      item.classList.toggle("off", !isActive);
      if (item.textContent === text) return;
      item.replaceChildren(name);
      if (isActive) return;
      const words = element("span", "not active");
      words.className = "muted";
      item.append(" ", words);
    });
  }

  #updateGroups(shown, period) {
    const named = shown.groups.length > 1 ? shown.groups.filter(({ group }) => group) : [];
    const make = () => document.querySelector("#group-item").content.firstElementChild.cloneNode(true);
    setHidden(this.#fields.groups, !named.length);
    setList(this.#fields.groups, named, make, (item, { group, status, services, failing }) => {
      setAttribute(item, "data-status", status);
      const link = item.querySelector("a");
      setAttribute(link, "href", `?period=${period}&group=${encodeURIComponent(group)}#services`);
      setAttribute(link, "data-group", group);
      setIcon(item.querySelector("use"), status);
      setText(item.querySelector("b"), group);
      const some = { failing: wording.number(failing), services: wording.number(services) };
      setText(item.querySelector("span"), failing ? say("group_failing", some) : wording.count(services, "service"));
    });
  }

  #updateChanges({ recent_changes: all }, period) {
    const changes = all.slice(0, CHANGES_SHOWN);
    const make = () => document.querySelector("#change-item").content.firstElementChild.cloneNode(true);
    setHidden(this.#fields["changes-box"], !changes.length);
    setList(this.#fields.changes, changes, make, (item, { at, service, from, to, reason }) => {
      const [time, link, turn, why] = item.children;
      setAttribute(time, "datetime", at);
      showMoment(time, at, PHRASES.ago);
      setAttribute(link, "href", serviceUrl(service, period));
      setText(link, service);
      const [before, after] = turn.childNodes;
      before.data = `${STATUS_WORDS[from]} → `;
      setText(after, STATUS_WORDS[to]);
      setAttribute(after, "data-status", to);
      setText(why, reason ?? "");
    });
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
  if (!shown.snapshot_id) return say("no_snapshot");
  if (shown.stale) return say("not_up_to_date");
  if (!total) return say("no_services");
  const services = wording.count(total, "service");
  if (failing) return say("failing", { failing: wording.number(failing), services });
  for (const status of ["degraded", "unknown"]) {
    if (counts[status]) return say("of_status", { number: wording.number(counts[status]), services, status });
  }
  if (counts.maintenance === total) return say("all_in_maintenance");
  if (counts.maintenance) return say("others_healthy", { number: wording.number(counts.maintenance) });
  return say(total > 1 ? "all_healthy" : "one_healthy");
}

function detail(shown, period) {
  if (!shown.snapshot_id) return say("nothing_published");
  const { healthy, total, health_percentage: health } = shown.health_summary;
  const apis = { active: wording.number(healthy), apis: wording.count(total, "API"), health: wording.percent(health) };
  const what = total ? say("apis_active", apis) : say("no_apis");
  if (shown.stale) return say("last_known", { what });
  const { failed_probes: failed, services_failing: failing, error_rate: rate } = shown.errors;
  if (!failed || failing) return what;
  return `${what} · ${say("some_failed", { share: wording.percent(rate), period: PERIOD_WORDS[period] })}`;
}

function updateTile(metric, { fields, tile }, { shown, period }) {
  const compared = shown.comparison.metrics[metric];
  setHidden(tile, isEmpty(metric, shown));
  setText(fields.value, mainValue(metric, shown));
  const isOfPeriod = metric === "error_rate" || metric.startsWith("response_time_ms");
  setText(fields.scope, isOfPeriod ? say("in_period", { period: PERIOD_WORDS[period] }) : say("now"));
  setText(fields.note, note(metric, shown));
  setText(fields.change, change(metric, compared));
  setText(fields.words, words(metric, compared));
  setAttribute(fields.tone, "data-tone", compared.assessment);
}

// Nothing is registered for this figure.
function isEmpty(metric, shown) {
  if (metric === "events_per_second") return !shown.events_sources.expected;
  return metric === "api_calls_active" && !shown.total_apis;
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

// What the value is a part of.
function note(metric, shown) {
  const { fresh, expected } = shown.events_sources;
  if (metric === "api_calls_active") return say("of", { total: wording.number(shown.total_apis) });
  if (metric !== "events_per_second" || fresh >= expected) return "";
  return say("sources_report", { fresh: wording.number(fresh), expected: wording.number(expected) });
}

function change(metric, compared) {
  if (compared.change === null || compared.trend === "flat") return compared.indicator;
  const number = wording.number(Math.abs(compared.change));
  let amount = number;
  if (metric === "error_rate") amount = say("points", { number });
  else if (metric !== "api_calls_active" && compared.change_percent !== null) {
    amount = wording.percent(Math.abs(compared.change_percent));
  }
  return `${compared.indicator} ${amount}`;
}

function words(metric, compared) {
  const assessed = ASSESSMENT_WORDS[compared.assessment];
  if (compared.previous === null || compared.assessment === "unknown") return assessed;
  const parts = [assessed, say("before", { value: format(metric, compared.previous) })];
  if (MOMENTARY.includes(metric)) parts.splice(1, 0, say("average", { value: format(metric, compared.current) }));
  return parts.filter(Boolean).join(", ");
}

function format(metric, value) {
  if (metric === "error_rate") return wording.percent(value);
  if (metric.startsWith("response_time_ms")) return wording.milliseconds(value);
  return wording.number(value) + (metric === "events_per_second" ? "/s" : "");
}
