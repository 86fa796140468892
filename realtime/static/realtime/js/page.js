// What both pages share: text that is set only where it changed, the state of the connection, and what the window's
// title and icon tell to someone who looks at another tab.

import { refreshMoments } from "./clock.js";
import { Feed, HIDDEN_POLL_MS } from "./feed.js";
import { Histories } from "./series.js";
import * as wording from "./wording.js";
import { say } from "./wording.js";
import { STATUS_WORDS } from "./words.js";

// Beyond two intervals and the longest sweep, numbers are old whatever the reason.
const INTERVALS_BEFORE_OLD = 2;
const LONGEST_SWEEP_SECONDS = 8;
// How long a tab that is looked at again may take for its first answer.
const ANSWER_MS = 3_000;

// Everything that comes from a service goes through here or through an attribute, never through a parser.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

export function setHidden(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

// The elements that a script fills, by their `data-f`.
export function fieldsOf(root) {
  const fields = {};
  for (const element of root.querySelectorAll("[data-f]")) fields[element.dataset.f] ??= element;
  return fields;
}

// Make a list have these texts, one element each, reusing what is there; `fill` writes one item.
export function setList(list, items, make, fill) {
  while (list.children.length > items.length) list.lastElementChild.remove();
  items.forEach((item, index) => {
    if (!list.children[index]) list.append(make());
    fill(list.children[index], item);
  });
}

export function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

export function setIcon(use, status) {
  setAttribute(use, "href", `#i-${Object.hasOwn(STATUS_WORDS, status) ? status : "unknown"}`);
}

export function serviceUrl(name, period) {
  return `services/${encodeURIComponent(name)}?period=${period}`;
}

// Starts the feed and the histories, shows how the connection is, and calls `render` at most once a frame.
export class Page {
  histories;
  period;
  #document = null;
  #wasOld = false;
  #feed;
  #render;
  #inWindow;
  #historyWanted;
  #interval = "";
  #hasHistories = false;
  #connection = null;
  #arrivedAt = 0;
  #turnedAt = -Infinity; // when the tab was hidden or shown last
  #lostAt = null;
  #scheduled = false;
  #connectionText = document.querySelector("[data-f=connection]");
  #connectionBox = document.querySelector("[data-connection]");
  #notice = document.querySelector("[data-notice]");

  // render(page) draws the document; inWindow(document) returns title and status for someone who looks at another
  // tab; historyWanted() returns which metrics to fetch, and of which service.
  constructor({ render, inWindow, historyWanted, interval = "" }) {
    const { metrics, stream, socket, history, period } = document.body.dataset;
    this.period = period;
    this.#interval = interval;
    this.#render = render;
    this.#inWindow = inWindow;
    this.#historyWanted = historyWanted;
    this.histories = new Histories(history);
    this.#feed = new Feed({
      urls: { metrics, stream, socket },
      period,
      interval,
      onDocument: (received) => this.#receive(received),
      onConnection: (state) => this.#connect(state),
    });
    document.querySelector(".switch").addEventListener("click", (event) => this.#choosePeriod(event));
    document.addEventListener("visibilitychange", () => (this.#turnedAt = performance.now()));
    setInterval(() => this.#tick(), 1000);
  }

  start() {
    this.#feed.start();
  }

  // The latest document, null before the first. Where nothing newer has arrived in time, it says so of itself, as the
  // server's own would: nobody may have been left to send that.
  get document() {
    const known = this.#document;
    return known && !known.stale && this.#isOld() ? { ...known, stale: true, status: "unknown" } : known;
  }

  async loadHistories() {
    this.#hasHistories = true;
    const { metrics, service, onLoaded } = this.#historyWanted();
    const answers = await this.histories.load({
      period: this.period,
      metrics,
      service,
      snapshotId: this.document?.snapshot_id ?? 0,
    });
    if (!answers) return;
    onLoaded?.(answers);
    this.schedule();
  }

  setInterval(interval) {
    this.#interval = interval;
    this.#feed.change({ interval });
  }

  // Seconds between two samples as this viewer gets them.
  get sampleSeconds() {
    return Math.max(this.#document?.refresh_interval_seconds || 5, Number(this.#interval) || 0);
  }

  schedule() {
    if (this.#scheduled || !this.#document) return;
    this.#scheduled = true;
    // A hidden tab gets no frames: it costs nothing until it is looked at.
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#showConnection();
      this.#render(this);
    });
  }

  #tick() {
    this.#showConnection();
    refreshMoments();
  }

  #receive(received) {
    this.#document = received;
    this.#arrivedAt = performance.now();
    // Before the first snapshot there is no past to ask for.
    if (!this.#hasHistories && received.snapshot_id) void this.loadHistories();
    this.histories.extend(received);
    showInWindow(this.#inWindow(received));
    this.schedule();
  }

  #connect(state) {
    const wasLost = this.#lostAt;
    this.#connection = state;
    if (state === "reconnecting" || state === "refused") {
      this.#lostAt ??= performance.now();
    } else {
      this.#lostAt = null;
      // What was missed meanwhile is in the server's history.
      if (wasLost !== null && performance.now() - wasLost > 2000 * this.sampleSeconds) void this.loadHistories();
    }
    this.#showConnection();
  }

  #isOld() {
    if (!this.#document) return document.body.classList.contains("is-old");
    if (this.#document.stale) return true;
    const now = performance.now();
    const isSeldomAsked = this.#connection === "polling" && (document.hidden || now - this.#turnedAt < ANSWER_MS);
    const seconds = Math.max(this.sampleSeconds, isSeldomAsked ? HIDDEN_POLL_MS / 1000 : 0);
    return now - this.#arrivedAt > 1000 * (INTERVALS_BEFORE_OLD * seconds + LONGEST_SWEEP_SECONDS);
  }

  #showConnection() {
    const old = this.#isOld();
    document.body.classList.toggle("is-old", old);
    if (old !== this.#wasOld && this.#document) {
      this.#wasOld = old;
      showInWindow(this.#inWindow(this.document));
      this.schedule();
    }
    const [state, text] = this.#stateInWords(old);
    if (!state) return;
    setAttribute(this.#connectionBox, "data-connection", state);
    setText(this.#connectionText, text);
    this.#showNotice(old);
  }

  #stateInWords(old) {
    const shown = this.document;
    if (this.#connection === "reconnecting") return ["reconnecting", "Reconnecting"];
    if (this.#connection === "refused") return ["stale", "Sign in again"];
    if (!shown) return [null, ""];
    if (!shown.snapshot_id) return ["stale", "No data"];
    if (old) return ["stale", `Stale since ${wording.clock(shown.timestamp)}`];
    if (this.#connection === "polling") return ["polling", "Polling"];
    return this.#connection === "live" ? ["live", "Live"] : [null, ""];
  }

  #showNotice(old) {
    const shown = this.document;
    if (!shown) return;
    const sentences = [];
    if (this.#connection === "refused") sentences.push("You may not read these numbers any more: load the page anew to sign in.");
    if (old && shown.snapshot_id) {
      sentences.push(say("numbers_from", { clock: wording.clock(shown.timestamp) }));
    }
    if (shown.error && shown.snapshot_id) sentences.push(sentence(shown.error.message));
    setText(this.#notice.querySelector("[data-f=notice]"), sentences.join(" "));
    setHidden(this.#notice, !sentences.length);
  }

  #choosePeriod(event) {
    const link = event.target.closest("a[data-period]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    if (link.dataset.period === this.period) return;
    this.period = link.dataset.period;
    for (const other of document.querySelectorAll(".switch a")) {
      if (other === link) other.setAttribute("aria-current", "true");
      else other.removeAttribute("aria-current");
    }
    remember("period", this.period);
    for (const other of document.querySelectorAll("a[href*='period=']:not([data-period])")) {
      other.href = withParameter(other.href, "period", this.period);
    }
    this.#feed.change({ period: this.period });
    void this.loadHistories();
  }
}

function sentence(message) {
  return `${message.slice(0, 1).toUpperCase()}${message.slice(1)}.`;
}

// Keep a choice in the address, so that a reload or a shared link shows the same.
export function remember(name, value) {
  history.replaceState(null, "", withParameter(location.href, name, value));
}

export function withParameter(address, name, value) {
  const url = new URL(address);
  if (value) url.searchParams.set(name, value);
  else url.searchParams.delete(name);
  return url.href;
}

function showInWindow({ title, status }) {
  const full = `${title} – Health Dashboard`;
  if (document.title !== full) document.title = full;
  const icon = document.querySelector("[data-icon]");
  setAttribute(icon, "href", `${icon.dataset.icons}${status}.svg`);
}

export function showSweep(shown) {
  const field = document.querySelector("[data-f=swept]");
  if (!shown.snapshot_id) return;
  const took = wording.milliseconds(shown.collection_time_ms);
  setText(field, `Sweep of ${wording.clock(shown.timestamp)}, took ${took}, every ${shown.refresh_interval_seconds} s`);
}
