"""Sweeps: on time whatever the targets do, in order, stoppable, and without anything left over."""

import logging
import socket
import threading
import time

import pytest

from realtime.config import Config
from realtime.core import verdict
from realtime.core.records import (
    FailureKind,
    Outcome,
    ProbeResult,
    ReadingSpec,
    Status,
    Target,
    Unprobed,
    UnprobedReason,
)
from realtime.probing.pool import Prober
from tests.integration.probing.conftest import Listen, with_time_enough
from tests.integration.probing.peers import Line, hang, healthy, http_answer, refusing_port

# Generous, because test machines are slow; a sweep that waited for its targets would take far longer.
LATE_SECONDS = 3.0


def kind_of(outcome: Outcome) -> FailureKind | UnprobedReason | None:
    if isinstance(outcome, Unprobed):
        return outcome.reason
    return outcome.failure.kind if outcome.failure else None


def few_threads(count: int) -> Prober:
    return Prober(Config(probe_threads=count))


def test_outcomes_are_in_the_order_of_the_targets(prober: Prober, listen: Listen) -> None:
    peer, refused = listen(healthy), refusing_port()
    targets = [
        peer.target(name=f"t{number}", **({} if number % 3 else {"base_url": f"http://127.0.0.1:{refused}"}))
        for number in range(60)
    ]

    outcomes = prober.sweep(targets=targets, deadline_seconds=30)

    assert [outcome.target for outcome in outcomes] == [target.name for target in targets]
    assert [kind_of(outcome) for outcome in outcomes] == [None if n % 3 else FailureKind.CONNECT for n in range(60)]


def test_a_sweep_of_nothing_is_over_at_once(prober: Prober) -> None:
    assert prober.sweep(targets=[], deadline_seconds=30) == ()


@pytest.mark.slow
def test_many_hanging_targets_end_with_the_sweep_and_do_not_hide_the_living(prober: Prober, listen: Listen) -> None:
    hanging, living = listen(hang), listen(healthy)
    targets = [hanging.target(name=f"h{number}", timeout_seconds=60.0) for number in range(60)]
    targets += [living.target(name=f"l{number}") for number in range(20)]
    started = time.monotonic()

    outcomes = prober.sweep(targets=targets, deadline_seconds=3)

    assert time.monotonic() - started < 3 + LATE_SECONDS
    assert {kind_of(outcome) for outcome in outcomes[:60]} == {FailureKind.SWEEP_DEADLINE}
    assert {kind_of(outcome) for outcome in outcomes[60:]} == {None}


def test_a_hung_probe_is_an_error_at_the_sweep_deadline(prober: Prober, listen: Listen) -> None:
    (outcome,) = prober.sweep(targets=[listen(hang).target(timeout_seconds=60.0)], deadline_seconds=1)

    assert isinstance(outcome, ProbeResult)
    assert outcome.status is Status.ERROR
    assert outcome.failure is not None
    assert outcome.failure.kind is FailureKind.SWEEP_DEADLINE
    assert " s, when the sweep ended (connected " in outcome.failure.message


def test_a_target_that_had_its_whole_timeout_is_a_timeout(prober: Prober, listen: Listen) -> None:
    (outcome,) = prober.sweep(targets=[listen(hang).target(timeout_seconds=0.2)], deadline_seconds=30)

    assert kind_of(outcome) is FailureKind.TIMEOUT


def test_a_target_cut_before_half_the_deadline_says_nothing(listen: Listen) -> None:
    prober = few_threads(1)
    peers = first, second, third = listen(hang), listen(hang), listen(hang)

    def swept(seconds: float) -> tuple[Outcome, ...]:
        hanging = first.target(timeout_seconds=1.5 * seconds)
        targets = [hanging, second.target(timeout_seconds=60.0), third.target()]
        return prober.sweep(targets=targets, deadline_seconds=2.5 * seconds)

    outcomes = with_time_enough(swept, came_far_enough=lambda _: second.connections > 0)

    prober.close()
    assert [kind_of(outcome) for outcome in outcomes] == [
        FailureKind.TIMEOUT,
        UnprobedReason.OVERRUN,
        UnprobedReason.OVERRUN,
    ]
    assert [peer.connections > 0 for peer in peers] == [True, True, False]


@pytest.mark.slow
def test_a_health_answer_stands_when_the_sweep_ends_in_another_reading(listen: Listen) -> None:
    def answer_for_health_only(line: Line) -> None:
        line.read_request()
        line.send(http_answer())
        line.read_request()
        line.wait_until_closed()

    prober, slow, peer = few_threads(1), listen(hang), listen(answer_for_health_only)
    rate = ReadingSpec(name="rate", path="/rate", expression="n")

    def swept(seconds: float) -> Outcome:
        targets = [slow.target(timeout_seconds=2 * seconds), peer.target(timeout_seconds=60.0, readings=(rate,))]
        return prober.sweep(targets=targets, deadline_seconds=3.5 * seconds)[1]

    outcome = with_time_enough(swept, came_far_enough=lambda _: bool(peer.requests) and b"/rate" in peer.requests[-1])

    prober.close()
    assert isinstance(outcome, ProbeResult)
    assert outcome.status is Status.HEALTHY
    assert outcome.reading_errors == {"rate": "sweep_deadline: cut when the sweep ended"}


def test_a_stop_cuts_running_probes_and_begins_no_more(listen: Listen) -> None:
    stop = threading.Event()
    arrived = threading.Barrier(3, action=stop.set)

    def hang_until_all_are_here(line: Line) -> None:
        arrived.wait(10)
        line.wait_until_closed()

    prober, peer = few_threads(3), listen(hang_until_all_are_here)
    targets = [peer.target(name=f"t{number}", timeout_seconds=60.0) for number in range(10)]
    started = time.monotonic()

    outcomes = prober.sweep(targets=targets, deadline_seconds=60, stop=stop)

    prober.close()
    assert time.monotonic() - started < 10
    assert {kind_of(outcome) for outcome in outcomes} == {UnprobedReason.OVERRUN}
    assert peer.connections == 3


def test_a_stop_cuts_a_stalled_tls_handshake(prober: Prober, listen: Listen) -> None:
    stop = threading.Event()

    def stall(line: Line) -> None:
        stop.set()
        line.wait_until_closed()

    peer = listen(stall)
    target = peer.target(base_url=f"https://127.0.0.1:{peer.port}", timeout_seconds=60.0)
    started = time.monotonic()

    (outcome,) = prober.sweep(targets=[target], deadline_seconds=60, stop=stop)

    assert time.monotonic() - started < 10
    assert kind_of(outcome) is UnprobedReason.OVERRUN


def test_nothing_is_begun_after_a_stop(prober: Prober, listen: Listen) -> None:
    stop, peer = threading.Event(), listen(healthy)
    stop.set()

    (outcome,) = prober.sweep(targets=[peer.target()], deadline_seconds=30, stop=stop)

    assert kind_of(outcome) is UnprobedReason.OVERRUN
    assert peer.connections == 0


def test_an_exception_of_ours_is_no_failure_of_the_target_and_is_logged_once(
    prober: Prober, listen: Listen, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(verdict, "judge", fail)
    peer = listen(healthy)
    targets = [peer.target(name=f"t{number}") for number in range(5)]

    with caplog.at_level(logging.ERROR):
        outcomes = prober.sweep(targets=targets, deadline_seconds=30)

    assert {kind_of(outcome) for outcome in outcomes} == {UnprobedReason.INTERNAL}
    tracebacks = [record for record in caplog.records if record.exc_info]
    assert len(tracebacks) == 1
    assert caplog.records[-1].getMessage() == "4 more probes failed for a reason of ours"


def test_running_out_of_descriptors_is_a_failure_of_ours(
    prober: Prober, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> int:
        raise OSError(24, "Too many open files")

    peer = listen(healthy)
    monkeypatch.setattr(socket, "dup", fail)

    (outcome,) = prober.sweep(targets=[peer.target()], deadline_seconds=30)

    assert kind_of(outcome) is UnprobedReason.INTERNAL


@pytest.mark.slow
def test_a_thread_that_does_not_come_back_neither_holds_the_sweep_nor_gets_a_second_one(
    prober: Prober, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    judge = verdict.judge

    def stuck(**values: object) -> object:
        release.wait(60)
        return judge(**values)  # type: ignore[arg-type]

    monkeypatch.setattr(verdict, "judge", stuck)
    target = listen(healthy).target(timeout_seconds=60.0)
    started = time.monotonic()

    (first,) = prober.sweep(targets=[target], deadline_seconds=1)
    threads = threading.active_count()
    (second,) = prober.sweep(targets=[target], deadline_seconds=1)

    assert time.monotonic() - started < 2 + LATE_SECONDS
    assert kind_of(first) is FailureKind.SWEEP_DEADLINE
    assert kind_of(second) is UnprobedReason.SAT_OUT
    assert threading.active_count() <= threads
    release.set()
    wait_for_probe_threads_to_end()


@pytest.mark.slow
def test_sweeps_leave_no_thread_and_no_socket_behind(listen: Listen) -> None:
    def drip(line: Line) -> None:
        line.read_request()
        line.send_for_ever(b"H", every_seconds=0.02)

    prober = few_threads(8)
    living, *others = listen(healthy), listen(hang), listen(drip)
    targets = [peer.target(timeout_seconds=60.0) for peer in (living, *others)]
    targets.append(Target(name="stalling", base_url=f"https://127.0.0.1:{others[0].port}"))
    targets.append(Target(name="refusing", base_url=f"http://127.0.0.1:{refusing_port()}"))

    for _ in range(20):
        prober.sweep(targets=targets, deadline_seconds=0.15)

    wait_for_probe_threads_to_end()
    # A peer's line lasts as long as the client's socket.
    for peer in others:
        assert peer.connections
        peer.wait_for_lines_to_end()
    prober.close()
    living.wait_for_lines_to_end()


def wait_for_probe_threads_to_end() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("probe"):
            thread.join(10)
            assert not thread.is_alive()
