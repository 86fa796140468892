"""What the server paints holds real numbers already, with or without a script in the browser."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.fleet import Fleet
from tests.browser.installation import Installation

NO_SCRIPT = {"java_script_enabled": False}
# Without the seconds that go on passing.
ROW_FIELDS = (
    "tr => [...tr.cells].map(cell => cell.innerText.replace(/\\s+/g, ' ').replace(/for \\d+ s/, 'for s').trim())"
)


def test_numbers_are_there_without_any_script(open_page: OpenPage, fleet: Fleet) -> None:
    reading = {"name": "events_per_second", "expression": "rate", "counts_toward": "events_per_second"}
    fleet.add("ingestion", {"status": "healthy", "rate": 12.5}, readings=[reading], group="intake")
    fleet.add("broken", {"status": "unhealthy"})
    fleet.sweep()

    page = open_page("/", **NO_SCRIPT)

    expect(page.locator("h1")).to_have_text("1 of 2 services failing")
    expect(page.locator("[data-metric=events_per_second] .value")).to_contain_text("12.5/s")
    names = page.locator("tbody tr .c-name a")
    expect(names).to_have_text(["broken", "ingestion"])
    expect(page.locator("tr[data-service=broken]")).to_contain_text("Reports itself unhealthy")
    expect(page.locator("[data-connection]")).to_contain_text("As of")


def test_the_script_says_the_same_as_the_server(open_page: OpenPage, fleet: Fleet) -> None:
    readings = {"queries_per_minute": 1234.5, "load_percent": 3.25, "tiny": 0.004, "huge": 3_456_789, "lag_ms": 0.5}
    fleet.add("numbers", {"status": "healthy", "uptime_seconds": 90_061, **readings}, type="data")
    fleet.add("store", {"status": "warn"}, counts_as_api=False, group="storage")
    fleet.add("broken", {"status": "unhealthy"})
    fleet.add("dead").die()
    fleet.sweep()

    painted = open_page("/", **NO_SCRIPT)
    alive = open_page("/")
    expect(alive.locator("[data-connection]")).to_have_text("Live")
    expect(alive.locator("tr[data-service=dead] .spark path")).to_have_count(3)

    rows = [page.locator("tbody tr").evaluate_all(f"rows => rows.map({ROW_FIELDS})") for page in (painted, alive)]
    tiles = [page.locator(".tile").all_inner_texts() for page in (painted, alive)]
    heroes = [page.locator("[data-hero]").inner_text() for page in (painted, alive)]
    assert rows[0] == rows[1]
    assert tiles[0] == tiles[1]
    assert heroes[0] == heroes[1]


def test_search_and_filters_work_without_any_script(open_page: OpenPage, fleet: Fleet) -> None:
    fleet.add("north", group="a")
    fleet.add("south", group="b")
    fleet.sweep()
    page = open_page("/?period=15m", **NO_SCRIPT)

    page.get_by_label("Group", exact=True).select_option("b")
    page.get_by_role("button", name="Apply").click()

    expect(page.locator("tbody tr .c-name a")).to_have_text(["south"])
    expect(page.locator(".switch [aria-current]")).to_have_text("15m")


def test_an_empty_registry_shows_the_way_to_the_first_service(open_page: OpenPage, fleet: Fleet) -> None:
    fleet.sweep()

    page = open_page("/")

    expect(page.locator("h1")).to_have_text("No services yet")
    expect(page.get_by_role("link", name="Add a service")).to_have_attribute("href", re.compile(r"^/admin/.*/add/$"))
    expect(page.locator("table")).to_be_hidden()
    expect(page.locator("[data-connection]")).to_have_text("Live")


def test_a_page_that_was_opened_before_the_first_sweep_fills_by_itself(
    open_page: OpenPage, site: Installation, fleet: Fleet
) -> None:
    site.stop_web()
    site.start_web()  # a process that never saw a snapshot
    fleet.add("early")
    page = open_page("/", may_complain=True)  # 503 goes to the console
    expect(page.locator("h1")).to_have_text("No data yet")
    expect(page.get_by_role("heading", name="Waiting for the first sweep")).to_be_visible()

    fleet.sweep()

    expect(page.locator("h1")).to_have_text("The service is healthy")
    expect(page.locator("tr[data-service=early]")).to_be_visible()


def test_a_service_that_nobody_knows_is_a_404_page(open_page: OpenPage, fleet: Fleet) -> None:
    fleet.sweep()

    page = open_page("/services/nobody", may_complain=True)

    expect(page.get_by_role("heading", name="No such service")).to_be_visible()
    assert page.request.get("/services/nobody").status == 404
