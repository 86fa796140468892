"""What the first paint says of a document; a document is what the public contract gives, nothing else."""

from datetime import timedelta

import pytest

from realtime.core import document, history, phrases, wording
from realtime.core.document import Document
from realtime.core.history import Figures, Window
from realtime.core.phrases import WORST_FIRST
from realtime.core.records import Evidence, Failure, FailureKind, Fault, FaultCode, ServiceState, Status
from realtime.web import overview as overviews
from realtime.web.overview import Overview, headline
from realtime.web.rows import Wanted, choose, row
from tests.unit.core.making import NOW, snapshot, state

MANY = 60  # samples, enough to compare


def overview(shown: Document) -> Overview:
    return overviews.overview(shown, period="5m", clock="18:45:30 UTC")


def built(
    *services: ServiceState, now: Window | None = None, before: Window | None = None, **changes: object
) -> Document:
    current, previous = history.spans(at=NOW.timestamp(), period_seconds=300)
    return document.build(
        snapshot=snapshot(*services),
        current=now or Window(span=current),
        previous=before or Window(span=previous),
        **changes,  # type: ignore[arg-type]
    )


def windows(series: str, now: float, before: float) -> dict[str, Window]:
    current, previous = history.spans(at=NOW.timestamp(), period_seconds=300)

    def window(span: history.Span, mean: float) -> Window:
        figures = {
            series: Figures(samples=MANY, mean=mean, covered_seconds=300),
            history.PROBED_SWEEPS: Figures(samples=MANY, covered_seconds=300),
        }
        return Window(span=span, fleet=figures, services={"data-api": figures})

    return {"now": window(current, now), "before": window(previous, before)}


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        ([], "No services yet"),
        ([Status.HEALTHY], "The service is healthy"),
        ([Status.HEALTHY] * 2, "All services healthy"),
        ([Status.HEALTHY, Status.MAINTENANCE], "1 in maintenance, all others healthy"),
        ([Status.MAINTENANCE], "Everything in maintenance"),
        ([Status.UNKNOWN, Status.HEALTHY], "1 of 2 services unknown"),
        ([Status.DEGRADED, Status.UNKNOWN], "1 of 2 services degraded"),
        ([Status.ERROR, Status.UNHEALTHY, Status.DEGRADED], "2 of 3 services failing"),
        ([Status.ERROR], "1 of 1 service failing"),
    ],
)
def test_one_line_says_how_everything_is(statuses: list[Status], said: str) -> None:
    services = [state(f"service-{number}", status) for number, status in enumerate(statuses)]

    assert headline(built(*services)) == said


def test_what_is_not_known_any_more_is_not_called_healthy() -> None:
    fault = Fault(code=FaultCode.STORE_UNAVAILABLE, message="the store does not answer")

    painted = overview(built(state(), stale=True, fault=fault))

    assert painted.headline == "Not up to date"
    assert painted.status == "unknown"
    assert painted.problem == "The store does not answer."


def test_nothing_published_is_said_once() -> None:
    painted = overview(document.build_without_snapshot(now=NOW, period_seconds=300))

    assert painted.headline == "No data yet"
    assert painted.problem == ""
    assert not painted.has_snapshot


def test_the_worst_come_first_and_equals_in_registry_order() -> None:
    services = [state(f"{status}-{turn}", status) for turn in (1, 2) for status in reversed(Status)]

    names = [entry["service"] for entry, _ in choose(built(*services), Wanted())]

    assert names == [f"{status}-{turn}" for status in WORST_FIRST for turn in (1, 2)]


def test_every_status_and_every_kind_of_failure_has_words() -> None:
    assert set(WORST_FIRST) == set(phrases.STATUS_WORDS) == set(phrases.SINCE_WORDS) == set(Status)
    assert set(phrases.FAILURE_WORDS) == set(FailureKind)
    assert set(phrases.EVIDENCE_WORDS) == set(Evidence)


def test_an_error_is_said_in_words_with_its_http_status() -> None:
    failure = Failure(kind=FailureKind.HTTP_STATUS, message="HTTP status 503, expected 200-299", http_status=503)
    (entry,) = built(state(status=Status.UNHEALTHY, failure=failure))["api_metrics"]

    painted = row(entry, is_api=True, now=NOW)

    assert painted.error == "Answers with HTTP 503"
    assert painted.reason == "HTTP status 503, expected 200-299"
    assert painted.last_success.text == "never"


def test_a_service_that_sits_sweeps_out_says_when_it_is_probed_again() -> None:
    at = NOW + timedelta(seconds=40)
    sitting, calm = built(state("sitting", next_check_at=at), state("calm"))["api_metrics"]

    assert row(sitting, is_api=True, now=NOW).next_check.text == "in 40 s"
    assert row(sitting, is_api=True, now=at).next_check.text == "due now"
    assert row(calm, is_api=True, now=NOW).next_check.at == ""


def test_more_readings_than_fit_are_counted() -> None:
    (entry,) = built(state(readings={f"number_{number}": number for number in range(7)}))["api_metrics"]

    painted = row(entry, is_api=True, now=NOW)

    assert len(painted.readings) == 4
    assert painted.readings_left == "and 3 more"


def test_a_rate_is_compared_with_its_average_and_a_share_in_points() -> None:
    rate = overview(built(state(), **windows(history.EVENTS_PER_SECOND, 12.0, 8.0))).tiles[0]
    errors = overview(built(state(), **windows(history.FAILED, 0.25, 0.05))).tiles[1]

    assert (rate.change, rate.words) == ("↑ 50\u00a0%", "average 12/s, before 8/s")
    assert (errors.change, errors.words, errors.tone) == ("↑ 20 points", "worse, before 5\u00a0%", "worse")


def test_a_change_from_nothing_has_no_percentage() -> None:
    rate = overview(built(state(), **windows(history.EVENTS_PER_SECOND, 3.0, 0.0))).tiles[0]

    assert rate.change == "↑ 3"


def test_absurd_changes_are_painted_too() -> None:
    """Of a tiny number, anything is a huge percentage; the page must not fail over it."""
    tiny, huge = 1e-4, 1e12
    document = built(state(), **windows(history.RESPONSE_TIME, huge, tiny))
    (entry,) = document["api_metrics"]

    painted = row(entry, is_api=True, now=NOW)

    assert painted.change.startswith("↑")
    assert overview(built(state(), **windows(history.EVENTS_PER_SECOND, huge, tiny))).tiles[0].change.startswith("↑")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (0, "0"),
        (1234, "1,234"),
        (12.5, "12.5"),
        (0.004, "0"),
        (-0.001, "0"),
        (-12.34, "-12.3"),
        (3_456_789, "3.46\u00a0M"),
        (1e300, "1.00e+300"),
    ],
)
def test_numbers_have_the_digits_that_a_reader_can_use(value: float | None, said: str) -> None:
    assert wording.number(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(None, "–"), (3.21, "3.2\u00a0ms"), (120.4, "120\u00a0ms"), (1240, "1.24\u00a0s")]
)
def test_milliseconds_become_seconds_when_there_are_many(value: float | None, said: str) -> None:
    assert wording.milliseconds(value) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3, "just now"),
        (42, "42\u00a0s ago"),
        (240, "4\u00a0min ago"),
        (7200, "2\u00a0h ago"),
        (200_000, "2\u00a0days ago"),
    ],
)
def test_how_long_ago_is_said_in_one_unit(seconds: float, said: str) -> None:
    assert wording.ago(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (65, "1 min 5 s"), (3600, "1 h 0 min"), (270_000, "3 d 3 h")]
)
def test_a_duration_is_said_in_two_units(seconds: float, said: str) -> None:
    assert wording.duration(seconds) == said
