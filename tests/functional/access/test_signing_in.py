"""How a person with a read key gets to the pages, and out again."""

import re
from http.cookies import Morsel
from typing import Any

import pytest
import time_machine
from django.test import Client
from websockets.asyncio.client import connect

from tests.functional.access.conftest import GOOD, NEVER_MADE, OTHER, Cupboard
from tests.functional.api.conftest import URL, Publish
from tests.functional.live.conftest import Newsroom
from tests.functional.live.serving import serving, streaming

PAGES = ["/", "/?period=1h", "/services/websocket-ingestion"]


def signed_in(*, next_page: str = "/", key: str = GOOD, **options: Any) -> tuple[Client, Any]:
    """Fill in the form as a browser does, and return the browser and the answer."""
    browser = Client(enforce_csrf_checks=True)
    page = browser.get("/sign-in", **options).content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    fields = {"csrfmiddlewaretoken": found[1], "key": key, "next": next_page}
    return browser, browser.post("/sign-in", fields, **options)


def cookie(response: Any) -> Morsel:
    found: Morsel = response.cookies["realtime_read"]
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_sees_the_way_in_and_nothing_else(cupboard: Cupboard, publish: Publish, page: str) -> None:
    publish()

    response = Client().get(page)

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    html = response.content.decode()
    assert 'action="/sign-in"' in html
    assert f'name="next" value="{page}"' in html
    assert "enrichment-pipeline" not in html
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "Refresh" not in response


def test_a_key_is_traded_once_for_a_cookie_that_opens_everything(cupboard: Cupboard, publish: Publish) -> None:
    publish()

    browser, response = signed_in(next_page="/services/influxdb?period=1h")

    assert response.status_code == 303
    assert response["Location"] == "/services/influxdb?period=1h"
    for url in (*PAGES, URL, f"{URL}/history?metric=error_rate"):
        assert browser.get(url).status_code == 200
    assert "Sign out" in browser.get("/").content.decode()


def test_the_cookie_is_for_this_site_alone_holds_no_key_and_ends(cupboard: Cupboard) -> None:
    given = cookie(signed_in()[1])

    assert given["httponly"] is True
    assert given["samesite"] == "Strict"
    assert given["max-age"] == 30 * 24 * 3600
    assert not given["secure"]
    assert GOOD not in given.value
    assert cupboard.digests["0123456789ab"][:16] not in given.value


def test_under_tls_the_cookie_is_secure(cupboard: Cupboard, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True

    assert cookie(signed_in()[1])["secure"] is True


@pytest.mark.parametrize("key", ["", "x", NEVER_MADE, OTHER])
def test_another_key_is_refused_without_a_cookie(cupboard: Cupboard, key: str) -> None:
    _, response = signed_in(key=key)

    assert response.status_code == 403
    assert "unknown or revoked" in response.content.decode()
    assert "realtime_read" not in response.cookies
    assert not key or len(key) < 9 or key not in response.content.decode()


def test_a_form_of_another_site_signs_nobody_in(cupboard: Cupboard) -> None:
    response = Client(enforce_csrf_checks=True).post("/sign-in", {"key": GOOD})

    assert response.status_code == 403
    assert "realtime_read" not in response.cookies


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:a()"])
def test_signing_in_leads_to_no_other_site(cupboard: Cupboard, target: str) -> None:
    _, response = signed_in(next_page=target)

    assert response["Location"] == "/"


def test_the_cookie_ends_with_its_key(cupboard: Cupboard, publish: Publish) -> None:
    publish()
    browser, _ = signed_in()
    cupboard.revoke(GOOD)
    cupboard.publish()
    cupboard.ring.look()

    assert browser.get("/").status_code == 401
    assert browser.get(URL).json()["code"] == "authentication_failed"


def test_the_cookie_ends_when_its_key_is_replaced(cupboard: Cupboard, publish: Publish) -> None:
    publish()
    browser, _ = signed_in()
    cupboard.make(NEVER_MADE)  # the same public id, another secret
    cupboard.publish()
    cupboard.ring.look()

    assert browser.get("/").status_code == 401


def test_the_cookie_ends_after_thirty_days_also_in_a_browser_that_keeps_it(
    cupboard: Cupboard, publish: Publish
) -> None:
    publish()
    browser, _ = signed_in()
    held = browser.cookies["realtime_read"].value
    cupboard.ring.stop()
    with time_machine.travel("2036-01-01", tick=True):
        late = Client()
        late.cookies["realtime_read"] = held
        assert late.get("/").status_code == 401


def test_signing_out_forgets_the_cookie_but_only_when_asked_to(cupboard: Cupboard, publish: Publish) -> None:
    publish()
    browser, _ = signed_in()
    page = browser.get("/sign-out").content.decode()
    assert browser.get("/").status_code == 200
    assert browser.post("/sign-out").status_code == 403
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]

    response = browser.post("/sign-out", {"csrfmiddlewaretoken": token})

    assert response.status_code == 303
    assert browser.get("/").status_code == 401


def test_a_link_on_another_site_is_followed_once_more_with_the_cookie(cupboard: Cupboard) -> None:
    assert Client(headers={"Sec-Fetch-Site": "cross-site"}).get("/")["Refresh"] == "0"


def test_pages_are_for_headers_too(cupboard: Cupboard, publish: Publish) -> None:
    publish()

    assert Client(headers={"Authorization": f"Bearer {GOOD}"}).get("/").status_code == 200


def test_while_nothing_of_ours_answers_the_page_says_so(cupboard: Cupboard, monkeypatch: pytest.MonkeyPatch) -> None:
    cupboard.is_away = True
    monkeypatch.setattr(cupboard, "ring", cupboard.new_ring())

    response = Client(headers={"X-API-Key": GOOD}).get("/")

    assert response.status_code == 503
    assert "read keys cannot be checked now" in response.content.decode()


async def test_the_cookie_opens_event_stream_and_websocket(cupboard: Cupboard, newsroom: Newsroom) -> None:
    newsroom.publish()
    _, response = signed_in()
    held = f"theme=dark; realtime_read={cookie(response).value}"
    async with serving() as port:
        async with streaming(port, Cookie=held) as stream:
            assert (await stream.event())["event"] == "snapshot"
        url = f"ws://127.0.0.1:{port}/ws/real-time-metrics"
        async with connect(url, proxy=None, additional_headers={"Cookie": held}) as socket:
            assert '"snapshot"' in str(await socket.recv())


def test_nobody_is_asked_to_sign_in_where_everyone_may_read(publish: Publish) -> None:
    publish()

    response = Client().get("/")

    assert response.status_code == 200
    assert "Sign out" not in response.content.decode()
