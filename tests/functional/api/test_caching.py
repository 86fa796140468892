"""The headers of caching: what a client may keep, how it asks again, and in which coding."""

import gzip
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.http import http_date, parse_http_date

from realtime.reporting.reader import process_reader
from realtime.reporting.responses import accepts_gzip
from realtime.store.client import StoreUnavailable
from realtime.store.snapshots import Store
from tests.functional.api.conftest import URL, Publish

IN_FUTURE = "Fri, 31 Dec 2100 23:59:59 GMT"


@pytest.fixture
def store_goes_away(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the reader find the store away from now on."""

    def away(*args: object, **options: object) -> None:
        raise StoreUnavailable("the store does not answer")

    def go() -> None:
        monkeypatch.setattr(Store, "read", away)
        process_reader()._asked_at = -1000.0

    return go


def test_an_answer_may_be_kept_for_one_interval_less_its_age(ask: Any, publish: Publish) -> None:
    publish(ago=timedelta(seconds=3.5))

    response = ask()

    assert response["Cache-Control"] == "private, max-age=5"
    assert response["Age"] == "3"


def test_a_stale_answer_is_not_kept(ask: Any, publish: Publish) -> None:
    publish(ago=timedelta(minutes=5))

    response = ask()

    assert response["Cache-Control"] == "no-cache"
    assert response["Age"] == "300"
    assert response["X-Cache"] == "STALE"


def test_the_second_answer_is_a_hit(ask: Any, publish: Publish) -> None:
    publish()

    assert [ask()["X-Cache"] for _ in range(3)] == ["MISS", "HIT", "HIT"]


def test_caches_keep_codings_and_media_types_apart(ask: Any, publish: Publish) -> None:
    publish()

    assert set(ask()["Vary"].replace(" ", "").split(",")) >= {"Accept", "Accept-Encoding"}


def test_the_date_is_that_of_the_snapshot(ask: Any, publish: Publish) -> None:
    publish()

    response = ask()

    timestamp = response.json()["timestamp"]
    assert timestamp.startswith("20")
    assert http_date(parse_http_date(response["Last-Modified"])) == response["Last-Modified"]


def test_the_etag_is_strong_and_of_its_own_for_each_coding(ask: Any, publish: Publish) -> None:
    publish()

    plain, compressed = ask()["ETag"], ask(headers={"Accept-Encoding": "gzip"})["ETag"]

    assert plain != compressed
    assert plain.startswith('"')
    assert compressed.startswith('"')


def test_period_staleness_and_error_are_part_of_the_etag(ask: Any, publish: Publish, store_goes_away: Any) -> None:
    publish()
    tags = {ask()["ETag"], ask(period="1h")["ETag"]}
    store_goes_away()
    tags.add(ask()["ETag"])

    assert len(tags) == 3


def test_the_etag_holds_as_long_as_the_snapshot(ask: Any, publish: Publish) -> None:
    publish()
    first = ask()["ETag"]
    assert ask()["ETag"] == first

    publish()

    assert ask()["ETag"] != first


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*", '"a","b" , W/{}'])
def test_who_has_the_answer_gets_304(ask: Any, publish: Publish, form: str) -> None:
    publish()
    etag = ask()["ETag"]

    response = ask(headers={"If-None-Match": form.format(etag)})

    assert response.status_code == 304
    assert response.content == b""
    assert response["ETag"] == etag
    assert response["Cache-Control"] == "private, max-age=5"
    assert "Accept-Encoding" in response["Vary"]
    assert response["Age"].isdecimal()
    assert response["X-Cache"] == "HIT"
    assert "Content-Encoding" not in response


@pytest.mark.parametrize("form", ['"other"', "other", "", 'W/"other"'])
def test_who_has_another_answer_gets_this_one(ask: Any, publish: Publish, form: str) -> None:
    publish()

    assert ask(headers={"If-None-Match": form}).status_code == 200


def test_the_etag_of_one_coding_does_not_stand_for_the_other(ask: Any, publish: Publish) -> None:
    publish()
    plain = ask()["ETag"]

    assert ask(headers={"If-None-Match": plain, "Accept-Encoding": "gzip"}).status_code == 200


def test_a_date_is_enough_for_304(ask: Any, publish: Publish) -> None:
    publish()
    modified = ask()["Last-Modified"]

    assert ask(headers={"If-Modified-Since": modified}).status_code == 304
    assert ask(headers={"If-Modified-Since": http_date(parse_http_date(modified) - 1)}).status_code == 200


def test_the_etag_counts_more_than_the_date(ask: Any, publish: Publish) -> None:
    publish()

    assert ask(headers={"If-Modified-Since": IN_FUTURE, "If-None-Match": '"other"'}).status_code == 200


def test_a_date_counts_for_nothing_once_the_answer_is_stale(ask: Any, publish: Publish) -> None:
    publish(ago=timedelta(minutes=5))

    response = ask(headers={"If-Modified-Since": IN_FUTURE})

    assert response.status_code == 200
    assert ask(headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_a_date_counts_for_nothing_while_the_store_is_away(ask: Any, publish: Publish, store_goes_away: Any) -> None:
    publish()
    ask()
    store_goes_away()

    response = ask(headers={"If-Modified-Since": IN_FUTURE})

    assert response.status_code == 200
    assert response.json()["error"]["code"] == "store_unavailable"


def test_503_is_never_answered_with_304(ask: Any) -> None:
    assert ask(headers={"If-None-Match": "*", "If-Modified-Since": IN_FUTURE}).status_code == 503


def test_who_wants_another_version_is_refused_in_the_usual_shape(ask: Any, publish: Publish) -> None:
    publish()

    response = ask(headers={"If-Match": '"other"'})

    assert response.status_code == 412
    assert response.json()["code"] == "precondition_failed"
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("headers", [{}, {"Accept-Encoding": "gzip"}])
def test_head_has_the_headers_of_get_and_no_body(publish: Publish, headers: dict[str, str]) -> None:
    publish()
    client = Client(headers=headers)
    client.get(URL)

    got, head = client.get(URL), client.head(URL)

    assert head.status_code == 200
    assert head.content == b""
    assert dict(head.items()) == dict(got.items())


def test_a_compressed_answer_is_the_same_answer(ask: Any, publish: Publish) -> None:
    publish()

    response = ask(headers={"Accept-Encoding": "gzip, br"})

    assert response["Content-Encoding"] == "gzip"
    assert int(response["Content-Length"]) == len(response.content)
    assert gzip.decompress(response.content) == ask().content


def test_503_is_compressed_too(ask: Any) -> None:
    response = ask(headers={"Accept-Encoding": "gzip"})

    assert response.status_code == 503
    assert gzip.decompress(response.content).startswith(b"{")


@pytest.mark.parametrize(
    ("accept_encoding", "is_accepted"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("br, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=0, *", False),
        ("*", True),
        ("*;q=0", False),
        ("br", False),
        ("identity", False),
        ("identity, gzip", True),
        ("identity;q=1, gzip;q=0.5", False),
        ("identity;q=0.5, *;q=0.8", True),
        ("gzip;q=nonsense", True),
        (",;,", False),
    ],
)
def test_gzip_is_sent_to_those_who_take_it(accept_encoding: str, is_accepted: bool) -> None:
    assert accepts_gzip(accept_encoding) is is_accepted
