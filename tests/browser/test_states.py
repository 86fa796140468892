"""Services that are not simply well or failing: in maintenance, and sitting sweeps out."""

import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.fleet import Fleet
from tests.browser.installation import LOOPBACK, Installation

NO_SCRIPT = {"java_script_enabled": False}
DRAWN = re.compile("M")
OVERLAPS = """() => [...document.querySelectorAll("tbody tr")].filter((tr) => {
  const text = document.createRange();
  text.selectNodeContents(tr.querySelector("[data-f=status]"));
  return text.getBoundingClientRect().right > tr.querySelector(".c-name a").getBoundingClientRect().left - 4;
}).length"""


@pytest.fixture
def maintained(fleet: Fleet) -> Fleet:
    now = datetime.now(UTC)
    window = {"starts_at": (now - timedelta(hours=1)).isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat()}
    fleet.add("away", {"status": "down"}, maintenance=[window])
    fleet.add("calm")
    fleet.sweep()
    return fleet


@pytest.fixture
def hanging(site: Installation, fleet: Fleet) -> Iterator[Fleet]:
    """A service that takes connections and never answers, and has timed out often enough to sit sweeps out."""
    with socket.create_server((LOOPBACK, 0)) as server:
        url = f"http://{LOOPBACK}:{server.getsockname()[1]}"
        site.order(register=[{"name": "hanging", "base_url": url, "timeout_ms": 200}])
        for _ in range(2):
            fleet.sweep(interval_seconds=20)
        yield fleet


@pytest.mark.usefixtures("maintained")
def test_maintenance_is_said_counted_and_found(open_page: OpenPage) -> None:
    page = open_page("/")
    expect(page.locator("[data-connection]")).to_have_text("Live")

    expect(page.locator("h1")).to_have_text("1 in maintenance, all others healthy")
    expect(page.locator("tbody tr .c-name a")).to_have_text(["calm", "away"])
    expect(page.locator("[data-count=maintenance] .n")).to_have_text("1")
    assert page.evaluate(OVERLAPS) == 0
    page.locator("[data-count=maintenance]").click()
    expect(page.locator("tbody tr .c-name a")).to_have_text(["away"])
    expect(page.locator("tbody tr")).to_contain_text("Maintenance")


def test_maintenance_leaves_no_trace_in_the_history(open_page: OpenPage, maintained: Fleet) -> None:
    page = open_page("about:blank")
    with page.expect_response(lambda response: "metric=error_rate" in response.url):
        page.goto("/")
    calm, away = (page.locator(f"tr[data-service={name}]") for name in ("calm", "away"))
    expect(calm.locator(".spark .line")).to_have_attribute("d", DRAWN)
    page.wait_for_load_state("networkidle")

    maintained.add("new")
    maintained.sweep()

    expect(page.locator("tr[data-service=new] .spark .line")).to_have_attribute("d", DRAWN)
    expect(away.locator(".spark .line")).to_have_attribute("d", "")


@pytest.mark.usefixtures("hanging")
@pytest.mark.parametrize("options", [{}, NO_SCRIPT, {"viewport": {"width": 390, "height": 844}}])
def test_a_service_that_sits_sweeps_out_says_when_it_is_probed_again(
    open_page: OpenPage, options: dict[str, object]
) -> None:
    page = open_page("/", **options)
    error = page.locator("tr[data-service=hanging] .c-error")
    expect(error).to_be_visible()
    expect(error).to_contain_text("No answer in time")
    expect(error).to_contain_text(re.compile(r"next check in \d+ s"))

    page.get_by_role("link", name="hanging").click()

    expect(fact(page, "Next check")).to_have_text(re.compile(r"in \d+ s"))
    expect(fact(page, "Last check")).to_have_text(re.compile("just now|ago"))


@pytest.mark.usefixtures("hanging")
@pytest.mark.parametrize("path", ["/", "/services/hanging"])
def test_the_time_until_the_next_check_runs_down(open_page: OpenPage, path: str) -> None:
    page = open_page("about:blank")
    page.clock.install()
    page.goto(path)
    expect(page.locator("[data-connection]")).to_have_text("Live")
    promise = page.locator("[data-f=next]").first
    expect(promise).to_have_text(re.compile(r"in \d+ s"))
    first = promise.text_content()

    # At once: nothing that arrives later is to thank for it.
    page.clock.fast_forward(3_000)
    assert promise.text_content() != first
    page.clock.fast_forward(42_000)
    assert str(promise.text_content()).removeprefix("next check ") == "due now"


@pytest.mark.parametrize("path", ["/", "/services/hanging"])
def test_an_old_page_promises_no_next_check(open_page: OpenPage, hanging: Fleet, path: str) -> None:
    hanging.sweep(interval_seconds=1)
    page = open_page(path)
    promise = page.get_by_text("next check")
    expect(promise.first).to_be_attached()

    expect(page.locator("[data-connection]")).to_contain_text("Stale since")

    expect(page.get_by_text("No answer in time").first).to_be_visible()
    expect(promise.first).to_be_hidden()


@pytest.mark.usefixtures("maintained")
def test_who_is_probed_in_every_sweep_says_nothing_of_the_next(open_page: OpenPage) -> None:
    page = open_page("/services/calm")
    expect(page.locator("[data-connection]")).to_have_text("Live")

    expect(fact(page, "Next check")).to_be_hidden()


def fact(page: Page, term: str) -> Locator:
    return page.locator(".facts div").filter(has_text=term).locator("dd")
