// The table of services: one row for each, kept by name; an update touches only the cells that changed.

import { showMoment } from "./clock.js";
import { about, entriesOf, readingsOf, whyOf } from "./entries.js";
import { element, fieldsOf, serviceUrl, setAttribute, setHidden, setIcon, setList, setText } from "./page.js";
import { describe, draw } from "./sparkline.js";
import * as wording from "./wording.js";
import { say } from "./wording.js";
import { PHRASES, SINCE_WORDS, STATUS_WORDS, WORST_FIRST } from "./words.js";

const ROWS_AT_FIRST = 100;
const ROWS_MORE = 100;
const ROWS_AT_ONCE = 50;
const READINGS_SHOWN = 4;
const LEAST_TOP_MS = 20;

export class ServiceTable {
  #body = document.querySelector("[data-rows]");
  #template = document.querySelector("#row");
  #more = document.querySelector("[data-more]");
  #rows = new Map();
  #limit;
  #turn = null;
  #update = () => {};
  // Only what is in sight, or nearly, is drawn.
  #sight = new IntersectionObserver((seen) => this.#look(seen), { rootMargin: "300px" });

  constructor() {
    this.#limit = Math.max(ROWS_AT_FIRST, Number(this.#body.dataset.limit));
    for (const tr of this.#body.children) this.#adopt(tr);
    const grow = () => {
      this.#limit += ROWS_MORE;
      this.#update();
    };
    this.#more.addEventListener("click", (event) => {
      event.preventDefault();
      grow();
    });
    new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && grow(), {
      rootMargin: "600px",
    }).observe(this.#more);
  }

  // wanted: { text, group, status } as the viewer filters; empty means everything.
  update(page, wanted) {
    this.#update = () => this.update(page, wanted);
    const all = entriesOf(page.document);
    const chosen = choose(all, wanted);
    const shown = chosen.slice(0, this.#limit);
    this.#order(shown.map(({ entry }) => this.#rowOf(entry.service)));
    this.#fill(shown, page);
    setText(document.querySelector("[data-f=shown]"), say("shown", { number: wording.number(chosen.length), all: wording.number(all.length) }));
    setText(document.querySelector("[data-f=more]"), say("show_more", { number: wording.number(chosen.length - shown.length) }));
    setHidden(this.#more, chosen.length === shown.length);
    setHidden(document.querySelector("[data-no-match]"), chosen.length > 0);
  }

  // What is in sight is filled at once, all other rows a few at a time, so that a long table never holds the page.
  #fill(shown, page) {
    const turn = (this.#turn = {});
    const later = [];
    for (const one of shown) {
      const row = this.#rows.get(one.entry.service);
      if (row.needsNow) row.fill(one.entry, one.isApi, page);
      else later.push(one);
    }
    const fillSome = () => {
      if (turn !== this.#turn) return; // a newer update has begun, or will
      for (const { entry, isApi } of later.splice(0, ROWS_AT_ONCE)) {
        this.#rows.get(entry.service)?.fill(entry, isApi, page);
      }
      if (later.length) setTimeout(fillSome);
    };
    if (later.length) setTimeout(fillSome);
  }

  #adopt(tr) {
    const row = new Row(tr);
    this.#rows.set(tr.dataset.service, row);
    this.#sight.observe(tr);
    return row;
  }

  #rowOf(name) {
    const known = this.#rows.get(name);
    if (known) return known;
    const tr = this.#template.content.firstElementChild.cloneNode(true);
    tr.dataset.service = name;
    return this.#adopt(tr);
  }

  // Put the rows into this order and take out all others, moving as few as possible.
  #order(rows) {
    const wanted = new Set(rows.map((row) => row.tr));
    const focused = document.activeElement;
    for (const tr of [...this.#body.children]) {
      if (!wanted.has(tr)) this.#drop(tr);
    }
    let cursor = this.#body.firstElementChild;
    for (const { tr } of rows) {
      if (cursor !== tr && cursor?.nextElementSibling === tr) {
        // One that goes down: its turn comes, and all that follow it may stay.
        const moved = cursor;
        cursor = tr;
        moved.remove();
      }
      if (cursor === tr) cursor = tr.nextElementSibling;
      else this.#body.insertBefore(tr, cursor);
    }
    if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
  }

  #drop(tr) {
    this.#sight.unobserve(tr);
    this.#rows.delete(tr.dataset.service);
    tr.remove();
  }

  #look(seen) {
    for (const { target, isIntersecting } of seen) this.#rows.get(target.dataset.service)?.see(isIntersecting);
  }
}

class Row {
  #fields;
  #spark;
  #inSight = false;
  #draw = null;

  constructor(tr) {
    this.tr = tr;
    this.#fields = fieldsOf(tr);
    this.#spark = tr.querySelector(".spark");
  }

  // In sight, or never filled yet.
  get needsNow() {
    return this.#inSight || this.#draw === null;
  }

  see(inSight) {
    this.#inSight = inSight;
    if (inSight) this.#draw?.();
  }

  fill(entry, isApi, page) {
    const fields = this.#fields;
    setAttribute(this.tr, "data-status", entry.status);
    setIcon(fields.icon, entry.status);
    setText(fields.status, STATUS_WORDS[entry.status]);
    showMoment(fields.since, entry.status_since, SINCE_WORDS[entry.status]);
    setHidden(fields.pending, !entry.pending);
    setText(fields.name, entry.service);
    setAttribute(fields.name, "href", serviceUrl(entry.service, page.period));
    setText(fields.about, about(entry));
    setHidden(fields.tag, isApi);
    setText(fields.response, wording.milliseconds(entry.response_time_ms));
    const [arrow, arrowWords] = wording.responseChange(entry.comparison.response_time_ms);
    setText(fields.change, arrow);
    setAttribute(fields.change, "title", arrowWords);
    setText(fields["error-rate"], wording.percent(entry.error_rate));
    this.#fillReadings(entry);
    const [words, reason] = whyOf(entry);
    setText(fields.error, words);
    setText(fields.reason, reason);
    setAttribute(fields.reason.parentElement, "title", reason);
    for (const [field, at] of [
      [fields.next, entry.next_check_at],
      [fields.maintenance, entry.maintenance_until],
    ]) {
      showMoment(field, at, PHRASES.until);
      setHidden(field.parentElement, !at);
    }
    showMoment(fields.success, entry.last_success, PHRASES.ago);
    if (!entry.last_success) setText(fields.success, say("never"));
    setAttribute(fields.success, "datetime", entry.last_success ?? "");
    this.#draw = () => this.#drawHistory(entry.service, page);
    if (this.#inSight) this.#draw();
  }

  #fillReadings(entry) {
    const readings = readingsOf(entry);
    const items = readings.slice(0, READINGS_SHOWN);
    const left = readings.length - items.length;
    if (left) items.push([say("more_readings", { number: wording.number(left) }), ""]);
    setList(this.#fields.readings, items, () => element("li", "", element("b")), fillReading);
    const problems = Object.entries(entry.reading_errors ?? {}).map(([name, why]) => `${name}: ${why}`);
    setText(this.#fields["reading-errors"], problems.join("; "));
  }

  #drawHistory(name, { histories, sampleSeconds }) {
    const series = histories.service("response_time_ms", name);
    const failed = histories.service("error_rate", name);
    if (!series && !failed) return;
    const bucket = (series ?? failed).bucket;
    const backdrop = series ?? { ...failed, values: failed.values.map(() => null) };
    draw(this.#spark, backdrop, { least: LEAST_TOP_MS, failed, bridge: Math.ceil(sampleSeconds / bucket) });
    setAttribute(this.#spark, "aria-label", describe("Response time", { series, failed, format: wording.milliseconds }));
  }
}

function fillReading(item, [label, value]) {
  // As the server writes it: the label, and the value in bold.
  const [text, bold] = item.childNodes;
  const wanted = value ? `${label} ` : label;
  if (text?.nodeType === Node.TEXT_NODE && bold) {
    if (text.data !== wanted) text.data = wanted;
    setText(bold, value);
    return;
  }
  item.replaceChildren(wanted, element("b", value));
}

function choose(all, { text, group, status }) {
  const looked = text.toLowerCase();
  return all
    .filter(({ entry }) => {
      const searched = `${entry.service} ${entry.group} ${entry.type}`.toLowerCase();
      return searched.includes(looked) && (!group || entry.group === group) && (!status || entry.status === status);
    })
    .map((one, index) => ({ ...one, index, badness: WORST_FIRST.indexOf(one.entry.status) }))
    .sort((a, b) => a.badness - b.badness || a.index - b.index);
}
