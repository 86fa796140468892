"""From an HTTP answer to the result of a probe: the plumbing between requests, the status rules and the readings."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import responses

from realtime.config import Config
from realtime.core.records import DataSourceSpec, Failure, FailureKind, ReadingKind, ReadingSpec, Status, Target
from realtime.probing.fetch import USER_AGENT
from realtime.probing.pool import Prober

URL = "http://ingestion.example:8001/api"
TARGET = Target(
    name="websocket-ingestion",
    base_url=URL,
    readings=(
        ReadingSpec(name="events_per_second", path="/v1/rate?unit=s", expression="rate", counts_toward_events=True),
        ReadingSpec(name="requests", expression="requests_total", kind=ReadingKind.COUNTER),
    ),
    data_sources=(DataSourceSpec(name="home-assistant", condition="connection.is_running"),),
)


@pytest.fixture
def prober() -> Iterator[Prober]:
    prober = Prober(Config())
    yield prober
    prober.close()


@pytest.fixture
def services() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.mark.parametrize(
    ("http_status", "body", "status", "kind"),
    [
        (200, '{"status": "healthy"}', Status.HEALTHY, None),
        (200, "", Status.HEALTHY, None),
        (200, '{"status": "degraded"}', Status.DEGRADED, None),
        (200, '{"status": "unhealthy"}', Status.UNHEALTHY, FailureKind.REPORTED),
        (500, "", Status.UNHEALTHY, FailureKind.HTTP_STATUS),
        (404, '{"status": "healthy"}', Status.UNHEALTHY, FailureKind.HTTP_STATUS),
        (503, '{"status": "DOWN"}', Status.UNHEALTHY, FailureKind.REPORTED),
        (200, "{broken", Status.ERROR, FailureKind.BODY),
        (302, "", Status.UNHEALTHY, FailureKind.HTTP_STATUS),
    ],
)
def test_an_answer_becomes_a_verdict(
    prober: Prober,
    services: responses.RequestsMock,
    http_status: int,
    body: str,
    status: Status,
    kind: FailureKind | None,
) -> None:
    services.get(f"{URL}/health", body=body, status=http_status, content_type="application/json")

    result = prober.inspect(Target(name="a", base_url=URL)).result

    assert result.status is status
    assert (result.failure.kind if result.failure else None) is kind
    assert result.response_time_seconds is not None


def test_readings_and_conditions_come_with_the_result(prober: Prober, services: responses.RequestsMock) -> None:
    health = {"status": "healthy", "requests_total": 7, "uptime_seconds": 60, "connection": {"is_running": True}}
    services.get(f"{URL}/health", json=health)
    services.get(f"{URL}/v1/rate?unit=s", json={"rate": 12.5})

    result = prober.inspect(TARGET).result

    assert result.gauges["events_per_second"] == 12.5
    assert result.counters == {"requests": 7}
    assert result.uptime_seconds == 60
    assert result.conditions == {"home-assistant": True}
    assert result.reading_errors == {}


def test_a_reading_that_fails_is_told_and_changes_no_status(prober: Prober, services: responses.RequestsMock) -> None:
    services.get(f"{URL}/health", json={"status": "healthy", "requests_total": 7})
    services.get(f"{URL}/v1/rate?unit=s", status=500)

    result = prober.inspect(TARGET).result

    assert result.status is Status.HEALTHY
    assert result.reading_errors == {"events_per_second": "http_status: HTTP status 500"}


@pytest.mark.parametrize("base_url", [URL, f"{URL}/"])
@pytest.mark.parametrize("health_path", ["/health", "health"])
def test_base_url_and_path_are_joined_by_one_slash(
    prober: Prober, services: responses.RequestsMock, base_url: str, health_path: str
) -> None:
    services.get(f"{URL}/health", json={})

    assert prober.inspect(Target(name="a", base_url=base_url, health_path=health_path)).exchanges[0].http_status == 200


def test_no_cookie_of_a_service_is_sent_back(prober: Prober, services: responses.RequestsMock) -> None:
    services.get(f"{URL}/health", json={}, headers={"Set-Cookie": "session=1"})

    for _ in range(2):
        prober.inspect(Target(name="a", base_url=URL))

    assert "Cookie" not in services.calls[1].request.headers


def test_proxies_and_netrc_of_the_environment_are_not_used(
    prober: Prober, services: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine ingestion.example login user password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    services.get(f"{URL}/health", json={})

    prober.inspect(Target(name="a", base_url=URL))

    assert "Authorization" not in services.calls[0].request.headers


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.ConnectionError(ConnectionResetError(104, "reset")), FailureKind.PROTOCOL),
        (requests.ReadTimeout(TimeoutError()), FailureKind.TIMEOUT),
    ],
)
def test_what_requests_raises_becomes_a_failure(
    prober: Prober, services: responses.RequestsMock, error: Exception, kind: FailureKind
) -> None:
    services.get(f"{URL}/health", body=error)

    failure = prober.inspect(Target(name="a", base_url=URL)).result.failure

    assert isinstance(failure, Failure)
    assert failure.kind is kind


def test_the_user_agent_names_the_version_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())

    assert f"realtime-metrics/{project['project']['version']}" == USER_AGENT
