"""Who gets in under `key`: the same answer for REST, history, pages, event stream and WebSocket."""

from typing import Any

import pytest
import redis
from django.test import Client
from websockets.exceptions import InvalidStatus

from tests.functional.access.conftest import GOOD, NEVER_MADE, OTHER, Cupboard
from tests.functional.api.conftest import URL, Publish
from tests.functional.api.test_serving import commands, let_time_pass
from tests.functional.live.conftest import Newsroom
from tests.functional.live.serving import listening, requested, serving, streaming

HISTORY = f"{URL}/history?metric=error_rate"
BEARER = {"Authorization": f"Bearer {GOOD}"}
BAD = [
    {},
    {"Authorization": "Bearer"},
    {"Authorization": f"Bearer {NEVER_MADE}"},
    {"Authorization": f"Bearer {OTHER}"},
    {"Authorization": f"Bearer {GOOD[:-1]}"},
    {"Authorization": f"Basic {GOOD}"},
    {"Authorization": f"Bearer {GOOD}, Bearer {GOOD}"},
    {"Authorization": "Bearer \xff"},
    {"X-API-Key": OTHER},
    {"X-API-Key": GOOD, "Authorization": f"Bearer {OTHER}"},
    {"Cookie": f"realtime_read={GOOD}"},
    {"Cookie": "realtime_read=WyJhIiwiYiJd:1abcde:forged"},
]


@pytest.mark.parametrize("url", [URL, HISTORY])
@pytest.mark.parametrize("headers", BAD)
def test_a_stranger_is_answered_401_and_told_how_to_come(
    cupboard: Cupboard, publish: Publish, url: str, headers: dict[str, str]
) -> None:
    publish()

    response = Client(headers=headers).get(url)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="real-time metrics"'
    assert response["Cache-Control"] == "no-store"
    assert set(response.json()) == {"type", "title", "status", "detail", "code"}
    assert response.json()["code"] in ("not_authenticated", "authentication_failed")
    assert "websocket" not in response.content.decode()


@pytest.mark.parametrize("url", [URL, HISTORY])
@pytest.mark.parametrize("headers", [BEARER, {"Authorization": f"bearer  {GOOD}"}, {"X-API-Key": GOOD}])
def test_a_key_opens(cupboard: Cupboard, publish: Publish, url: str, headers: dict[str, str]) -> None:
    publish()

    response = Client(headers=headers).get(url)

    assert response.status_code == 200
    # A browser's own cache gives one person's answer to nobody else.
    assert response["Vary"] == "Accept, Accept-Encoding, Authorization, X-API-Key, Cookie"
    assert "private" in response["Cache-Control"]


@pytest.mark.parametrize("query", [f"?key={GOOD}", f"?api_key={GOOD}", f"?access_token={GOOD}"])
def test_a_key_in_an_address_opens_nothing(cupboard: Cupboard, publish: Publish, query: str) -> None:
    publish()

    assert Client().get(URL + query).status_code == 401


def test_every_audience_gets_the_same_document(cupboard: Cupboard, publish: Publish, settings: Any) -> None:
    publish()
    with_key = Client(headers=BEARER).get(URL).content

    settings.REALTIME = type(settings.REALTIME)()

    assert Client().get(URL).content == with_key


@pytest.mark.django_db
def test_a_request_with_a_key_asks_no_sql_and_one_round_trip_at_most(
    cupboard: Cupboard, publish: Publish, clean_store: redis.Redis, django_assert_num_queries: Any
) -> None:
    publish()
    cupboard.still()
    client = Client(headers=BEARER)
    clean_store.config_resetstat()

    with django_assert_num_queries(0):
        for _ in range(5):
            let_time_pass()
            assert client.get(URL).status_code == 200

    assert commands(clean_store) == {"eval_ro": 5}


def test_a_refused_request_asks_nothing_of_the_store(
    cupboard: Cupboard, publish: Publish, clean_store: redis.Redis
) -> None:
    publish()
    cupboard.still()
    clean_store.config_resetstat()

    assert Client(headers={"X-API-Key": OTHER}).get(URL).status_code == 401

    assert commands(clean_store) == {}


def test_who_may_read_cannot_be_told_while_nothing_of_ours_answers(
    cupboard: Cupboard, monkeypatch: pytest.MonkeyPatch, clean_store: redis.Redis
) -> None:
    cupboard.is_away = True
    monkeypatch.setattr(cupboard, "ring", cupboard.new_ring())

    response = Client(headers=BEARER).get(URL)

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response.json() == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "read keys cannot be checked now",
        "code": "store_unavailable",
    }


async def test_the_event_stream_says_when_to_come_again_while_who_may_read_cannot_be_told(
    cupboard: Cupboard, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    cupboard.is_away = newsroom.store.is_away = True
    monkeypatch.setattr(cupboard, "ring", cupboard.new_ring())
    async with serving() as port, requested(port, f"{URL}/stream", Authorization=f"Bearer {GOOD}") as stream:
        assert (stream.status, stream.headers["retry-after"]) == (503, "5")
        assert b"store_unavailable" in await stream.rest()


async def test_the_event_stream_is_for_readers(cupboard: Cupboard, newsroom: Newsroom) -> None:
    newsroom.publish()
    async with serving() as port:
        async with requested(port, f"{URL}/stream") as stream:
            assert stream.status == 401
            assert stream.headers["www-authenticate"] == 'Bearer realm="real-time metrics"'
            assert b"not_authenticated" in await stream.rest()
        async with streaming(port, Authorization=f"Bearer {GOOD}") as stream:
            assert (await stream.event())["event"] == "snapshot"


async def test_the_websocket_is_for_readers(cupboard: Cupboard, newsroom: Newsroom) -> None:
    newsroom.publish()
    async with serving() as port:
        with pytest.raises(InvalidStatus) as caught:
            async with listening(port):
                pass
        assert caught.value.response.status_code == 403
        async with listening(port, additional_headers={"X-API-Key": GOOD}) as client:
            assert (await client.next())["type"] == "snapshot"


async def test_open_connections_end_when_their_key_is_revoked(cupboard: Cupboard, newsroom: Newsroom) -> None:
    cupboard.make(OTHER)
    newsroom.publish()
    async with serving() as port:
        async with (
            listening(port, additional_headers=BEARER) as client,
            listening(port, additional_headers={"X-API-Key": OTHER}) as stays,
            streaming(port, Authorization=f"Bearer {GOOD}") as stream,
        ):
            await client.next()
            await stays.next()
            await stream.event()
            cupboard.revoke(GOOD)
            cupboard.publish()

            assert await client.closed() == (4401, "the right to read has ended")
            await stream.rest()
            newsroom.publish()
            assert (await stays.next())["type"] == "snapshot"
