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

// Counted from the sweep, not from the viewer's clock, which may be wrong.
export function ago(moment, shown) {
  return moment ? wording.ago((Date.parse(shown.timestamp) - Date.parse(moment)) / 1000) : "never";
}

// Seconds from the sweep until a service that sits sweeps out is probed again; null for all others.
export function secondsToNextCheck(entry, shown) {
  if (!entry.next_check_at) return null;
  return (Date.parse(entry.next_check_at) - Date.parse(shown.timestamp)) / 1000;
}
