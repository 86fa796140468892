"""Probe now: what was asked, what came back, phase by phase, and the rule that decided; never a secret."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from realtime.admin import inspecting
from realtime.core.records import Evidence, Exchange, Failure, FailureKind, Inspection, Phases, ProbeResult, Status
from realtime.models import Service
from tests.client_certificates import make
from tests.functional.admin.conftest import Publish
from tests.functional.admin.test_evidence import facts
from tests.functional.registry.rows import saved_header, saved_service
from tests.functional.small_services import small_services

LIST = "/admin/realtime/service/"
Seen = Callable[..., list[str]]


def inspection_of(name: str, **exchange: object) -> Inspection:
    answered = {
        "path": "/health?full=1",
        "hops": ("http://127.0.0.1:8006/health", "http://127.0.0.1:8006/healthz"),
        "address": "127.0.0.1:8006",
        "phases": Phases(dns_seconds=0.001, connect_seconds=0.0021, first_byte_seconds=0.0302, body_seconds=0.0004),
        "elapsed_seconds": 0.0337,
        "http_status": 200,
        "headers": (("Content-Type", "application/json"),),
        "body": b'{"status": "ok"}',
    }
    result = ProbeResult(
        target=name,
        status=Status.HEALTHY,
        evidence=Evidence.HTTP,
        unknown_word="QUIESCED",
        certificate_days=12,
        finished_seconds=0.04,
        gauges={"events_per_second": 12.5},
        counters={"events": 1042.0},
        reading_errors={"queue": "gave text, not a number"},
        uptime_seconds=77.0,
        conditions={"home-assistant": False},
    )
    return Inspection(
        exchanges=(Exchange(**{**answered, **exchange}),),  # type: ignore[arg-type]
        rule="the status word at `status` is ok",
        result=result,
    )


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, publish: Publish) -> Seen:
    """Make probes see these exchanges; what is returned lists the services that were probed."""
    publish()

    def see(**exchange: object) -> list[str]:
        probed: list[str] = []

        def probe_now(names: list[str]) -> tuple[Inspection, ...]:
            probed.extend(names)
            return tuple(inspection_of(name, **exchange) for name in names)

        monkeypatch.setattr(inspecting, "probe_now", probe_now)
        return probed

    return see


def probe(client: Client, *services: Service) -> str:
    keys = [service.pk for service in services]
    form = {"action": "probe_now", "index": "0", "_selected_action": keys}
    response = client.post(LIST, form, follow=True)
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_page_says_what_was_asked_what_came_back_and_what_decided(operator: Client, seen: Seen) -> None:
    seen()
    service = saved_service()
    saved_header(service, name="X-Api-Key", value="hunter2")

    html = probe(operator, service)

    for text in (
        "GET /health?full=1",
        "http://127.0.0.1:8006/healthz",
        "X-Api-Key",
        "127.0.0.1:8006",
        "name look-up</th><td>1.0 ms",
        "connect</th><td>2.1 ms",
        "first byte</th><td>30.2 ms",
        "body</th><td>0.4 ms",
        "whole request</th><td>33.7 ms",
        "HTTP status</th><td>200",
        "application/json",
        "{&quot;status&quot;: &quot;ok&quot;}",
        "the status word at `status` is ok",
        "events_per_second</th><td>12.5",
        "events (total so far)</th><td>1042.0",
        "uptime_seconds</th><td>77.0",
        "queue</th><td>gave text, not a number",
        "home-assistant</th><td>not true",
    ):
        assert text in html, text


def test_an_answer_that_echoes_a_secret_shows_it_masked(
    operator: Client, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_TOKEN", 'correct"horse')
    service = saved_service()
    saved_header(service, value="Bearer hunter2")
    saved_header(service, name="X-Key", value="${DATA_TOKEN}")
    seen(
        body=b'{"got": "Bearer hunter2", "part": "hunter2", "env": "correct\\"horse"}',
        headers=(("X-Echo", "hunter2"),),
    )

    html = probe(operator, service)

    assert "hunter2" not in html
    assert "horse" not in html
    assert inspecting.MASK in html


@pytest.mark.parametrize("spelled", ["ab/c+d=&e<f", "ab\\/c+d=&e<f", "ab%2Fc%2Bd%3D%26e%3Cf", "ab/c+d=&amp;e&lt;f"])
def test_a_secret_is_masked_however_an_answer_spells_it(operator: Client, seen: Seen, spelled: str) -> None:
    service = saved_service()
    saved_header(service, value="Token ab/c+d=&e<f")
    seen(body=f"got {spelled}!".encode(), hops=("http://127.0.0.1:8006/health", f"http://127.0.0.1:8006/{spelled}"))

    html = probe(operator, service)

    assert f"got {inspecting.MASK}!" in html
    assert f"8006/{inspecting.MASK}<" in html


def test_the_page_says_what_was_not_sent_and_why(operator: Client, seen: Seen) -> None:
    seen()
    service = saved_service(base_url="https://127.0.0.1:8006", client_certificate="${UNSET_PEM}")
    saved_header(service, name="X-Key", value="${UNSET_TOKEN}")
    saved_header(service, name="X-Sent", value="there")

    html = probe(operator, service)

    assert "In this process (that of the collector may have other variables): data-api is" in html
    assert "request headers of this service</th><td>X-Sent (" in html
    assert "client certificate</th><td>stored, but not shown: it cannot be used<" in html
    assert "data-api is probed without its header X-Key: UNSET_TOKEN is not set" in html
    assert "data-api is probed without its client certificate: UNSET_PEM is not set" in html


@pytest.mark.parametrize(
    ("base_url", "is_stored", "words"),
    [
        ("https://127.0.0.1:8006", True, "shown if the server asks for one, and not after a redirect"),
        ("http://127.0.0.1:8006", True, "stored, but not shown: there is no TLS"),
        ("https://127.0.0.1:8006", False, "none"),
    ],
)
def test_the_page_says_what_becomes_of_the_client_certificate(
    operator: Client, seen: Seen, base_url: str, is_stored: bool, words: str
) -> None:
    seen()
    service = saved_service(base_url=base_url, client_certificate=make().pem if is_stored else "")

    html = probe(operator, service)

    assert f"client certificate</th><td>{words}" in html
    assert "PRIVATE KEY" not in html


def test_what_a_service_sends_is_shown_as_text_and_cut(operator: Client, seen: Seen) -> None:
    seen(body=b"<script>alert(1)</script>\x00\x1b" + b"x" * 10_000, headers=(("X<b>", "<i>"),))

    html = probe(operator, saved_service())

    assert "<script>alert(1)" not in html
    assert "<b>" not in html
    assert "\x1b" not in html
    assert "10027 bytes, cut here" in html
    assert "x" * (inspecting.EXCERPT_CHARACTERS + 1) not in html


def test_a_failed_probe_says_how_far_it_came(operator: Client, seen: Seen) -> None:
    failure = Failure(kind=FailureKind.CONNECT, message="connection refused")
    seen(
        failure=failure,
        http_status=None,
        body=b"",
        headers=(),
        address=None,
        elapsed_seconds=None,
        phases=Phases(dns_seconds=0.001),
    )

    html = probe(operator, saved_service())

    assert "failure</th><td>Could not connect: connection refused" in html
    assert "connected to</th><td>nothing" in html
    assert "first byte</th><td>–" in html


def test_a_kept_connection_has_no_phases_before_the_first_byte(operator: Client, seen: Seen) -> None:
    seen(reused_connection=True, phases=Phases(first_byte_seconds=0.01))

    assert "connect</th><td>kept connection" in probe(operator, saved_service())


def test_a_service_that_gave_no_inspection_is_said_to_have_none(
    operator: Client, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    monkeypatch.setattr(inspecting, "probe_now", lambda names: ())

    assert "Could not be probed now" in probe(operator, saved_service())


def test_ten_services_cost_no_more_queries_than_one(operator: Client, seen: Seen) -> None:
    seen()
    services = [saved_service(name=f"service-{number}") for number in range(10)]
    for service in services:
        saved_header(service)
    queries = []

    for chosen in (services[:1], services):
        with CaptureQueriesContext(connection) as captured:
            probe(operator, *chosen)
        queries.append(len(captured))

    assert queries[0] == queries[1]


def test_too_many_services_at_once_are_refused_in_one_line(operator: Client, seen: Seen) -> None:
    probed = seen()
    services = [saved_service(name=f"service-{number}") for number in range(11)]

    html = probe(operator, *services)

    assert "Choose at most 10 services to probe at once." in html
    assert probed == []


def test_ten_services_are_probed_in_registry_order(operator: Client, seen: Seen) -> None:
    probed = seen()
    services = [saved_service(name=f"service-{number}", order=9 - number) for number in range(10)]

    probe(operator, *services)

    assert probed == [f"service-{number}" for number in reversed(range(10))]


def test_who_may_only_look_cannot_probe(viewer: Client, seen: Seen) -> None:
    probed = seen()

    probe(viewer, saved_service())

    assert probed == []


def test_a_link_cannot_make_a_probe(operator: Client, seen: Seen) -> None:
    probed = seen()
    service = saved_service()

    operator.get(f"{LIST}?action=probe_now&index=0&_selected_action={service.pk}", follow=True)

    assert probed == []


def test_the_page_of_a_service_has_a_button_for_it(operator: Client, viewer: Client) -> None:
    service = saved_service()
    path = f"{LIST}{service.pk}/change/"

    assert "Probe now</button>" in operator.get(path).content.decode()
    assert "Probe now</button>" not in viewer.get(path).content.decode()


def test_control_characters_in_answer_headers_are_made_visible(operator: Client, seen: Seen) -> None:
    seen(headers=(("X-\x1b[2JName", "va\x07l\u202eue"),))

    html = probe(operator, saved_service())

    assert "X-\N{REPLACEMENT CHARACTER}[2JName" in html
    assert "va\N{REPLACEMENT CHARACTER}l\N{REPLACEMENT CHARACTER}ue" in html
    assert "\x1b" not in html


def test_the_page_says_what_the_verdict_rests_on(operator: Client, seen: Seen) -> None:
    seen()

    said = facts(probe(operator, saved_service()))

    assert said["Status"] == "healthy"
    assert said["Rule"] == "the status word at `status` is ok"
    assert said["Evidence"].split("|")[:2] == ["by HTTP status alone", "“QUIESCED” is not a known status word"]
    assert said["Server certificate"] == "valid for 12 days"


@pytest.mark.parametrize(
    ("status", "failure", "reason"),
    [
        (Status.DEGRADED, None, "slower than 1 s: 1.21 s"),
        (Status.ERROR, Failure(kind=FailureKind.DNS, message="no such name"), "Name not found: no such name"),
    ],
)
def test_the_page_says_why_a_service_is_not_healthy(
    status: Status,
    failure: Failure | None,
    reason: str,
    operator: Client,
    publish: Publish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish()
    found = inspection_of("data-api")
    result = replace(found.result, status=status, failure=failure, reason="slower than 1 s: 1.21 s")
    monkeypatch.setattr(inspecting, "probe_now", lambda names: (replace(found, result=result),))

    assert facts(probe(operator, saved_service()))["Reason"] == reason


def test_a_word_that_is_not_fit_for_everyone_is_shown_to_staff(operator: Client, publish: Publish) -> None:
    publish()
    with small_services() as services:
        services.answers["/health"] = b'{"status": "reboot #7 <b>"}'
        said = facts(probe(operator, saved_service(base_url=services.url)))

    assert said["Evidence"].startswith("by HTTP status alone")
    assert "“reboot #7 <b>”" in said["Rule"]
