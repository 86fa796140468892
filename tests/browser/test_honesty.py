"""What a page claims: ages from now, means that are called means, nothing that nobody registered, no wide page."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.fleet import CALM_SECONDS, Fleet

LIVE = "[data-connection]"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def open_with_a_clock(open_page: OpenPage, path: str) -> Page:
    page = open_page("about:blank")
    page.clock.install()
    page.goto(path)
    expect(page.locator(LIVE)).to_have_text("Live")
    return page


def test_ages_go_on_counting_without_news(open_page: OpenPage, fleet: Fleet) -> None:
    fleet.add("steady")
    fleet.sweep()
    page = open_with_a_clock(open_page, "/")
    row = page.locator("tr[data-service=steady]")
    expect(row.locator("[data-f=success]")).to_have_text("just now")

    page.clock.fast_forward(94_000)

    expect(row.locator("[data-f=success]")).to_have_text(re.compile("^1.min ago"))
    expect(row.locator("[data-f=since]")).to_have_text(re.compile("^healthy for 1.min"))


def test_a_stale_page_claims_nothing_for_the_present(open_page: OpenPage, fleet: Fleet) -> None:
    fleet.add("steady")
    fleet.sweep()
    page = open_with_a_clock(open_page, "/")
    expect(page.locator("[data-f=figures]")).to_have_text("The last 5 minutes, compared with the 5 minutes before")

    page.clock.fast_forward(1000 * (2 * CALM_SECONDS + 30))

    expect(page.locator("h1")).to_have_text("Not up to date")
    expect(page.locator("[data-f=detail]")).to_have_text(re.compile("^Last known: 1 of 1 API active"))
    expect(page.locator("[data-f=figures]")).to_have_text(re.compile("^The 5 minutes until .*, compared with"))
    expect(page.locator("tr[data-service=steady] [data-f=since]")).to_be_hidden()


def test_failures_earlier_in_the_period_are_told_beside_all_healthy(open_page: OpenPage, fleet: Fleet) -> None:
    mortal = fleet.add("mortal")
    mortal.die()
    fleet.sweep()
    mortal.start()
    fleet.sweep()

    page = open_page("/")

    expect(page.locator(LIVE)).to_have_text("Live")
    expect(page.locator("h1")).to_have_text("The service is healthy")
    expect(page.locator("[data-f=detail]")).to_have_text(re.compile("50.% of all probes in the last 5 minutes failed$"))
    expect(page.locator("[data-metric=error_rate] h3")).to_have_text("Error rate last 5 minutes")
    expect(page.locator("[data-metric=api_calls_active] h3")).to_have_text("Active APIs now")


@pytest.mark.parametrize("has_script", [True, False])
def test_what_nothing_is_registered_for_is_not_shown(open_page: OpenPage, fleet: Fleet, has_script: bool) -> None:
    fleet.add("plain")
    fleet.sweep()

    page = open_page("/", java_script_enabled=has_script)

    expect(page.locator("[data-metric=error_rate]")).to_be_visible()
    for nothing in ("[data-metric=events_per_second]", "[data-f=sources-box]", "[data-f=groups]"):
        expect(page.locator(nothing)).to_be_hidden()


def test_what_is_registered_later_appears(open_page: OpenPage, fleet: Fleet) -> None:
    fleet.add("plain")
    fleet.sweep()
    page = open_page("/")
    expect(page.locator(LIVE)).to_have_text("Live")

    reading = {"name": "events_per_second", "expression": "rate", "counts_toward": "events_per_second"}
    fleet.add("ingestion", {"status": "healthy", "rate": 4}, readings=[reading], group="intake")
    fleet.sweep()

    expect(page.locator("[data-metric=events_per_second] .value")).to_contain_text("4/s")
    expect(page.locator("[data-group=intake]")).to_have_text(re.compile("intake\\s+1 service"))


def test_a_group_says_how_it_is_and_filters(open_page: OpenPage, fleet: Fleet) -> None:
    fleet.add("north", group="a")
    fleet.add("south", {"status": "down"}, group="b")
    fleet.sweep()
    page = open_page("/")
    expect(page.locator(LIVE)).to_have_text("Live")
    group = page.locator("[data-group=b]")
    expect(group).to_have_text(re.compile("b\\s+1 of 1 failing"))

    group.click()
    expect(page.locator("tbody tr .c-name a")).to_have_text(["south"])
    expect(group).to_have_attribute("aria-current", "true")

    group.click()
    expect(page.locator("tbody tr .c-name a")).to_have_count(2)


@pytest.mark.parametrize("has_script", [True, False])
def test_every_status_but_healthy_says_why(open_page: OpenPage, fleet: Fleet, has_script: bool) -> None:
    fleet.add("slowing", {"status": "warning"})
    fleet.sweep()

    page = open_page("/", java_script_enabled=has_script)

    expect(page.locator("tr[data-service=slowing] .c-error")).to_contain_text("the service reports “warning”")


def test_the_last_changes_are_listed_with_their_reasons(open_page: OpenPage, fleet: Fleet) -> None:
    mortal = fleet.add("mortal")
    fleet.sweep()
    page = open_page("/")
    expect(page.locator(LIVE)).to_have_text("Live")
    expect(page.locator("[data-f=changes-box]")).to_be_hidden()

    mortal.die()
    fleet.sweep()

    change = page.locator("[data-f=changes] li")
    expect(change).to_have_text(re.compile("just now\\s*mortal\\s*Healthy → Error\\s*connection refused"))


@pytest.mark.parametrize("has_script", [True, False])
def test_a_verdict_says_what_it_rests_on(open_page: OpenPage, fleet: Fleet, has_script: bool) -> None:
    fleet.add("strange", {"status": "quiescent"})
    fleet.sweep()

    page = open_page("/services/strange", java_script_enabled=has_script)

    words = "Judged by HTTP status alone; the word “quiescent” in its answer is not known"
    expect(page.locator("[data-f=evidence]")).to_have_text(words)


def test_a_chart_of_failed_probes_says_that_they_have_no_response_time(open_page: OpenPage, fleet: Fleet) -> None:
    fleet.add("dead").die()
    fleet.sweep()

    page = open_page("/services/dead")

    chart = page.locator("[data-metric=response_time_ms]")
    expect(chart.locator("[data-f=readout]")).to_have_text("no answer in this period")
    expect(chart.get_by_text("failed probes")).to_be_visible()


def test_a_service_page_has_one_present_response_time_and_calls_the_mean_a_mean(
    open_page: OpenPage, fleet: Fleet
) -> None:
    fleet.add("steady")
    fleet.sweep()

    page = open_page("/services/steady")

    expect(page.locator("[data-metric=response_time_ms] [data-f=readout]")).to_have_text(re.compile("^mean .*ms$"))
    expect(page.locator("dt", has_text="Last response")).to_have_count(1)


@pytest.mark.parametrize("colour_scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/services/a-name-as-long-as-names-of-services-may-well-be"])
def test_a_narrow_window_shows_everything(open_page: OpenPage, fleet: Fleet, path: str, colour_scheme: Any) -> None:
    long_name = path.rpartition("/")[2] or "plain"
    fleet.add(long_name, {"status": "healthy", "requests_per_second": 1e9}, group="a-group-with-a-rather-long-name")
    fleet.add("dead", group="b").die()
    fleet.sweep()

    page = open_page(path, viewport={"width": 320, "height": 640}, color_scheme=colour_scheme)

    expect(page.locator(LIVE)).to_have_text("Live")
    assert page.evaluate(OVERFLOW) == 0
