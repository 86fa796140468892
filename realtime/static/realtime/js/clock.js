// What time it is at the server, and the fields of a page that change as time passes.

import { moment } from "./wording.js";

const MOMENTS = "[data-moment]";

// The viewer's clock may be wrong, so it is corrected once by what the server's was when this page began to arrive.
const navigation = performance.getEntriesByType("navigation")[0];
const correction = Date.parse(document.body.dataset.now) - (performance.timeOrigin + (navigation?.responseStart ?? 0));

export function now() {
  return Date.now() + correction;
}

// Have a field say how long it is since or until a moment, and go on doing so; null clears it.
export function showMoment(field, iso, template) {
  if (iso === null || iso === undefined) {
    delete field.dataset.moment;
    setText(field, "");
    return;
  }
  if (field.dataset.moment !== iso) field.dataset.moment = iso;
  if (field.dataset.template !== template) field.dataset.template = template;
  refresh(field);
}

export function refreshMoments() {
  for (const field of document.querySelectorAll(MOMENTS)) refresh(field);
}

function refresh(field) {
  const { moment: iso, template } = field.dataset;
  setText(field, moment(template, (now() - Date.parse(iso)) / 1000));
}

function setText(field, text) {
  if (field.textContent !== text) field.textContent = text;
}
