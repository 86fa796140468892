"""Every field of the answer with its type, healthy or not, and the shapes of what is no answer."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from realtime.core.contract.document_fields import DOCUMENT
from realtime.core.records import Status
from tests.conformance import Conformance
from tests.functional.api.conftest import URL, Publish

STORY_FIELDS = (
    "events_per_second",
    "api_calls_active",
    "data_sources_active",
    "api_metrics",
    "inactive_apis",
    "error_apis",
    "total_apis",
    "health_summary",
    "timestamp",
)


def assert_conforms(answer: Any) -> None:
    """Assert that an answer has the described fields, each of its type, and no others."""
    found = Conformance()
    found.check(answer, DOCUMENT)
    assert found.violations == []


@pytest.fixture
def data(ask: Any, publish: Publish) -> Any:
    publish(enrichment_pipeline=Status.ERROR)
    return ask().json()


def test_the_answer_has_every_field_and_no_other(data: Any) -> None:
    assert_conforms(data)


def test_the_fields_of_the_story_come_first_and_in_its_order(data: Any) -> None:
    assert tuple(data)[: len(STORY_FIELDS)] == STORY_FIELDS


def test_the_answer_says_what_the_story_wants_to_know(data: Any) -> None:
    story = {name: data[name] for name in STORY_FIELDS if name not in ("api_metrics", "timestamp")}

    assert story == {
        "events_per_second": 12.5,
        "api_calls_active": 1,
        "data_sources_active": ["home-assistant", "influxdb", "websocket"],
        "inactive_apis": 0,
        "error_apis": 1,
        "total_apis": 2,
        "health_summary": {"healthy": 1, "unhealthy": 1, "total": 2, "health_percentage": 50.0},
    }


def test_a_healthy_entry_begins_as_in_the_story_with_its_readings_flat(data: Any) -> None:
    entry = data["api_metrics"][0]

    assert list(entry.items())[:5] == [
        ("service", "websocket-ingestion"),
        ("status", "healthy"),
        ("response_time_ms", 45.2),
        ("events_per_second", 12.5),
        ("events_per_minute", 750),
    ]


def test_a_failing_service_is_listed_with_its_failure(data: Any) -> None:
    entry = data["api_metrics"][1]

    assert (entry["service"], entry["status"], entry["response_time_ms"]) == ("enrichment-pipeline", "error", None)
    assert entry["error"] == {"kind": "connect", "message": "connection refused", "http_status": None}


def test_an_entry_compares_its_own_figures(data: Any) -> None:
    comparison = data["api_metrics"][0]["comparison"]

    assert list(comparison) == ["response_time_ms", "error_rate", "events_per_second"]


def test_a_pure_data_store_is_among_the_other_services(data: Any) -> None:
    assert [entry["service"] for entry in data["other_services"]] == ["influxdb"]


def test_times_are_utc_with_milliseconds(data: Any) -> None:
    for text in (data["timestamp"], data["api_metrics"][0]["checked_at"], data["comparison"]["current"]["start"]):
        assert len(text) == len("2025-10-18T18:45:32.123Z")
        assert datetime.fromisoformat(text).utcoffset() == timedelta(0)
        assert text.endswith("Z")


def test_an_old_snapshot_differs_only_in_stale_and_status(ask: Any, publish: Publish) -> None:
    publish(ago=timedelta(minutes=5))

    response = ask()

    data = response.json()
    assert response.status_code == 200
    assert (data["stale"], data["status"]) == (True, "unknown")
    assert data["api_calls_active"] == 2
    assert data["api_metrics"][0]["status"] == "healthy"
    assert_conforms(data)


def test_before_the_first_snapshot_the_full_shape_comes_with_503(ask: Any) -> None:
    response = ask()

    data = response.json()
    assert response.status_code == 503
    assert_conforms(data)
    assert data["error"] == {"code": "no_snapshot", "message": "no snapshot has been published yet"}
    assert (data["stale"], data["status"], data["snapshot_id"]) == (True, "unknown", 0)
    assert (data["total_apis"], data["api_metrics"], data["data_sources_active"]) == (0, [], [])
    assert response["Retry-After"] == "5"
    assert response["Cache-Control"] == "no-store"
    assert response["X-Cache"] == "MISS"
    assert "ETag" not in response


@pytest.mark.parametrize(("word", "seconds"), [("1m", 60), ("5m", 300), ("15m", 900), ("1h", 3600), ("24h", 86_400)])
def test_the_period_is_the_one_that_was_asked_for(ask: Any, publish: Publish, word: str, seconds: int) -> None:
    publish()

    assert ask(period=word).json()["comparison"]["period_seconds"] == seconds


def test_the_period_is_five_minutes_by_itself(data: Any) -> None:
    assert data["comparison"]["period_seconds"] == 300


@pytest.mark.parametrize("word", ["", "5", "5M", "2m", "5m,1h", "5m ", "٥m"])
def test_another_period_is_refused_by_name(ask: Any, publish: Publish, word: str) -> None:
    publish()

    response = ask(period=word)

    assert response.status_code == 400
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "period must be one of 1m, 5m, 15m, 1h, 24h",
        "code": "invalid_parameter",
        "field": "period",
        "choices": ["1m", "5m", "15m", "1h", "24h"],
    }


@pytest.mark.parametrize("name", ["format", "interval", "Period", "page", "perod"])
def test_an_unknown_parameter_is_refused(ask: Any, publish: Publish, name: str) -> None:
    publish()

    response = ask(**{name: "xml"})

    assert (response.status_code, response.json()["field"]) == (400, name)
    assert "period" in response.json()["choices"]


def test_a_cache_buster_changes_nothing(ask: Any, publish: Publish) -> None:
    publish()

    assert ask(_="1733000000").content == ask().content


@pytest.mark.slow
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.binary(max_size=40) | st.text(max_size=40).map(lambda text: f"period={text}".encode(errors="ignore")))
def test_no_query_string_is_an_error_of_ours(ask: Any, query: bytes) -> None:
    response = Client().get(URL, QUERY_STRING=query.decode("latin-1"))  # as WSGI passes bytes

    assert response.status_code in (400, 503)
    said = json.loads(response.content)
    assert said.get("code", said.get("error", {}).get("code")) in ("invalid_parameter", "no_snapshot")


def test_too_many_parameters_are_refused_as_json(ask: Any) -> None:
    response = Client().get(URL, QUERY_STRING="&".join(f"a{index}=1" for index in range(2000)))

    assert response.status_code == 400
    assert response.json()["code"] == "invalid_parameter"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_can_only_be_read(store: object, method: str) -> None:
    response = getattr(Client(enforce_csrf_checks=True), method)(URL)

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, OPTIONS"
    assert response["Cache-Control"] == "no-store"
    assert response.json()["code"] == "method_not_allowed"


def test_both_forms_of_the_address_answer_directly(ask: Any, publish: Publish) -> None:
    publish()

    assert ask(URL + "/").status_code == 200
    assert ask(URL + "/").content == ask(URL).content


@pytest.mark.parametrize("path", ["//", "/x", ".json", "%0A"])
def test_another_address_is_not_found(ask: Any, path: str) -> None:
    assert ask(URL + path).status_code == 404


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/*", "text/html,*/*;q=0.1"])
def test_json_is_what_there_is_to_accept(ask: Any, publish: Publish, accept: str) -> None:
    publish()

    response = ask(headers={"Accept": accept})

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"


def test_who_accepts_no_json_is_told_so(ask: Any, publish: Publish) -> None:
    publish()

    response = ask(headers={"Accept": "text/html"})

    assert response.status_code == 406
    assert response["Cache-Control"] == "no-store"
    assert response.json()["code"] == "not_acceptable"
