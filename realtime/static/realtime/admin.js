// The button of a maintenance window: from this minute on, for at least an hour. The form's moments are in UTC.

const MINUTE = 60_000;

function typed(milliseconds) {
  return new Date(milliseconds).toISOString().slice(0, "2026-12-24T18:00".length);
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest(".rt-from-now");
  if (!button) return;
  const row = button.closest(".inline-related");
  const now = Date.now();
  row.querySelector("input[name$='-begins']").value = typed(now);
  row.querySelector("input[name$='-ends']").value = typed(Math.ceil(now / MINUTE) * MINUTE + 60 * MINUTE);
});
