"""Our own network away: what proves it, and what a sweep then says of the services."""

from datetime import timedelta

import pytest

from realtime.core.network import is_unreachable
from realtime.core.records import (
    Contact,
    FailureKind,
    Fault,
    FaultCode,
    Outcome,
    ProbeResult,
    ServiceState,
    Status,
    Unprobed,
    UnprobedReason,
)
from tests.unit.core.making import failure, probed, target
from tests.unit.core.sweeping import Collector

NAMES = ("one", "two", "three")


def silent(name: str, place: str | None = None, kind: FailureKind = FailureKind.CONNECT) -> ProbeResult:
    place = place or f"10.0.0.{NAMES.index(name) + 1}"
    return probed(name, Status.ERROR, failure=failure(kind, "no route"), contact=Contact.SILENT, place=place)


def answered(name: str = "four", status: Status = Status.HEALTHY) -> ProbeResult:
    return probed(name, status, contact=Contact.ANSWERED, place="10.0.0.9")


def local(name: str = "local", status: Status = Status.HEALTHY) -> ProbeResult:
    return probed(name, status)


SILENCE: tuple[Outcome, ...] = tuple(silent(name) for name in NAMES)


def test_silence_of_three_places_is_our_network() -> None:
    assert is_unreachable(SILENCE)


def test_silence_of_two_places_is_not() -> None:
    assert not is_unreachable(SILENCE[:2])


def test_many_services_behind_one_address_are_one_place() -> None:
    assert not is_unreachable([silent(name, place="10.0.0.1") for name in NAMES])


def test_names_that_no_resolver_answered_for_are_places() -> None:
    assert is_unreachable([silent(name, place=f"{name}.internal", kind=FailureKind.DNS) for name in NAMES])


@pytest.mark.parametrize("status", [Status.HEALTHY, Status.UNHEALTHY, Status.ERROR])
def test_one_remote_answer_of_any_kind_disproves_it(status: Status) -> None:
    assert not is_unreachable([*SILENCE, answered(status=status)])


@pytest.mark.parametrize("status", [Status.HEALTHY, Status.ERROR])
def test_loopback_proves_nothing(status: Status) -> None:
    assert is_unreachable([*SILENCE, local(status=status)])
    assert not is_unreachable([*SILENCE[:2], local("a", Status.ERROR), local("b", Status.ERROR)])


@pytest.mark.parametrize("reason", UnprobedReason)
def test_a_target_that_was_not_probed_proves_nothing(reason: UnprobedReason) -> None:
    assert is_unreachable([*SILENCE, Unprobed(target="four", reason=reason)])
    assert not is_unreachable([*SILENCE[:2], Unprobed(target="three", reason=reason)])


def test_nothing_at_all_is_no_failure() -> None:
    assert not is_unreachable([])


# What a sweep says


@pytest.fixture
def collector() -> Collector:
    """Three remote services and one on this machine, all healthy in the last sweep."""
    collector = Collector(targets=[*(target(name, failure_threshold=3) for name in NAMES), target("local")])
    collector.sweep(*(answered(name) for name in NAMES), local())
    return collector


def states(collector: Collector) -> dict[str, ServiceState]:
    assert collector.previous is not None
    return {state.name: state for state in collector.previous.services}


def test_services_become_unknown_under_one_error_of_ours(collector: Collector) -> None:
    done = collector.sweep(*SILENCE, local())

    assert done.snapshot.fault is not None
    assert done.snapshot.fault.code is FaultCode.NETWORK_UNREACHABLE
    assert [states(collector)[name].status for name in NAMES] == [Status.UNKNOWN] * 3
    assert [states(collector)[name].failure for name in NAMES] == [None] * 3
    assert [states(collector)[name].consecutive_failures for name in NAMES] == [0] * 3


def test_what_is_on_this_machine_keeps_its_verdict(collector: Collector) -> None:
    collector.sweep(*SILENCE, local(status=Status.UNHEALTHY))

    assert states(collector)["local"].status is Status.UNHEALTHY


def test_such_a_sweep_gives_no_samples(collector: Collector) -> None:
    done = collector.sweep(*SILENCE, local(status=Status.UNHEALTHY))

    assert (done.sample.fleet, done.sample.services, done.sample.latencies) == ({}, {}, ())
    assert states(collector)["local"].consecutive_failures == 0


def test_it_is_told_before_other_failures_of_ours(collector: Collector) -> None:
    registry = Fault(code=FaultCode.REGISTRY_UNAVAILABLE, message="away")

    done = collector.sweep(*SILENCE, Unprobed(target="local", reason=UnprobedReason.OVERRUN), fault=registry)

    assert done.snapshot.fault is not None
    assert done.snapshot.fault.code is FaultCode.NETWORK_UNREACHABLE


def test_when_did_it_answer_last_stays_known(collector: Collector) -> None:
    before = states(collector)["one"]

    collector.sweep(*SILENCE, local())

    after = states(collector)["one"]
    assert (after.checked_at, after.last_success_at) == (before.checked_at, before.last_success_at)


def test_thresholds_stay_where_they_were(collector: Collector) -> None:
    rest = (answered("two"), answered("three"), local())
    collector.sweep(probed("one", Status.ERROR, contact=Contact.SILENT, place="10.0.0.1"), *rest)
    for _ in range(20):
        collector.sweep(*SILENCE, local())

    second = collector.sweep(answered("one", Status.ERROR), *rest)
    assert (second.snapshot.services[0].status, second.snapshot.services[0].pending) == (Status.HEALTHY, True)
    third = collector.sweep(answered("one", Status.ERROR), *rest)
    assert (third.snapshot.services[0].status, third.snapshot.services[0].pending) == (Status.ERROR, False)


def test_services_are_healthy_again_with_the_first_answer(collector: Collector) -> None:
    collector.sweep(*SILENCE, local())

    done = collector.sweep(*(answered(name) for name in NAMES), local())

    assert [state.status for state in done.snapshot.services] == [Status.HEALTHY] * 4
    assert done.snapshot.fault is None
    assert len(done.sample.latencies) == 4


def test_no_back_off_begins_and_none_is_forgotten(collector: Collector) -> None:
    hung = [silent(name, kind=FailureKind.TIMEOUT) for name in NAMES]
    for _ in range(10):
        collector.sweep(*hung, probed("local", Status.ERROR, failure=failure(FailureKind.TIMEOUT)))
    assert {memory.timeouts for memory in collector.memory.values()} == {0}
    assert {state.next_check_at for state in states(collector).values()} == {None}

    for _ in range(4):
        collector.sweep(hung[0], answered("two"), answered("three"), local())
    until = collector.memory["one"].next_check_at
    collector.sweep(*hung, local())

    assert until is not None
    assert collector.memory["one"].next_check_at == until


def test_one_that_sat_out_keeps_its_status_and_is_not_counted(collector: Collector) -> None:
    hung = silent("one", kind=FailureKind.TIMEOUT)
    four = [target("four"), *collector.targets]
    for _ in range(3):
        collector.sweep(hung, answered("two"), answered("three"), local())
    before = states(collector)["one"]
    collector.targets = four

    done = collector.sweep(
        silent("one", place="10.0.0.7"),
        Unprobed(target="one", reason=UnprobedReason.SAT_OUT),
        silent("two"),
        silent("three"),
        local(),
    )

    after = done.snapshot.services[1]
    assert done.snapshot.fault is not None
    assert (after.status, after.failure) == (Status.ERROR, before.failure)
    assert (after.consecutive_failures, after.next_check_at) == (3, before.next_check_at)


def test_a_service_that_stays_cut_off_for_long_is_judged_by_its_next_probe_when_it_was_never_seen() -> None:
    collector = Collector(targets=[target(name) for name in NAMES])
    collector.sweep(*SILENCE, seconds=timedelta(hours=1).total_seconds())

    done = collector.sweep(answered("one", Status.UNHEALTHY), answered("two"), answered("three"))

    assert done.snapshot.services[0].status is Status.UNHEALTHY
