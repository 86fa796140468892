// What the pages read from an entry of the document, one for each service.

import * as wording from "./wording.js";

// The fields that every entry has; all others are readings. The server tells them: they have one owner.
const ENTRY_FIELDS = new Set(document.body.dataset.entryFields.split(" "));

export function entriesOf(shown) {
  return [
    ...shown.api_metrics.map((entry) => ({ entry, isApi: true })),
    ...shown.other_services.map((entry) => ({ entry, isApi: false })),
  ];
}

// The readings that stand flat in an entry, as pairs of label and value.
export function readingsOf(entry) {
  return Object.entries(entry)
    .filter(([name]) => !ENTRY_FIELDS.has(name))
    .map(([name, value]) => wording.reading(name, value));
}

export function about(entry) {
  return [...new Set([entry.group, entry.type])].filter(Boolean).join(" · ");
}

// The kind of failure and the reason of a status in words; how long a maintenance lasts is a moment of its own.
export function whyOf(entry) {
  if (entry.error) return wording.failure(entry.error);
  return ["", entry.status === "maintenance" ? "" : (entry.reason ?? "")];
}
