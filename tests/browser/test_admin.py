"""The admin as an operator uses it: the list fits the screen, and maintenance is planned in two clear ways."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.fleet import Fleet
from tests.browser.installation import Installation

LIST = "/admin/realtime/service/"
PASSWORD = "correct horse battery staple"
Operator = Callable[..., Page]


@pytest.fixture
def operator(site: Installation, fleet: Fleet, open_page: OpenPage) -> Operator:
    """Open a page of the admin, signed in."""
    site.order(make_operator="operator", password=PASSWORD)

    def open_signed_in(path: str, *, width: int = 1280) -> Page:
        page = open_page(f"/admin/login/?next={path}", viewport={"width": width, "height": 900})
        page.get_by_label("Username").fill("operator")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(f"**{path}")
        return page

    return open_signed_in


@pytest.fixture
def services(fleet: Fleet) -> None:
    """Services with much to say: long names, a word that nobody knows, readings that cannot be read."""
    readings = [{"name": "queue_depth", "expression": "queue"}, {"name": "lag_seconds", "expression": "lag"}]
    fleet.add("a_long_name_without_any_hyphen_in_it", {"status": "QUIESCED"}, group="middleware", type="datastore")
    fleet.add("readings-that-fail", {"status": "degraded"}, readings=readings, group="ingestion")
    fleet.add("no-answer", verify_tls=False).die()
    fleet.sweep()


def box(of: Locator) -> FloatRect:
    found = of.bounding_box()
    assert found is not None
    return found


def is_within(inner: FloatRect, outer: FloatRect) -> bool:
    return outer["x"] <= inner["x"] and inner["x"] + inner["width"] <= outer["x"] + outer["width"]


def test_every_column_of_the_list_is_in_sight_at_1280_px(operator: Operator, services: None) -> None:
    page = operator(LIST)
    table = box(page.locator("#changelist-form .results"))

    headings = page.locator("#result_list thead th")
    expect(headings).to_have_count(10)
    assert [heading.inner_text() for heading in headings.all() if not is_within(box(heading), table)] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_the_button_for_a_new_service_leaves_the_banner_free(operator: Operator, services: None) -> None:
    page = operator(LIST)

    button, banner = box(page.get_by_role("link", name="Add service")), box(page.locator(".rt-banner"))

    assert button["y"] + button["height"] <= banner["y"]


def test_a_small_screen_shows_everything_of_a_service(operator: Operator, services: None) -> None:
    page = operator(LIST, width=390)
    row = page.locator("#result_list tbody tr").first

    expect(row).to_contain_text("“QUIESCED” is not a known status word")
    for cell in row.locator(":scope > :not(.field-reason)").all():
        assert is_within(box(cell), {"x": 0, "y": 0, "width": 390, "height": 0}), cell.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.fixture
def window(operator: Operator, fleet: Fleet) -> Locator:
    """A new maintenance window on the page of a service."""
    fleet.add("numbers")
    page = operator(LIST)
    page.get_by_role("link", name="numbers").click()
    page.get_by_text("Add another Maintenance window").click()
    return page.locator("#maintenance_windows-0")


def save(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Save and continue editing").first.click()


def test_a_window_for_the_next_hour_takes_one_click(window: Locator) -> None:
    window.get_by_role("button", name="1 hour from now").click()
    begins, ends = (
        datetime.fromisoformat(window.get_by_label(label).input_value()) for label in ("From (UTC)", "Until (UTC)")
    )
    save(window.page)

    assert timedelta(hours=1) <= ends - begins <= timedelta(hours=1, minutes=2)
    expect(window.get_by_role("heading")).to_contain_text(f"{begins:%Y-%m-%d %H:%M} to {ends:%Y-%m-%d %H:%M} UTC")


def test_each_way_to_plan_maintenance_shows_its_own_fields(window: Locator) -> None:
    expect(window.get_by_label("From (UTC)")).to_be_visible()
    expect(window.get_by_label("Time zone")).to_be_hidden()

    window.get_by_label("Every week").check()

    expect(window.get_by_label("From (UTC)")).to_be_hidden()
    expect(window.get_by_label("Time zone")).to_be_visible()


def test_a_weekly_window_is_chosen_and_its_mistake_is_said_once(window: Locator) -> None:
    window.get_by_label("Every week").check()
    window.get_by_label("Sat").check()
    window.get_by_label("From:", exact=True).fill("22:00")
    window.get_by_label("Until:", exact=True).fill("02:30")
    window.get_by_label("Time zone").select_option("Europe/Berlin")
    save(window.page)
    expect(window.locator(".errorlist")).to_have_text(
        ["“Until” must be later than “From”, or “Ends on” must be a later day."]
    )

    window.get_by_label("Ends on").select_option("the next day")
    save(window.page)

    expect(window.get_by_role("heading")).to_contain_text("sat at 22:00 for 270 min, Europe/Berlin")
