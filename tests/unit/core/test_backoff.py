"""Back-off: who is probed how rarely, what ends it, and what the sweeps say that somebody sat out."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core import backoff, history
from realtime.core.document import build
from realtime.core.history import Span, Window
from realtime.core.maintenance import OnceWindow
from realtime.core.records import (
    Contact,
    FailureKind,
    Outcome,
    ProbeResult,
    ServiceMemory,
    ServiceState,
    Status,
    Target,
    Unprobed,
    UnprobedReason,
)
from tests.unit.core.making import NOW, failure, probed, state, target
from tests.unit.core.sweeping import INTERVAL, Collector

PLENTY = 1e9
SAT_OUT = Unprobed(target="data-api", reason=UnprobedReason.SAT_OUT)


def hung(name: str = "data-api", kind: FailureKind = FailureKind.TIMEOUT) -> ProbeResult:
    return probed(name, Status.ERROR, failure=failure(kind, "no answer"))


def waits(*, timeouts: int, failure_threshold: int = 1, interval_seconds: int = INTERVAL) -> float | None:
    until = backoff.next_check_at(
        timeouts=timeouts, failure_threshold=failure_threshold, swept_at=NOW, interval_seconds=interval_seconds
    )
    return None if until is None else (until - NOW).total_seconds()


def sitting_out(
    *targets: Target, memory: dict[str, ServiceMemory], probe_seconds: float = PLENTY, **shown: ServiceState
) -> set[str]:
    return set(
        backoff.sitting_out(
            targets,
            memory=memory,
            shown=shown,
            now=NOW,
            interval_seconds=INTERVAL,
            probe_seconds=probe_seconds,
        )
    )


def until(seconds: float) -> ServiceMemory:
    return ServiceMemory(timeouts=5, next_check_at=NOW + timedelta(seconds=seconds))


def test_it_doubles_up_to_a_minute() -> None:
    assert [waits(timeouts=number) for number in range(8)] == [None, None, 10, 20, 40, 60, 60, 60]


def test_it_begins_once_the_failures_of_flap_damping_are_there() -> None:
    assert [waits(timeouts=number, failure_threshold=4) for number in range(3, 7)] == [None, 10, 20, 40]


def test_who_sweeps_once_a_minute_knows_none() -> None:
    assert waits(timeouts=10, interval_seconds=60) is None
    assert waits(timeouts=10, interval_seconds=3600) is None
    assert waits(timeouts=10, interval_seconds=59) == 60


@given(st.integers(0, 10**6), st.integers(1, 100), st.integers(1, 86_400))
def test_it_is_never_longer_than_a_minute(timeouts: int, failure_threshold: int, interval_seconds: int) -> None:
    found = waits(timeouts=timeouts, failure_threshold=failure_threshold, interval_seconds=interval_seconds)

    assert found is None or interval_seconds < found <= 60


@pytest.mark.parametrize(
    ("kind", "contact", "counts"),
    [
        (FailureKind.TIMEOUT, Contact.NONE, True),
        (FailureKind.SWEEP_DEADLINE, Contact.SILENT, True),
        (FailureKind.DNS, Contact.SILENT, True),
        (FailureKind.DNS, Contact.ANSWERED, False),
        (FailureKind.CONNECT, Contact.SILENT, False),
        (FailureKind.HTTP_STATUS, Contact.ANSWERED, False),
    ],
)
def test_only_what_uses_up_its_time_counts(kind: FailureKind, contact: Contact, counts: bool) -> None:
    result = probed(status=Status.ERROR, failure=failure(kind), contact=contact)

    assert backoff.timed_out(result) is counts


def test_who_answers_did_not_time_out() -> None:
    assert not backoff.timed_out(probed())


@pytest.mark.parametrize(("seconds", "waits"), [(20, True), (1.3, True), (1.2, False), (0, False), (-100, False)])
def test_one_is_due_a_little_before_its_time(seconds: float, waits: bool) -> None:
    assert bool(sitting_out(target(), memory={"data-api": until(seconds)})) is waits


def test_a_clock_that_was_set_back_keeps_nobody_waiting() -> None:
    assert not sitting_out(target(), memory={"data-api": until(3600)})


def test_who_never_timed_out_is_probed() -> None:
    assert not sitting_out(target(), target("new"), memory={"data-api": ServiceMemory(timeouts=1)})


def test_when_maintenance_has_ended_everybody_is_probed() -> None:
    memory = {"a": until(20), "b": until(20)}
    ended = OnceWindow(starts_at=NOW - timedelta(hours=2), ends_at=NOW - timedelta(hours=1))
    going_on = OnceWindow(starts_at=NOW, ends_at=NOW + timedelta(hours=1))

    found = sitting_out(
        target("a", maintenance=(ended,)),
        target("b", maintenance=(going_on,)),
        memory=memory,
        a=state("a", Status.MAINTENANCE),
        b=state("b", Status.MAINTENANCE),
    )

    assert found == {"b"}


def test_of_many_that_are_due_those_are_probed_that_waited_longest() -> None:
    targets = [target(f"t{number}", timeout_seconds=2.0) for number in range(5)]
    memory = {f"t{number}": until(-number) for number in range(5)}

    assert sitting_out(*targets, memory=memory, probe_seconds=4.0) == {"t0", "t1", "t2"}
    assert sitting_out(*targets, memory=memory, probe_seconds=0.1) == {"t0", "t1", "t2", "t3"}


def test_with_one_that_is_due_those_are_probed_that_have_half_of_their_wait_behind_them() -> None:
    # Five time-outs in a row have them wait 60 s.
    memory = {"due": until(0), "late": until(29), "early": until(31)}
    targets = [target(name) for name in memory]

    assert sitting_out(*targets, memory=memory) == {"early"}
    assert sitting_out(*targets[1:], memory=memory) == {"late", "early"}


def test_probe_now_ends_it() -> None:
    memory = {"a": until(20), "b": until(20)}

    ended = backoff.ended(memory, names={"a", "unknown"})

    assert sitting_out(target("a"), target("b"), memory=ended) == {"b"}
    assert ended["a"].timeouts == 0


# What the sweeps say


def only(collector: Collector) -> ServiceState:
    assert collector.previous is not None
    return collector.previous.services[0]


def times(collector: Collector, outcome: Outcome, number: int) -> None:
    for _ in range(number):
        collector.sweep(outcome)


def test_the_second_timeout_in_a_row_is_the_first_that_has_one_wait() -> None:
    collector = Collector()
    times(collector, hung(), 1)
    assert only(collector).next_check_at is None

    times(collector, hung(), 1)

    swept_at = collector.at - timedelta(seconds=0.2)
    assert only(collector).next_check_at == swept_at + timedelta(seconds=10)


def test_any_other_outcome_begins_anew() -> None:
    collector = Collector()
    times(collector, hung(), 3)

    times(collector, probed(status=Status.ERROR), 1)

    assert only(collector).next_check_at is None
    assert collector.memory["data-api"].timeouts == 0


def test_who_sits_out_keeps_what_was_shown_however_long_and_counts_as_failed() -> None:
    collector = Collector()
    times(collector, hung(), 2)
    before = only(collector)

    done = collector.sweep(SAT_OUT, seconds=55)

    after = only(collector)
    assert (after.status, after.failure, after.checked_at) == (before.status, before.failure, before.checked_at)
    assert after.consecutive_failures == 3
    assert done.snapshot.fault is None
    assert done.sample.fleet[history.FAILED] == (1.0,)
    assert done.sample.fleet[history.kind_series(FailureKind.TIMEOUT)] == (1.0,)
    assert done.sample.latencies == ()


def test_who_had_no_place_is_expected_in_the_next_sweep() -> None:
    collector = Collector()
    times(collector, hung(), 2)

    collector.sweep(SAT_OUT, seconds=30)

    swept_at = collector.at - timedelta(seconds=0.2)
    assert only(collector).next_check_at == swept_at + timedelta(seconds=INTERVAL)


def test_the_answer_tells_when_it_is_probed_next_only_while_somebody_waits() -> None:
    collector = Collector()
    times(collector, hung(), 2)
    empty = Window(span=Span(start=0, end=300))

    def shown() -> dict[str, object]:
        assert collector.previous is not None
        entry: dict[str, object] = build(snapshot=collector.previous, current=empty, previous=empty)["api_metrics"][0]
        return entry

    assert shown()["next_check_at"] == "2025-10-18T18:45:51.923Z"
    times(collector, probed(), 1)
    assert "next_check_at" not in shown()


def test_a_pending_failure_is_not_drawn_out() -> None:
    collector = Collector(targets=[target(failure_threshold=3)])
    collector.sweep(probed())

    times(collector, hung(), 2)
    assert (only(collector).status, only(collector).next_check_at) == (Status.HEALTHY, None)
    times(collector, hung(), 1)
    assert only(collector).status is Status.ERROR
    assert only(collector).next_check_at is not None
