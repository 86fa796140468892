// The small histories: fetched once for all services together, then extended from each document that arrives.

const BUCKETS = 30;
const ROUNDING_MS = 100; // less than lies between two sweeps
const ATTEMPTS = 3;
const MS_BETWEEN_ATTEMPTS = 300;

// Means by time bucket, oldest first; null where there was no sample.
export class Series {
  constructor({ start, bucket, values }) {
    this.start = start; // Unix seconds of the first bucket's beginning
    this.bucket = bucket; // seconds
    this.values = values;
    this.weight = 0; // samples that the last bucket's mean rests on
  }

  add(at, value, sampleSeconds) {
    const steps = this.reach(at);
    if (steps < 0 || value === null || value === undefined) return;
    const last = this.values.length - 1;
    const mean = this.values[last];
    if (mean === null) {
      this.values[last] = value;
      this.weight = 1;
      return;
    }
    // What came with the history rests on about as many samples as there were sweeps in the bucket so far.
    this.weight ||= Math.max(1, Math.round((at - this.#lastStart()) / sampleSeconds));
    this.weight += 1;
    this.values[last] = mean + (value - mean) / this.weight;
  }

  #lastStart() {
    return this.start + (this.values.length - 1) * this.bucket;
  }

  // Make the bucket of this moment the last one; negative when the moment lies before it.
  reach(at) {
    const steps = Math.floor((at - this.#lastStart()) / this.bucket);
    for (let step = 0; step < Math.min(steps, this.values.length); step += 1) {
      this.values.shift();
      this.values.push(null);
    }
    if (steps > 0) {
      this.start += steps * this.bucket;
      this.weight = 0;
    }
    return steps;
  }
}

export class Histories {
  #url;
  #fleet = new Map();
  #services = new Map(); // metric -> name -> Series
  #answeredUpTo = new Map(); // metric -> the snapshot with which its history ended
  #sweeps = []; // what the documents said since a load began, or the last of them
  #period = null;
  #loading = 0;
  #isLoading = false;

  constructor(url) {
    this.#url = url;
  }

  fleet(metric) {
    return this.#fleet.get(metric);
  }

  service(metric, name) {
    return this.#services.get(metric)?.get(name);
  }

  // Fetch these metrics, of one service or of all, up to this snapshot or a later one. Resolves with the answers by
  // metric, null where another load has begun meanwhile; what cannot be had is left to grow from now on.
  async load({ period, metrics, service = null, snapshotId }) {
    this.#period = period;
    this.#loading += 1;
    this.#isLoading = true;
    const turn = this.#loading;
    // One after the other: a server makes them from the same buckets, and is not to be rushed by many viewers.
    const answers = [];
    for (const metric of metrics) {
      answers.push(await this.#fetch(metric, { period, service, snapshotId }));
      if (turn !== this.#loading) return null;
    }
    this.#fleet.clear();
    this.#services.clear();
    answers.forEach((answer, index) => answer && this.#keep(metrics[index], answer));
    this.#align();
    this.#answeredUpTo = new Map(metrics.map((metric, index) => [metric, answers[index]?.snapshot_id ?? 0]));
    // What arrived while the answers were on their way is in some of them, or in none.
    for (const sweep of this.#sweeps) if (sweep.period === period) this.#add(sweep);
    this.#sweeps = this.#sweeps.slice(-1);
    this.#isLoading = false;
    return new Map(metrics.map((metric, index) => [metric, answers[index]]));
  }

  async #fetch(metric, { period, service, snapshotId }) {
    const query = new URLSearchParams({ metric, period, ...(service ? { service } : {}) });
    let answer = null;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (attempt) await new Promise((resolve) => setTimeout(resolve, MS_BETWEEN_ATTEMPTS));
      try {
        const response = await fetch(`${this.#url}?${query}`, { cache: "no-cache" });
        answer = response.ok ? await response.json() : null;
        if (!answer && response.status < 500) break; // refused, and would be again
      } catch {
        answer = null;
      }
      // A store that is busy may let one attempt fail; another process may answer with what it had before.
      if (answer?.snapshot_id >= snapshotId) break;
    }
    return answer;
  }

  #keep(metric, answer) {
    const start = Date.parse(answer.start) / 1000;
    const made = (values) => new Series({ start, bucket: answer.bucket_seconds, values });
    if (answer.fleet.length) this.#fleet.set(metric, made(answer.fleet));
    const services = Object.entries(answer.services).map(([name, values]) => [name, made(values)]);
    this.#services.set(metric, new Map(services));
  }

  // Answers that were made around a new snapshot may end with different buckets.
  #align() {
    const all = [this.#fleet, ...this.#services.values()].flatMap((named) => [...named.values()]);
    const ends = all.map((series) => series.start + series.values.length * series.bucket);
    const latest = ends.reduce((later, end) => Math.max(later, end), 0);
    for (const series of all) series.reach(latest - series.bucket);
  }

  // Add what this document says, once per snapshot.
  extend(document) {
    const latestId = this.#sweeps.at(-1)?.id;
    if (document.snapshot_id === latestId || !document.snapshot_id || !this.#period) return;
    if (document.snapshot_id < latestId) this.#answeredUpTo.clear(); // the store was emptied, and counts anew
    // A document is changed in place by the next one: kept is what it says now.
    const sweep = sweepOf(document, this.#period);
    this.#sweeps = [...(this.#isLoading ? this.#sweeps : []), sweep];
    this.#add(sweep);
  }

  #add({ id, at, seconds, bucket, samples }) {
    for (const { metric, service, value } of samples) {
      if (id <= this.#answeredUpTo.get(metric)) continue;
      if (service !== null && !this.#services.has(metric)) this.#services.set(metric, new Map());
      const [owner, key] = service === null ? [this.#fleet, metric] : [this.#services.get(metric), service];
      if (!owner.has(key)) owner.set(key, emptySeries(at, bucket));
      owner.get(key).add(at, value, seconds);
    }
  }
}

// What one document adds to the histories of this period; `service` is null in samples of the fleet.
function sweepOf(document, period) {
  const isBlind = document.error?.code === "network_unreachable"; // such a sweep gives no sample of anything
  const samples = [...samplesOf(document)];
  return {
    period,
    id: document.snapshot_id,
    at: Date.parse(document.timestamp) / 1000,
    seconds: document.refresh_interval_seconds || 5,
    bucket: document.comparison.period_seconds / BUCKETS,
    samples: isBlind ? samples.map((sample) => ({ ...sample, value: null })) : samples,
  };
}

function* samplesOf(document) {
  for (const [metric, value] of Object.entries(fleetSamples(document))) yield { metric, service: null, value };
  for (const entry of [...document.api_metrics, ...document.other_services]) {
    const failed = failedPercent(entry, document);
    // A failed probe says nothing about how fast the service is.
    const response = failed ? null : entry.response_time_ms;
    const values = failed === null ? {} : { ...entry, error_rate: failed, response_time_ms: response };
    for (const metric of Object.keys(entry.comparison)) yield { metric, service: entry.service, value: values[metric] };
  }
}

function emptySeries(at, bucket) {
  const last = Math.floor(at / bucket) * bucket;
  return new Series({ start: last - (BUCKETS - 1) * bucket, bucket, values: new Array(BUCKETS).fill(null) });
}

// What one sweep says of the fleet.
function fleetSamples(document) {
  const entries = [...document.api_metrics, ...document.other_services];
  const probed = entries.filter((entry) => failedPercent(entry, document) !== null);
  const failed = probed.filter((entry) => entry.consecutive_failures > 0);
  const latencies = probed
    .filter((entry) => entry.consecutive_failures === 0 && entry.response_time_ms !== null)
    .map((entry) => entry.response_time_ms)
    .sort((a, b) => a - b);
  const sources = document.events_sources;
  return {
    events_per_second: sources.expected && sources.fresh >= sources.expected ? document.events_per_second : null,
    api_calls_active: document.api_calls_active,
    health_percentage: document.health_summary.health_percentage,
    error_rate: probed.length ? (100 * failed.length) / probed.length : null,
    response_time_ms_p50: quantile(latencies, 0.5),
    response_time_ms_p95: quantile(latencies, 0.95),
  };
}

// Null where the sweep gives no sample of a service: in maintenance, or not probed this time. One that sits the sweep
// out because it kept failing counts as failed; one that was left out by a failure of ours does not.
function failedPercent(entry, document) {
  if (entry.checked_at === null || entry.status === "maintenance") return null;
  const isFailing = entry.consecutive_failures > 0;
  const sweptFrom = Date.parse(document.timestamp) - document.collection_time_ms - ROUNDING_MS;
  if (Date.parse(entry.checked_at) >= sweptFrom) return isFailing ? 100 : 0;
  return isFailing && (entry.next_check_at || !document.error) ? 100 : null;
}

function quantile(sorted, share) {
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] : null;
}
