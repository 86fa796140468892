"""Slices, `fail_on`, the index of the API, and the form of errors: whatever is asked, totals never change."""

from typing import Any

import pytest
from django.test import Client

from realtime.core.records import Status
from realtime.reporting import reader
from realtime.reporting.reader import process_reader
from tests.functional.api.conftest import URL, Publish

ENTRIES = ("api_metrics", "other_services")


def names(data: dict[str, Any]) -> list[str]:
    return [entry["service"] for field in ENTRIES for entry in data[field]]


def totals(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in ENTRIES}


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"service": "influxdb"}, ["influxdb"]),
        ({"service": "influxdb,enrichment-pipeline"}, ["enrichment-pipeline", "influxdb"]),
        ({"status": "error"}, ["enrichment-pipeline"]),
        ({"status": "error,healthy"}, ["websocket-ingestion", "enrichment-pipeline", "influxdb"]),
        ({"status": "error", "service": "influxdb"}, []),
        ({"group": ""}, ["websocket-ingestion", "enrichment-pipeline", "influxdb"]),
        ({"fields": "summary"}, []),
        ({"fields": "all"}, ["websocket-ingestion", "enrichment-pipeline", "influxdb"]),
    ],
)
def test_a_slice_selects_entries_and_changes_no_total(
    ask: Any, publish: Publish, query: dict[str, str], shown: list[str]
) -> None:
    publish(enrichment_pipeline=Status.ERROR)
    whole = ask().json()

    response = ask(**query)

    assert response.status_code == 200
    assert names(response.json()) == shown
    assert totals(response.json()) == totals(whole)


def test_brief_entries_have_everything_but_their_comparison(ask: Any, publish: Publish) -> None:
    publish()
    whole = ask().json()

    brief = ask(fields="brief").json()

    for field in ENTRIES:
        assert brief[field] == [
            {name: value for name, value in entry.items() if name != "comparison"} for entry in whole[field]
        ]


@pytest.mark.parametrize("field", ["service", "group"])
def test_a_name_that_is_not_in_the_snapshot_is_not_found(ask: Any, publish: Publish, field: str) -> None:
    publish()

    response = ask(**{field: "nobody"})

    assert (response.status_code, response["Cache-Control"]) == (404, "no-store")
    assert (response.json()["code"], response.json()["field"]) == ("not_found", field)
    assert "'nobody'" in response.json()["detail"]


def test_without_a_snapshot_503_comes_before_unknown_names(ask: Any, store: object) -> None:
    response = ask(service="nobody")

    assert response.status_code == 503
    assert response.json()["error"]["code"] == "no_snapshot"


def test_each_slice_has_an_etag_of_its_own_and_is_made_once(ask: Any, publish: Publish) -> None:
    publish()
    queries: tuple[dict[str, str], ...] = ({}, {"fields": "brief"}, {"service": "influxdb"}, {"fields": "summary"})

    first = [ask(**query) for query in queries]
    again = [ask(**query) for query in queries]

    assert len({response["ETag"] for response in first}) == len(queries)
    assert [response["X-Cache"] for response in again] == ["HIT"] * len(queries)
    for response, query in zip(first, queries, strict=True):
        assert Client().get(URL, query, headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_no_more_slices_are_kept_than_fit(ask: Any, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_SLICES", 2)
    publish()
    ask()

    for service in ("influxdb", "enrichment-pipeline", "websocket-ingestion"):
        ask(service=service)

    for service in ("websocket-ingestion", "enrichment-pipeline"):
        assert ask(service=service)["X-Cache"] == "HIT"
    assert ask(service="influxdb")["X-Cache"] == "MISS"
    assert ask()["X-Cache"] == "HIT"
    assert len(process_reader()._rendered) == 3


@pytest.mark.parametrize(
    ("status", "fail_on", "code"),
    [
        (Status.HEALTHY, "degraded", 200),
        (Status.DEGRADED, "degraded", 503),
        (Status.DEGRADED, "unhealthy", 200),
        (Status.UNHEALTHY, "unhealthy", 503),
        (Status.UNHEALTHY, "error", 200),
        (Status.ERROR, "error", 503),
        (Status.UNKNOWN, "error", 503),
    ],
)
def test_fail_on_turns_a_roll_up_that_bad_into_503(
    ask: Any, publish: Publish, status: Status, fail_on: str, code: int
) -> None:
    publish(enrichment_pipeline=status)
    whole = ask()

    response = ask(fail_on=fail_on)

    assert response.status_code == code
    assert response.content == whole.content
    if code == 503:
        assert response["Cache-Control"] == "no-store"
        assert "ETag" not in response
        assert Client().head(URL, {"fail_on": fail_on}).status_code == 503


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/"])
def test_the_index_names_endpoints_that_answer(ask: Any, publish: Publish, path: str) -> None:
    publish()

    endpoints = Client().get(path).json()["endpoints"]

    assert endpoints["real_time_metrics"]["href"] == URL
    for name, query in (("real_time_metrics", ""), ("history", "?metric=error_rate"), ("schema", ""), ("docs", "")):
        assert Client().get(endpoints[name]["href"] + query).status_code == 200


def test_the_document_names_the_stream(ask: Any, publish: Publish) -> None:
    publish()

    assert f'<{URL}/stream>; rel="alternate"; type="text/event-stream"' in ask()["Link"]


@pytest.mark.parametrize(
    ("path", "host", "method", "status", "code"),
    [
        ("/api/v1/nothing", "127.0.0.1", "get", 404, "not_found"),
        ("/api/", "127.0.0.1", "get", 404, "not_found"),
        ("/api/v1/nothing", "evil.example", "get", 400, "invalid_host"),
        (URL, "evil.example", "get", 400, "invalid_host"),
        (URL, "127.0.0.1", "delete", 405, "method_not_allowed"),
        ("/api/v1/?x=1", "127.0.0.1", "get", 400, "invalid_parameter"),
    ],
)
def test_every_error_under_api_is_a_problem_document(
    store: object, path: str, host: str, method: str, status: int, code: str
) -> None:
    response = getattr(Client(headers={"Host": host}), method)(path)

    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert response["Cache-Control"] == "no-store"
    assert (response.json()["status"], response.json()["code"]) == (status, code)


def test_an_error_of_a_page_is_a_page(store: object) -> None:
    assert Client().get("/nothing")["Content-Type"].startswith("text/html")


def test_an_internal_error_under_api_is_a_problem_document_without_details(
    store: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.api.views.document_answer", lambda *args, **kwargs: 1 / 0)

    response = Client(raise_request_exception=False).get(URL)

    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert "division" not in response.content.decode()
