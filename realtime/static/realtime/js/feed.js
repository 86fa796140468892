// Keeps one document current: by WebSocket, else by server-sent events, else by asking again and again.
//
// Whatever fails, it goes on trying: at once with the next way, and after all of them failed with growing pauses that
// differ from viewer to viewer, so that a restarted server is not met by everyone in the same moment.

import { applyPatch } from "./patch.js";

const OPEN_WITHIN_MS = 5_000;
const ANSWER_WITHIN_MS = 10_000;
// The server says something at least every 15 s; silence for longer than two of these means the connection is dead.
const SILENCE_MS = 35_000;
const SNAPSHOTS_MISSED = 3;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
// On the lesser ways, the WebSocket is tried again after this time, then after twice as long, and so on.
const FIRST_UPGRADE_MS = 60_000;
const LONGEST_UPGRADE_MS = 15 * 60_000;
export const HIDDEN_POLL_MS = 60_000;

const FAILED = "failed"; // never opened
const LOST = "lost"; // was open, and ended
const UPGRADE = "upgrade"; // works, but a better way is worth a try

export class Feed {
  #urls;
  #key;
  #wanted;
  #onDocument;
  #onConnection;
  #stop = null;
  #wake = () => {};
  #document = null;
  #refused = false; // this viewer may not read, or not any more
  #upgradeMs = FIRST_UPGRADE_MS;

  // urls: metrics, stream, socket. key: a read key, with which it polls, since browsers send none over the other ways;
  // pages of this site have a cookie instead. onDocument gets the document, which later messages change in place; onConnection gets
  // "live", "polling", "reconnecting" or "refused".
  constructor({ urls, period, interval, key, onDocument, onConnection }) {
    this.#urls = urls;
    this.#key = key;
    this.#wanted = { period, interval };
    this.#onDocument = onDocument;
    this.#onConnection = onConnection;
    addEventListener("online", () => this.#wake());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#wake();
    });
  }

  start() {
    this.#stop?.abort();
    this.#stop = new AbortController();
    void this.#run(this.#stop.signal);
  }

  // Begin anew with another period or interval.
  change(wanted) {
    this.#wanted = { ...this.#wanted, ...wanted };
    this.start();
  }

  async #run(signal) {
    let failures = 0;
    while (!signal.aborted) {
      const ended = await this.#follow(signal);
      if (signal.aborted) return;
      if (ended === UPGRADE) continue;
      failures = ended === LOST ? 0 : failures + 1;
      this.#onConnection(this.#refused ? "refused" : "reconnecting");
      const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
      await this.#pause(longest * (0.5 + Math.random() / 2), signal);
    }
  }

  // Take the best way that opens, and return how it ended.
  async #follow(signal) {
    const ways = this.#key ? [this.#byPolling] : [this.#bySocket, this.#byEvents, this.#byPolling];
    for (const way of ways) {
      const ended = await way.call(this, signal);
      if (ended !== FAILED || signal.aborted) return ended;
    }
    return FAILED;
  }

  #query(extra = {}) {
    const query = new URLSearchParams({ period: this.#wanted.period, ...extra });
    if (this.#wanted.interval && "mode" in extra) query.set("interval", this.#wanted.interval);
    return query;
  }

  #bySocket(signal) {
    const url = new URL(`${this.#urls.socket}?${this.#query({ mode: "delta" })}`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    return new Promise((resolve) => {
      const socket = new WebSocket(url);
      const watch = new Watch(() => socket.close(), OPEN_WITHIN_MS);
      let opened = false;
      const end = (how) => {
        watch.end();
        signal.removeEventListener("abort", close);
        socket.onopen = socket.onmessage = socket.onclose = null;
        resolve(how);
      };
      const close = () => {
        end(LOST);
        socket.close();
      };
      signal.addEventListener("abort", close);
      socket.onclose = () => end(opened ? LOST : FAILED);
      socket.onmessage = ({ data }) => {
        // Open is what has brought something: a server may accept, and close with the reason why not.
        if (!opened) this.#opened("live");
        opened = true;
        watch.again(SILENCE_MS);
        if (!this.#take(JSON.parse(data))) close();
      };
    });
  }

  #byEvents(signal) {
    return new Promise((resolve) => {
      const source = new EventSource(`${this.#urls.stream}?${this.#query({ mode: "delta" })}`);
      let opened = false;
      const end = (how) => {
        watch.end();
        upgrade.end();
        signal.removeEventListener("abort", lose);
        source.close();
        resolve(how);
      };
      const lose = () => end(opened ? LOST : FAILED);
      // Heartbeats are comments, which are not seen here; but several snapshots in a row do not fail to come.
      const watch = new Watch(lose, OPEN_WITHIN_MS);
      const upgrade = new Watch(() => end(UPGRADE), this.#nextUpgradeMs());
      signal.addEventListener("abort", lose);
      source.onerror = lose;
      for (const type of ["snapshot", "delta", "state"]) {
        source.addEventListener(type, ({ data, lastEventId }) => {
          if (!opened) this.#opened("live");
          opened = true;
          watch.again(SILENCE_MS + SNAPSHOTS_MISSED * this.#pollMs());
          const sent = JSON.parse(data);
          const message = type === "snapshot" ? { data: sent, id: Number(lastEventId) } : sent;
          if (!this.#take({ ...message, type })) lose();
        });
      }
    });
  }

  async #byPolling(signal) {
    const upgradeAt = performance.now() + this.#nextUpgradeMs();
    let etag = null;
    for (let opened = false; !signal.aborted; opened = true) {
      try {
        etag = await this.#poll(etag, signal);
      } catch {
        return opened ? LOST : FAILED;
      }
      if (signal.aborted) return LOST;
      if (!opened) this.#opened("polling");
      if (performance.now() >= upgradeAt) return UPGRADE;
      await this.#pause(this.#pollMs(), signal);
    }
    return LOST;
  }

  async #poll(etag, signal) {
    const response = await fetch(`${this.#urls.metrics}?${this.#query()}`, {
      headers: {
        ...(etag && { "If-None-Match": etag }),
        ...(this.#key && { Authorization: `Bearer ${this.#key}` }),
      },
      cache: "no-store", // the ETag is kept here, and a 304 is to be seen
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    if (response.status === 304) return etag;
    this.#refused = response.status === 401 || response.status === 403;
    // 503 has the full shape: there is no snapshot yet.
    if (!response.ok && response.status !== 503) throw new Error(`HTTP ${response.status}`);
    const data = await response.json();
    if (!("snapshot_id" in data)) throw new Error("this is not the document");
    this.#take({ type: "snapshot", id: data.snapshot_id, data });
    return response.headers.get("ETag");
  }

  #pollMs() {
    if (document.hidden) return HIDDEN_POLL_MS;
    return 1000 * Math.max(Number(this.#wanted.interval) || 0, this.#document?.refresh_interval_seconds || 5);
  }

  #nextUpgradeMs() {
    const wait = this.#upgradeMs;
    this.#upgradeMs = Math.min(2 * wait, LONGEST_UPGRADE_MS);
    return wait;
  }

  #opened(how) {
    this.#refused = false;
    this.#onConnection(how);
  }

  // Return false when the message does not follow on what is known, so that a full one is needed.
  #take(message) {
    const known = this.#document;
    switch (message.type) {
      case "snapshot":
        this.#document = message.data;
        break;
      case "delta":
        if (known?.snapshot_id !== message.base_id) return false;
        try {
          applyPatch(known, message.changes);
        } catch {
          return false;
        }
        break;
      case "state":
        if (!known) return true;
        known.stale = message.stale;
        known.status = message.status;
        if (message.error) known.error = message.error;
        else delete known.error;
        break;
      default: // a heartbeat, or something that a later server may say
        return true;
    }
    this.#onDocument(this.#document);
    return true;
  }

  // Wait, but no longer than until the network or the viewer is back.
  #pause(milliseconds, signal) {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      this.#wake = wake;
      signal.addEventListener("abort", wake);
    });
  }
}

// Calls back once, unless it is put off in time.
class Watch {
  #timer;
  #onTooLate;

  constructor(onTooLate, milliseconds) {
    this.#onTooLate = onTooLate;
    this.again(milliseconds);
  }

  again(milliseconds) {
    this.end();
    this.#timer = setTimeout(this.#onTooLate, milliseconds);
  }

  end() {
    clearTimeout(this.#timer);
  }
}
