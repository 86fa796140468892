"""Evidence, unknown word, reason and error of an entry: they describe the status that is shown, not the last probe."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core.maintenance import OnceWindow
from realtime.core.records import (
    Contact,
    Evidence,
    Exchange,
    FailureKind,
    ProbeResult,
    ServiceState,
    Status,
    Target,
    Unprobed,
    UnprobedReason,
)
from realtime.core.verdict import judge
from tests.unit.core.making import NOW, answered, answered_json, target, unanswered
from tests.unit.core.sweeping import Collector

WELL = answered_json({"status": "ok"})
UNHEARD_OF = answered_json({"status": "shipped"})
YELLOW = answered_json({"status": "yellow"})
DOWN = answered_json({"database": {"status": "down"}})
MISTYPED = answered_json({"status": "shipped"}, http_status=404)
REFUSED = unanswered(FailureKind.CONNECT)


def probed(exchange: Exchange, one: Target | None = None, **changes: Any) -> ProbeResult:
    """What a probe makes of an exchange, as `probing.probe` does."""
    verdict = judge(exchange=exchange, target=one or target())
    return ProbeResult(
        target="data-api",
        status=verdict.status,
        failure=verdict.failure,
        evidence=verdict.evidence,
        unknown_word=verdict.unknown_word,
        reason=verdict.reason,
        response_time_seconds=exchange.elapsed_seconds,
        finished_seconds=0.1,
        **changes,
    )


def described(state: ServiceState) -> tuple[Any, ...]:
    kind = state.failure.kind if state.failure else None
    return state.status, state.evidence, state.unknown_word, state.reason, kind


def swept(collector: Collector, exchange: Exchange, **changes: Any) -> ServiceState:
    (state,) = collector.sweep(probed(exchange), **changes).snapshot.services
    return state


def test_each_verdict_is_shown_with_what_it_rests_on() -> None:
    collector = Collector()

    assert [described(swept(collector, exchange)) for exchange in (WELL, UNHEARD_OF, YELLOW, DOWN, REFUSED)] == [
        (Status.HEALTHY, Evidence.WORD, None, None, None),
        (Status.HEALTHY, Evidence.HTTP, "shipped", None, None),
        (Status.DEGRADED, Evidence.WORD, None, "the service reports “yellow” (status)", None),
        (
            Status.UNHEALTHY,
            Evidence.WORD,
            None,
            "the service reports “down” (database.status)",
            FailureKind.REPORTED,
        ),
        (Status.ERROR, None, None, "connection refused", FailureKind.CONNECT),
    ]


@pytest.mark.parametrize("good", [WELL, UNHEARD_OF, YELLOW])
@pytest.mark.parametrize("bad", [DOWN, REFUSED, MISTYPED])
def test_a_pending_service_keeps_what_its_shown_status_rests_on(good: Exchange, bad: Exchange) -> None:
    for first, then in ((good, bad), (bad, good)):
        collector = Collector(targets=(target(failure_threshold=3, success_threshold=3),))
        shown = described(swept(collector, first))
        pending = [swept(collector, then) for _ in range(2)]

        assert [(described(state), state.pending) for state in pending] == [(shown, True)] * 2
        turned = swept(collector, then)
        assert (described(turned), turned.pending) == (described(swept(Collector(), then)), False)


def test_a_pending_service_that_recovers_shows_the_new_evidence_of_the_same_status() -> None:
    collector = Collector(targets=(target(failure_threshold=3),))
    swept(collector, UNHEARD_OF)
    swept(collector, DOWN)

    assert described(swept(collector, WELL)) == (Status.HEALTHY, Evidence.WORD, None, None, None)


def test_a_move_within_bad_shows_the_new_reason_at_once() -> None:
    collector = Collector(targets=(target(failure_threshold=3, success_threshold=3),))
    swept(collector, DOWN)

    assert swept(collector, REFUSED).reason == "connection refused"


def test_a_bound_makes_a_pending_service_no_different() -> None:
    one = target(failure_threshold=2, body_contains="ok")
    collector = Collector(targets=(one,))
    collector.sweep(probed(WELL, one))

    (state,) = collector.sweep(probed(UNHEARD_OF, one)).snapshot.services
    assert (described(state), state.pending) == ((Status.HEALTHY, Evidence.WORD, None, None, None), True)

    (state,) = collector.sweep(probed(UNHEARD_OF, one)).snapshot.services
    assert (state.status, state.evidence) == (Status.UNHEALTHY, Evidence.BOUND)
    assert state.reason == "the answer does not contain the text that body_contains requires"


def test_a_target_that_is_not_probed_keeps_its_description_until_it_is_too_old() -> None:
    collector = Collector()
    shown = described(swept(collector, YELLOW))

    (kept,) = collector.sweep(Unprobed(target="data-api", reason=UnprobedReason.OVERRUN)).snapshot.services
    (gone,) = collector.sweep(Unprobed(target="data-api", reason=UnprobedReason.OVERRUN), seconds=60).snapshot.services

    assert described(kept) == shown
    assert (gone.status, gone.evidence, gone.unknown_word) == (Status.UNKNOWN, None, None)
    assert gone.reason is not None


def test_a_pending_description_outlives_a_failure_of_our_own_network() -> None:
    silent = probed(REFUSED, contact=Contact.SILENT, place="192.0.2.1")
    others = [
        ProbeResult(target=name, status=silent.status, failure=silent.failure, finished_seconds=0.1,
                    contact=Contact.SILENT, place=place)
        for name, place in (("two", "192.0.2.2"), ("three", "192.0.2.3"))
    ]  # fmt: skip
    targets = (target(failure_threshold=3), target("two"), target("three"))
    well = [ProbeResult(target=name, status=Status.HEALTHY, finished_seconds=0.1) for name in ("two", "three")]
    collector = Collector(targets=targets)
    shown = described(collector.sweep(probed(YELLOW), *well).snapshot.services[0])
    collector.sweep(probed(DOWN), *well)

    cut_off = collector.sweep(silent, *others).snapshot.services[0]
    after = collector.sweep(probed(DOWN), *well).snapshot.services[0]

    assert (cut_off.status, cut_off.evidence) == (Status.UNKNOWN, None)
    assert (described(after), after.pending) == (shown, True)


def test_maintenance_is_the_reason_while_it_lasts_and_nothing_of_it_stays() -> None:
    window = OnceWindow(starts_at=NOW + timedelta(seconds=7), ends_at=NOW + timedelta(seconds=12))
    collector = Collector(targets=(target(maintenance=(window,)),))

    states = [swept(collector, exchange) for exchange in (WELL, DOWN, DOWN)]

    assert [state.status for state in states] == [Status.HEALTHY, Status.MAINTENANCE, Status.UNHEALTHY]
    assert states[1].failure is None
    assert states[1].reason is not None
    assert states[1].reason.startswith("in maintenance until ")
    assert described(states[2]) == described(swept(Collector(), DOWN))


exchanges = st.sampled_from([WELL, UNHEARD_OF, YELLOW, DOWN, REFUSED, MISTYPED, answered(b"{"), answered(b"")])
outcomes = exchanges.map(probed) | st.sampled_from(
    [Unprobed(target="data-api", reason=reason) for reason in UnprobedReason]
)


@given(st.lists(outcomes, max_size=12), st.integers(1, 4), st.integers(1, 4))
def test_every_shown_status_comes_with_what_belongs_to_it(found: list, failures: int, successes: int) -> None:
    collector = Collector(targets=(target(failure_threshold=failures, success_threshold=successes),))

    for outcome in found:
        (state,) = collector.sweep(outcome).snapshot.services

        assert (state.reason is None) is (state.status is Status.HEALTHY)
        assert (state.failure is not None) is state.status.is_bad
        if state.failure is not None:
            assert state.reason == state.failure.message
        if state.status.is_good:
            assert state.evidence in (Evidence.WORD, Evidence.HTTP)
