// The dashboard: joins the feed, the overview, the table and the viewer's choices.

import { entriesOf } from "./entries.js";
import { headline, Overview } from "./overview.js";
import { Page, element, remember, showSweep } from "./page.js";
import { ServiceTable } from "./table.js";

const overview = new Overview();
const table = new ServiceTable();
const filters = document.querySelector("[data-filters]");
const pace = document.querySelector("[data-interval]");

pace.value = new URLSearchParams(location.search).get("interval") ?? "";
if (pace.selectedIndex < 0) pace.value = "";

const page = new Page({
  interval: pace.value,
  historyWanted: () => ({ metrics: [...new Set([...overview.metrics, "response_time_ms", "error_rate"])] }),
  inWindow: (shown) => ({ title: headline(shown), status: shown.status }),
  render,
});

function render() {
  const shown = page.document;
  showSweep(shown);
  overview.update(page);
  updateGroups(shown);
  markChoices();
  table.update(page, wanted());
}

function wanted() {
  const { q, group, status } = filters.elements;
  return { text: q.value.trim(), group: group.value, status: status.value };
}

function updateGroups(shown) {
  const { group } = filters.elements;
  const names = [...new Set(entriesOf(shown).map(({ entry }) => entry.group))].filter(Boolean).sort();
  const chosen = group.value;
  if (chosen && !names.includes(chosen)) names.push(chosen); // do not change a choice behind the viewer's back
  const options = [...group.options].slice(1);
  if (options.map((option) => option.value).join("\n") === names.join("\n")) return;
  for (const option of options) option.remove();
  group.append(...names.map((name) => element("option", name)));
  group.value = chosen;
}

function markChoices() {
  const { group, status } = filters.elements;
  for (const link of document.querySelectorAll("[data-count], [data-group]")) {
    const isChosen = link.dataset.count ? link.dataset.count === status.value : link.dataset.group === group.value;
    if (isChosen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function filter() {
  const { text, group, status } = wanted();
  remember("q", text);
  remember("group", group);
  remember("status", status);
  page.schedule();
}

filters.addEventListener("input", filter);
filters.addEventListener("submit", (event) => {
  event.preventDefault();
  filter();
});
document.querySelector("[data-clear]").addEventListener("click", (event) => {
  event.preventDefault();
  for (const field of [filters.elements.q, filters.elements.group, filters.elements.status]) field.value = "";
  filter();
  filters.elements.q.focus();
});
for (const [list, mark, choice] of [
  ["counts", "count", filters.elements.status],
  ["groups", "group", filters.elements.group],
]) {
  document.querySelector(`[data-f=${list}]`).addEventListener("click", (event) => {
    const link = event.target.closest(`[data-${mark}]`);
    if (!link) return;
    event.preventDefault();
    const chosen = link.dataset[mark];
    choice.value = choice.value === chosen ? "" : chosen; // once more takes it off
    filter();
  });
}
pace.addEventListener("change", () => {
  remember("interval", pace.value);
  page.setInterval(pace.value);
});
document.body.classList.add("is-alive");
page.start();
