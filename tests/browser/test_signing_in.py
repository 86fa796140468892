"""Under `key`, a person trades a read key for a cookie on the page; then everything is as it is for all."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, WebSocket, expect

from tests.browser.conftest import OpenPage
from tests.browser.fleet import Fleet, SmallService
from tests.browser.installation import Installation

WRONG_KEY = "rtm_000000000000_wrong"


@pytest.fixture
def key(site: Installation, fleet: Fleet) -> Iterator[str]:
    """A read key; without one, nobody reads."""
    made: str = site.order(make_key="wall")
    site.stop_web()
    site.start_web(REALTIME_READ_ACCESS="key")
    yield made
    site.stop_web()
    site.start_web()


@pytest.fixture
def service(fleet: Fleet) -> SmallService:
    service = fleet.add("numbers", {"status": "healthy", "turn": 0})
    fleet.sweep()
    return service


@pytest.fixture
def addresses() -> list[str]:
    """Every address that the browser asked."""
    return []


@pytest.fixture
def door(open_page: OpenPage, key: str, service: SmallService, addresses: list[str]) -> Page:
    """The page as a stranger meets it."""

    def note(asked: Request | WebSocket) -> None:
        addresses.append(asked.url)

    page = open_page("about:blank", may_complain=True)  # that it is closed at first goes to the console
    page.on("request", note)
    page.on("websocket", note)
    page.goto("/?period=15m")
    return page


def sign_in(page: Page, key: str) -> None:
    page.get_by_label("Read key").fill(key)
    page.get_by_role("button", name="Sign in").click()


def test_a_key_opens_the_page_and_its_websocket(
    door: Page, key: str, service: SmallService, fleet: Fleet, addresses: list[str]
) -> None:
    expect(door.get_by_role("heading", name="Sign in with a read key")).to_be_visible()
    expect(door.get_by_label("Read key")).to_be_focused()
    expect(door.get_by_text("numbers")).to_have_count(0)
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        complaints.append(message.text)

    door.on("console", complain)

    sign_in(door, key)

    expect(door.locator("[data-connection]")).to_have_text("Live")
    expect(door.locator(".switch [aria-current]")).to_have_text("15m")
    expect(door.locator("tr[data-service=numbers] .spark .line")).not_to_have_attribute("d", "")
    service.answer = {"status": "healthy", "turn": 1}
    fleet.sweep()
    expect(door.locator("tr[data-service=numbers] .c-readings")).to_have_text("turn 1")
    assert any("/ws/" in url for url in addresses)
    assert not [url for url in addresses if key in url]
    assert key not in door.content()
    assert complaints == []


def test_no_script_can_read_the_cookie_and_no_other_site_has_it_sent(door: Page, key: str) -> None:
    sign_in(door, key)
    expect(door.locator("[data-connection]")).to_have_text("Live")

    (cookie,) = [cookie for cookie in door.context.cookies() if cookie["name"] == "realtime_read"]

    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert key not in cookie["value"]
    assert "realtime_read" not in door.evaluate("document.cookie")


def test_a_wrong_key_is_told_plainly_and_the_right_one_still_opens(door: Page, key: str) -> None:
    sign_in(door, WRONG_KEY)

    expect(door.get_by_role("alert")).to_have_text("This read key is unknown or revoked.")
    expect(door.get_by_label("Read key")).to_have_value("")
    assert WRONG_KEY not in door.content()

    sign_in(door, key)

    expect(door.locator("[data-connection]")).to_have_text("Live")
    expect(door.locator(".switch [aria-current]")).to_have_text("15m")


def test_a_key_that_is_revoked_ends_what_it_opened(door: Page, key: str, site: Installation) -> None:
    sign_in(door, key)
    expect(door.locator("[data-connection]")).to_have_text("Live")

    site.order(revoke_key="wall")

    expect(door.locator("[data-connection]")).to_have_text("Sign in again")
    door.reload()
    expect(door.get_by_role("heading", name="Sign in with a read key")).to_be_visible()


def test_who_signs_out_is_a_stranger_again(door: Page, key: str) -> None:
    sign_in(door, key)
    door.get_by_role("link", name="Sign out").click()

    door.get_by_role("button", name="Sign out").click()

    expect(door.get_by_role("heading", name="Sign in with a read key")).to_be_visible()
    door.goto("/")
    expect(door.get_by_role("heading", name="Sign in with a read key")).to_be_visible()
