"""What a viewer can choose: period, search, filters and pace; all of it stays in the address."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.fleet import Fleet


@pytest.fixture
def page(open_page: OpenPage, fleet: Fleet) -> Page:
    fleet.add("north", group="a")
    fleet.add("south", group="b")
    fleet.add("broken", {"status": "down"}, group="b")
    fleet.sweep()
    page = open_page("/")
    expect(page.locator("[data-connection]")).to_have_text("Live")
    return page


def names(page: Page) -> object:
    return page.locator("tbody tr .c-name a")


def test_another_period_is_compared_without_a_reload(page: Page) -> None:
    page.evaluate("window.kept = 1")

    with page.expect_websocket(lambda socket: "period=1h" in socket.url):
        with page.expect_response(lambda response: "metric=error_rate" in response.url and "period=1h" in response.url):
            page.get_by_role("link", name="1h").click()

    expect(page.locator("#figures")).to_contain_text("The last hour")
    expect(page.locator(".switch [aria-current]")).to_have_text("1h")
    expect(page).to_have_url(re.compile("period=1h"))
    expect(page.locator("[data-connection]")).to_have_text("Live")
    assert page.evaluate("window.kept") == 1


def test_every_link_keeps_the_chosen_period(page: Page) -> None:
    page.get_by_role("link", name="1h").click()
    json_link = page.get_by_role("link", name="These numbers as JSON")

    expect(json_link).to_have_attribute("href", re.compile(r"\?period=1h$"))
    expect(page.get_by_role("link", name="Health Dashboard")).to_have_attribute("href", re.compile(r"/\?period=1h$"))
    page.get_by_role("link", name="north").click()
    expect(page.locator(".switch [aria-current]")).to_have_text("1h")


def test_the_way_back_from_a_service_leads_to_the_table_as_it_was(page: Page) -> None:
    page.get_by_label("Group", exact=True).select_option("b")
    page.get_by_label("Update").select_option("30")
    page.get_by_role("link", name="south").click()
    expect(page.locator("[data-connection]")).to_have_text("Live")
    page.get_by_role("link", name="15m").click()

    page.get_by_role("link", name="All services").click()

    expect(page.locator("tbody tr .c-name a")).to_have_text(["broken", "south"])
    expect(page.get_by_label("Update")).to_have_value("30")
    expect(page.locator(".switch [aria-current]")).to_have_text("15m")


def test_search_looks_in_names_and_groups(page: Page) -> None:
    page.get_by_label("Search").fill("NOR")
    expect(page.locator("tbody tr .c-name a")).to_have_text(["north"])

    page.get_by_label("Search").fill("nothing like it")
    expect(page.get_by_text("No service matches.")).to_be_visible()

    page.get_by_role("link", name="Show all", exact=True).click()
    expect(page.locator("tbody tr .c-name a")).to_have_count(3)


def test_group_and_status_filter_together(page: Page) -> None:
    page.get_by_label("Group", exact=True).select_option("b")
    expect(page.locator("tbody tr .c-name a")).to_have_text(["broken", "south"])

    page.get_by_label("Status", exact=True).select_option("healthy")
    expect(page.locator("tbody tr .c-name a")).to_have_text(["south"])
    expect(page).to_have_url(re.compile("group=b&status=healthy"))

    page.reload()
    expect(page.locator("[data-connection]")).to_have_text("Live")
    expect(page.locator("tbody tr .c-name a")).to_have_text(["south"])


def test_a_count_filters_by_its_status_and_once_more_takes_it_off(page: Page) -> None:
    count = page.locator("[data-count=unhealthy]")

    count.click()
    expect(page.locator("tbody tr .c-name a")).to_have_text(["broken"])
    expect(count).to_have_attribute("aria-current", "true")

    count.click()
    expect(page.locator("tbody tr .c-name a")).to_have_count(3)


def test_a_slower_pace_thins_what_the_server_sends(page: Page) -> None:
    with page.expect_websocket(lambda socket: "interval=30" in socket.url):
        page.get_by_label("Update").select_option("30")

    expect(page.locator("[data-connection]")).to_have_text("Live")
    expect(page).to_have_url(re.compile("interval=30"))


def test_a_choice_stays_when_news_arrives(page: Page, fleet: Fleet) -> None:
    page.get_by_label("Search").fill("o")
    page.get_by_label("Group", exact=True).select_option("b")
    fleet.add("lookout", group="b")
    fleet.sweep()

    expect(page.locator("tbody tr .c-name a")).to_have_text(["broken", "south", "lookout"])
