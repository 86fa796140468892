"""A service's own page: its history, its failures by kind and its status changes, all of it kept current."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import OpenPage
from tests.browser.fleet import Fleet, SmallService

DRAWN = re.compile("M")


@pytest.fixture
def service(fleet: Fleet) -> SmallService:
    service = fleet.add(
        "mortal", {"status": "healthy", "depth": 7}, readings=[{"name": "depth", "expression": "depth"}]
    )
    fleet.add("other")
    fleet.sweep()
    return service


@pytest.fixture
def page(open_page: OpenPage, service: SmallService) -> Page:
    page = open_page("about:blank")
    page.clock.install()
    with page.expect_response(lambda response: "metric=depth" in response.url):  # the last of its histories
        page.goto("/services/mortal")
    expect(page.locator("[data-connection]")).to_have_text("Live")
    expect(page.locator("[data-metric=response_time_ms] .line")).to_have_attribute("d", DRAWN)
    return page


def test_a_death_is_told_with_its_reason_and_kept_among_the_changes(
    page: Page, service: SmallService, fleet: Fleet
) -> None:
    service.die()
    fleet.sweep()

    expect(page).to_have_title("mortal: Error – Health Dashboard")
    expect(page.locator("[data-failure]")).to_contain_text("Could not connect")
    expect(page.locator("[data-f=kinds] div")).to_have_text("Could not connect1")
    expect(page.locator("[data-f=changes] li")).to_contain_text("Healthy → Error: connection refused")
    chart = page.get_by_role("img", name=re.compile("^Response time: .*failed probes in 1 of 30 parts"))
    expect(chart.locator(".marks")).to_have_attribute("d", DRAWN)
    expect(page.locator("[data-metric=response_time_ms]").get_by_text("failed probes")).to_be_visible()

    service.start()
    fleet.sweep()

    expect(page.locator("[data-failure]")).to_be_hidden()
    expect(page.locator("[data-f=changes] li").first).to_contain_text("Error → Healthy")


def test_failures_go_on_being_counted(page: Page, service: SmallService, fleet: Fleet) -> None:
    service.die()
    fleet.sweep()
    expect(page.locator("[data-f=kinds] dd")).to_have_text("1")

    page.clock.fast_forward(16_000)
    fleet.sweep()

    expect(page.locator("[data-f=kinds] dd")).to_have_text("2")


def test_every_registered_reading_has_a_chart_of_its_own(page: Page) -> None:
    expect(page.locator(".chart h2")).to_have_text(["Response time", "Error rate", "Depth"])
    expect(page.get_by_role("img", name="Depth: last 7, lowest 7, highest 7")).to_be_visible()


def test_another_period_asks_for_the_history_of_this_service_alone(page: Page) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)

    with page.expect_response(lambda response: "metric=depth" in response.url and "period=1h" in response.url):
        page.get_by_role("link", name="1h").click()

    # As sets: a busy store may have one asked for again.
    histories = {urlsplit(url).query for url in asked if "/history?" in url}
    metrics = ("response_time_ms", "error_rate", "depth")
    assert histories == {f"metric={metric}&period=1h&service=mortal" for metric in metrics}


@pytest.mark.parametrize("has_script", [True, False])
def test_what_is_not_known_any_more_is_not_called_healthy(open_page: OpenPage, fleet: Fleet, has_script: bool) -> None:
    fleet.add("steady")
    fleet.sweep(interval_seconds=1)
    page = open_page("/services/steady", java_script_enabled=has_script)

    expect(page).to_have_title("steady: not up to date – Health Dashboard")
    expect(page.locator("[data-icon]")).to_have_attribute("href", re.compile(r"/unknown(\.\w+)?\.svg$"))
    expect(page.locator("[data-hero]")).to_have_attribute("data-status", "unknown")
    expect(page.locator("[data-f=icon]")).to_have_attribute("href", "#i-unknown")
    expect(page.locator("[data-f=status]")).to_have_text("Not up to date, last known: Healthy")

    fleet.sweep()

    expect(page).to_have_title("steady: Healthy – Health Dashboard")
    expect(page.locator("[data-icon]")).to_have_attribute("href", re.compile(r"/healthy(\.\w+)?\.svg$"))
    expect(page.locator("[data-hero]")).to_have_attribute("data-status", "healthy")


def test_a_service_that_was_removed_is_said_to_be_gone(page: Page, fleet: Fleet) -> None:
    fleet.remove("mortal")
    fleet.sweep()

    expect(page.get_by_text("The last sweep does not know this service any more.")).to_be_visible()
