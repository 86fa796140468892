"""What a request costs, and that REST framework's and the project's rules hold for it."""

from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from rest_framework.permissions import IsAuthenticated
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

from realtime.api.views import RealTimeMetricsView
from realtime.reporting.reader import process_reader
from tests.functional.api.conftest import URL, Publish

ORIGIN = "https://dashboard.example"


def commands(client: redis.Redis) -> dict[str, int]:
    """Commands that came over the wire since CONFIG RESETSTAT, without ours and those of a script."""
    stats = client.info("commandstats")
    ours = ("config|resetstat", "info", "get", "hmget")
    return {
        name.removeprefix("cmdstat_"): stat["calls"]
        for name, stat in stats.items()
        if name.removeprefix("cmdstat_") not in ours
    }


def let_time_pass() -> None:
    """Make the reader's next look at the store due."""
    process_reader()._asked_at = -1000.0


@pytest.mark.django_db
def test_a_request_asks_no_sql(ask: Any, publish: Publish, django_assert_num_queries: Any) -> None:
    publish()

    with django_assert_num_queries(0):
        for _ in range(2):
            assert ask().status_code == 200


def test_a_request_is_one_round_trip_at_most(ask: Any, publish: Publish, clean_store: redis.Redis) -> None:
    publish()
    clean_store.config_resetstat()

    for _ in range(5):
        let_time_pass()
        ask()

    assert commands(clean_store) == {"eval_ro": 5}


def test_requests_within_100_ms_share_a_round_trip(ask: Any, publish: Publish, clean_store: redis.Redis) -> None:
    publish()
    ask()
    process_reader()._asked_at = float("inf")
    clean_store.config_resetstat()

    for _ in range(5):
        ask()

    assert commands(clean_store) == {}


@pytest.fixture
def throttled(monkeypatch: pytest.MonkeyPatch, clean_store: redis.Redis) -> None:
    class OncePerMinute(AnonRateThrottle):
        rate = "1/min"

    cache.clear()
    monkeypatch.setattr(RealTimeMetricsView, "throttle_classes", [OncePerMinute])


def test_throttles_hold(throttled: None, ask: Any, publish: Publish) -> None:
    publish()
    assert ask().status_code == 200

    response = ask()

    assert response.status_code == 429
    assert int(response["Retry-After"]) <= 60
    assert response.json()["code"] == "throttled"
    assert response["Cache-Control"] == "no-store"


def test_permissions_hold(monkeypatch: pytest.MonkeyPatch, ask: Any, publish: Publish) -> None:
    monkeypatch.setattr(RealTimeMetricsView, "permission_classes", [IsAuthenticated])
    publish()

    response = ask()

    assert response.status_code == 403
    assert response.json()["code"] == "permission_denied"


def test_rules_configured_for_the_whole_api_are_those_of_this_view() -> None:
    assert RealTimeMetricsView.throttle_classes is APIView.throttle_classes
    assert RealTimeMetricsView.authentication_classes is APIView.authentication_classes


@pytest.mark.django_db
def test_a_session_is_neither_needed_nor_made(publish: Publish) -> None:
    publish()
    client = Client()
    client.force_login(User.objects.create_user("ann"))

    response = client.get(URL)

    assert "Set-Cookie" not in response
    assert "Cookie" not in response["Vary"]


@pytest.fixture
def dashboard(settings: Any, publish: Publish) -> Callable[..., Any]:
    """A page on an allowed origin."""
    settings.MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *settings.MIDDLEWARE]
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    publish()

    def ask(method: str = "get", *, origin: str = ORIGIN, **headers: str) -> Any:
        return getattr(Client(headers={"Origin": origin, **headers}), method)(URL)

    return ask


def test_a_page_of_an_allowed_origin_reads_answer_and_headers(dashboard: Any) -> None:
    response = dashboard()

    assert response["Access-Control-Allow-Origin"] == ORIGIN
    assert set(response["Access-Control-Expose-Headers"].split(", ")) == {"ETag", "Age", "X-Cache"}
    assert "origin" in response["Vary"].lower()


def test_a_page_of_another_origin_reads_nothing(dashboard: Any) -> None:
    assert "Access-Control-Allow-Origin" not in dashboard(origin="https://elsewhere.example")


def test_a_page_may_ask_with_the_headers_it_needs(dashboard: Any) -> None:
    response = dashboard("options", **{"Access-Control-Request-Method": "GET"})

    allowed = set(response["Access-Control-Allow-Headers"].lower().split(", "))
    assert {"authorization", "x-api-key", "if-none-match", "last-event-id"} <= allowed


def test_without_allowed_origins_no_other_page_reads_anything(ask: Any, publish: Publish) -> None:
    publish()

    assert "Access-Control-Allow-Origin" not in ask(headers={"Origin": ORIGIN})
