"""One sweep and what the last one left -> snapshot, memory, samples, status changes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core import codec, counting, history
from realtime.core.bounds import parse
from realtime.core.consolidation import Consolidated
from realtime.core.history import EMPTY
from realtime.core.maintenance import OnceWindow
from realtime.core.records import (
    CounterSample,
    DataSourceSpec,
    FailureKind,
    Fault,
    FaultCode,
    Outcome,
    ReadingKind,
    ReadingSpec,
    ServiceMemory,
    ServiceState,
    Status,
    StatusChange,
    Target,
    Unprobed,
    UnprobedReason,
)
from tests.unit.core.making import NOW, failure, probed, target
from tests.unit.core.sweeping import INTERVAL, STALE_AFTER, Collector

EVENTS = ReadingSpec(name="events_per_second", expression="events_per_second", counts_toward_events=True)


def sat_out(name: str = "data-api") -> Unprobed:
    return Unprobed(target=name, reason=UnprobedReason.SAT_OUT)


def overrun(name: str = "data-api") -> Unprobed:
    return Unprobed(target=name, reason=UnprobedReason.OVERRUN)


def internal(name: str = "data-api") -> Unprobed:
    return Unprobed(target=name, reason=UnprobedReason.INTERNAL)


def hung(name: str = "data-api") -> Outcome:
    return probed(name, Status.ERROR, failure=failure(FailureKind.SWEEP_DEADLINE, "took too long"))


def only(done: Consolidated) -> ServiceState:
    (state,) = done.snapshot.services
    return state


# Any mix of outcomes


names = st.sampled_from([f"service-{index}" for index in range(6)])
specs = st.builds(
    ReadingSpec,
    name=st.sampled_from(["rate", "events", "error_count"]),
    expression=st.just("x"),
    kind=st.sampled_from(ReadingKind),
    counts_toward_events=st.booleans(),
)
targets = st.lists(
    st.builds(
        target,
        name=names,
        counts_as_api=st.booleans(),
        failure_threshold=st.integers(1, 3),
        success_threshold=st.integers(1, 3),
        readings=st.lists(specs, max_size=2, unique_by=lambda spec: spec.name).map(tuple),
        data_sources=st.just(()) | st.just((DataSourceSpec(name="influxdb"), DataSourceSpec(name="ha", condition="x"))),
    ),
    max_size=6,
    unique_by=lambda one: one.name,
)
numbers = st.floats(-1e290, 1e290) | st.floats(0, 100)


@st.composite
def outcomes(draw: st.DrawFn, one: Target) -> Outcome:
    reason = draw(st.none() | st.none() | st.sampled_from(UnprobedReason))
    if reason is not None:
        return Unprobed(target=one.name, reason=reason)
    gauges = [spec.name for spec in one.readings if spec.kind is ReadingKind.GAUGE]
    counters = [spec.name for spec in one.readings if spec.kind is ReadingKind.COUNTER]
    return probed(
        one.name,
        draw(st.sampled_from([Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY, Status.ERROR])),
        gauges=draw(st.dictionaries(st.sampled_from([*gauges, "along"]), numbers)),
        counters=draw(st.dictionaries(st.sampled_from(counters), st.floats(0, 1e290))) if counters else {},
        conditions={source.name: draw(st.booleans()) for source in one.data_sources},
        finished_seconds=draw(st.floats(0, 4)),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[list[Target], list[Outcome], float]]:
    """Sweeps over a registry that changes from one to the next."""
    sweeps = []
    for _ in range(draw(st.integers(1, 5))):
        registry = draw(targets)
        found = [draw(outcomes(one)) for one in registry]
        sweeps.append((registry, found, draw(st.sampled_from([1.0, 5.0, 5.0, 60.0, 3_600.0]))))
    return sweeps


@given(histories())
def test_any_course_of_sweeps_gives_snapshots_that_hold_together(
    sweeps: list[tuple[list[Target], list[Outcome], float]],
) -> None:
    collector = Collector()
    for registry, found, seconds in sweeps:
        collector.targets = registry
        before = {state.name: state.status for state in collector.previous.services} if collector.previous else {}

        done = collector.sweep(*found, seconds=seconds)

        snapshot = done.snapshot
        assert [state.name for state in snapshot.services] == [one.name for one in registry]
        counts = counting.count_apis(snapshot.services)
        assert counts.active + counts.inactive + counts.error == sum(one.counts_as_api for one in registry)
        assert 0 <= snapshot.events_fresh <= snapshot.events_expected <= len(registry)
        assert all((state.failure is not None) is state.status.is_bad for state in snapshot.services)
        assert all(state.pending is (done.memory[state.name].streak > 0) for state in snapshot.services)
        assert set(done.memory) == set(done.tracked) == {one.name for one in registry}
        assert list(snapshot.active_sources) == sorted(snapshot.active_sources)
        assert {change.service for change in done.changes} == {
            state.name for state in snapshot.services if before.get(state.name, state.status) is not state.status
        }
        assert set(done.sample.services) <= set(done.tracked)
        assert (snapshot.fault is not None) is any(
            isinstance(outcome, Unprobed) and outcome.reason is not UnprobedReason.SAT_OUT for outcome in found
        )
        codec.encode_snapshot(snapshot)
        codec.encode_memory(done.memory)
        codec.encode_totals(history.grow(EMPTY, sample=done.sample, tracked=done.tracked))


@given(histories())
def test_the_error_figures_count_every_probe_once(
    sweeps: list[tuple[list[Target], list[Outcome], float]],
) -> None:
    collector = Collector()
    for registry, found, seconds in sweeps:
        collector.targets = registry

        sample = collector.sweep(*found, seconds=seconds).sample

        failed = sample.fleet[history.FAILED]
        by_service = [values[history.FAILED] for values in sample.services.values()]
        assert sorted(failed) == sorted(value for values in by_service for value in values)
        kinds = [values for name, values in sample.fleet.items() if name.startswith(history.kind_series(""))]
        assert sum(map(len, kinds)) == sum(failed)
        assert len(sample.latencies) <= failed.count(0.0)
        assert len(failed) >= sum(not isinstance(outcome, Unprobed) for outcome in found)


# What a probe brings


def test_a_probed_service_is_shown_as_the_probe_found_it() -> None:
    spec = ReadingSpec(name="rate", expression="rate")
    collector = Collector(targets=[target(readings=(spec,), type="data", group="ingestion")])

    state = only(
        collector.sweep(
            probed(
                gauges={"along": 2.0, "rate": 1.0},
                response_time_seconds=0.0452,
                finished_seconds=0.1,
                uptime_seconds=60.0,
                reading_errors={"other": "not found"},
            )
        )
    )

    assert state == ServiceState(
        name="data-api",
        type="data",
        group="ingestion",
        counts_as_api=True,
        status=Status.HEALTHY,
        response_time_seconds=0.0452,
        readings={"rate": 1.0, "along": 2.0},
        tracked=("rate",),
        status_since=collector.at,
        reading_errors={"other": "not found"},
        uptime_seconds=60.0,
        checked_at=collector.at - timedelta(seconds=0.1),
        last_success_at=collector.at - timedelta(seconds=0.1),
    )
    assert list(state.readings) == ["rate", "along"]


def test_failures_in_a_row_are_counted_and_the_last_success_is_remembered() -> None:
    collector = Collector()
    success = only(collector.sweep(probed()))

    collector.sweep(probed(status=Status.ERROR))
    state = only(collector.sweep(probed(status=Status.UNHEALTHY)))

    assert state.consecutive_failures == 2
    assert state.last_success_at == success.checked_at
    assert only(collector.sweep(probed(status=Status.DEGRADED))).consecutive_failures == 0


def test_a_damped_service_is_pending_and_its_probe_has_failed_all_the_same() -> None:
    collector = Collector(targets=[target(failure_threshold=2)])
    collector.sweep(probed())

    done = collector.sweep(probed(status=Status.ERROR))

    assert only(done).status is Status.HEALTHY
    assert only(done).pending
    assert only(done).consecutive_failures == 1
    assert done.sample.fleet[history.FAILED] == (1.0,)
    assert done.changes == ()
    assert only(collector.sweep(probed(status=Status.ERROR))).status is Status.ERROR


def test_a_failed_probe_gives_no_latency_though_its_answer_had_a_response_time() -> None:
    done = Collector().sweep(probed(status=Status.UNHEALTHY, response_time_seconds=0.5))

    assert only(done).response_time_seconds == 0.5
    assert done.sample.latencies == ()
    assert history.RESPONSE_TIME not in done.sample.services["data-api"]
    assert done.sample.fleet[history.LATENCY_SWEEPS] == ()


def test_a_good_probe_gives_one_sample_of_everything() -> None:
    collector = Collector(targets=[target(readings=(EVENTS,))])

    sample = collector.sweep(probed(gauges={"events_per_second": 12.5, "along": 1.0})).sample

    assert sample.latencies == (0.0452,)
    assert sample.fleet == {
        history.SWEEPS: (1.0,),
        history.PROBED_SWEEPS: (1.0,),
        history.LATENCY_SWEEPS: (1.0,),
        history.FAILED: (0.0,),
        history.EVENTS_PER_SECOND: (12.5,),
        history.API_CALLS_ACTIVE: (1.0,),
        history.HEALTH_RATIO: (1.0,),
    }
    assert sample.services == {
        "data-api": {
            history.FAILED: (0.0,),
            history.RESPONSE_TIME: (0.0452,),
            history.reading_series("events_per_second"): (12.5,),
        }
    }


def test_the_registry_as_it_is_now_describes_a_service() -> None:
    collector = Collector()
    collector.sweep(probed())

    collector.targets = [target(type="datastore", group="new", counts_as_api=False)]
    state = only(collector.sweep(overrun()))

    assert (state.type, state.group, state.counts_as_api) == ("datastore", "new", False)


# Sitting a sweep out


def test_a_target_that_sits_out_keeps_what_was_shown_and_counts_as_failed_once_more() -> None:
    collector = Collector()
    collector.sweep(probed())
    before = only(collector.sweep(hung()))

    done = collector.sweep(sat_out())

    assert only(done) == replace(before, consecutive_failures=2)
    assert done.snapshot.fault is None
    assert done.sample.fleet[history.FAILED] == (1.0,)
    assert done.sample.fleet[history.kind_series("sweep_deadline")] == (1.0,)
    assert done.sample.services["data-api"] == {
        history.FAILED: (1.0,),
        history.kind_series("sweep_deadline"): (1.0,),
    }
    assert done.sample.latencies == ()
    assert done.changes == ()


def test_a_target_that_sits_out_is_exempt_from_the_staleness_limit() -> None:
    collector = Collector()
    before = only(collector.sweep(hung()))

    state = only(collector.sweep(sat_out(), seconds=86_400))

    assert (state.status, state.failure, state.checked_at) == (Status.ERROR, before.failure, before.checked_at)


def test_a_target_that_sits_out_gives_no_events_and_no_readings_to_history() -> None:
    collector = Collector(targets=[target(readings=(EVENTS,), failure_threshold=3)])
    collector.sweep(probed(gauges={"events_per_second": 5.0}))
    collector.sweep(probed(status=Status.UNHEALTHY, gauges={"events_per_second": 5.0}))

    done = collector.sweep(sat_out())

    assert done.snapshot.events_per_second == 0
    assert (done.snapshot.events_expected, done.snapshot.events_fresh) == (1, 0)
    assert history.EVENTS_PER_SECOND not in done.sample.fleet
    assert history.reading_series("events_per_second") not in done.sample.services["data-api"]


def test_a_target_that_sits_out_after_a_success_is_believed_only_until_it_is_too_old() -> None:
    collector = Collector()
    collector.sweep(hung())
    collector.sweep(probed())

    done = collector.sweep(sat_out())

    assert only(done).status is Status.HEALTHY
    assert done.sample.fleet[history.FAILED] == ()
    assert done.snapshot.fault is None
    late = collector.sweep(sat_out(), seconds=60)
    assert only(late).status is Status.UNKNOWN
    assert late.snapshot.fault is None


# What could not be probed because of us


@pytest.mark.parametrize("outcome", [overrun(), internal()])
@pytest.mark.parametrize("bad", [True, False])
def test_a_target_we_could_not_probe_keeps_everything_and_adds_no_sample(outcome: Outcome, bad: bool) -> None:
    collector = Collector(targets=[target(readings=(EVENTS,), failure_threshold=2)])
    if bad:
        collector.sweep(probed(status=Status.ERROR))
    before = only(collector.sweep(probed(gauges={"events_per_second": 5.0})))

    done = collector.sweep(outcome)

    assert only(done) == before
    assert done.sample.services == {}
    assert done.sample.latencies == ()
    assert {name: values for name, values in done.sample.fleet.items() if values} == {history.SWEEPS: (1.0,)}
    assert done.snapshot.events_fresh == 0


@pytest.mark.parametrize(
    ("seconds", "status"), [(STALE_AFTER.total_seconds() - 0.2, Status.ERROR), (14.0, Status.UNKNOWN)]
)
def test_what_is_kept_is_unknown_once_it_is_older_than_the_staleness_limit(seconds: float, status: Status) -> None:
    collector = Collector()
    before = only(collector.sweep(probed(status=Status.ERROR, finished_seconds=0.1, gauges={"n": 1.0})))

    done = collector.sweep(overrun(), seconds=seconds)

    state = only(done)
    assert state.status is status
    assert (state.failure is None) is (status is Status.UNKNOWN)
    assert bool(state.readings) is (status is not Status.UNKNOWN)
    assert state.checked_at == before.checked_at
    assert state.consecutive_failures == 1
    assert [change.became for change in done.changes] == ([status] if status is Status.UNKNOWN else [])


def test_a_service_never_probed_is_unknown() -> None:
    for outcome in (overrun(), internal(), sat_out()):
        state = only(Collector().sweep(outcome))

        assert state.status is Status.UNKNOWN
        assert state.checked_at is None
        assert state.failure is None


def test_the_first_verdict_after_unknown_applies_at_once() -> None:
    collector = Collector(targets=[target(failure_threshold=3)])
    collector.sweep(probed())
    collector.sweep(probed(status=Status.ERROR))
    collector.sweep(overrun(), seconds=60)

    state = only(collector.sweep(probed(status=Status.ERROR)))

    assert state.status is Status.ERROR
    assert not state.pending


@pytest.mark.parametrize(
    ("found", "code", "words"),
    [
        ([overrun("a"), probed("b")], FaultCode.SWEEP_OVERRUN, "1 of 2 services could not be checked before"),
        ([internal("a"), overrun("b")], FaultCode.INTERNAL, "1 of 2 services could not be checked because"),
        ([overrun("a"), overrun("b")], FaultCode.SWEEP_OVERRUN, "2 of 2 services"),
    ],
)
def test_a_failure_of_ours_is_told_at_the_top(found: list[Outcome], code: FaultCode, words: str) -> None:
    done = Collector(targets=[target("a"), target("b")]).sweep(*found)

    assert done.snapshot.fault is not None
    assert done.snapshot.fault.code is code
    assert done.snapshot.fault.message.startswith(words)


def test_what_had_failed_before_the_sweep_is_told_first() -> None:
    registry_away = Fault(code=FaultCode.REGISTRY_UNAVAILABLE, message="the registry cannot be read")

    assert Collector().sweep(overrun(), fault=registry_away).snapshot.fault == registry_away
    assert Collector().sweep(probed()).snapshot.fault is None


def test_health_leaves_maintenance_out_and_has_no_sample_while_nothing_else_is_there() -> None:
    away = OnceWindow(starts_at=NOW, ends_at=NOW + timedelta(days=1))
    collector = Collector(targets=[target("a", maintenance=(away,)), target("b")])

    one_away = collector.sweep(probed("a"), probed("b")).sample.fleet
    collector.targets = [target("a", maintenance=(away,)), target("b", maintenance=(away,))]
    both_away = collector.sweep(probed("a"), probed("b")).sample.fleet

    assert (one_away[history.HEALTH_RATIO], one_away[history.API_CALLS_ACTIVE]) == ((1.0,), (1.0,))
    assert (both_away[history.HEALTH_RATIO], both_away[history.API_CALLS_ACTIVE]) == ((), (0.0,))


def test_a_sample_says_when_its_sweep_was_and_under_which_interval() -> None:
    collector = Collector()

    for found in (probed(), overrun()):
        sample = collector.sweep(found, refresh_interval_seconds=60).sample

        ended = collector.at.timestamp()
        assert (sample.at, sample.interval_seconds) == (ended, 60)
        assert sample.started_at == pytest.approx(ended - 0.2)


def test_a_sweep_of_which_we_missed_a_part_says_nothing_of_the_number_of_active_services() -> None:
    collector = Collector(targets=[target("a"), target("b")])

    sample = collector.sweep(probed("a"), overrun("b")).sample

    assert history.API_CALLS_ACTIVE not in sample.fleet
    assert history.HEALTH_RATIO not in sample.fleet
    assert sample.fleet[history.FAILED] == (0.0,)


# Events


def test_the_event_rate_is_the_sum_of_the_readings_that_count_toward_it() -> None:
    twice = (EVENTS, ReadingSpec(name="status", expression="x", counts_toward_events=True))
    collector = Collector(targets=[target("a", readings=(EVENTS,)), target("b", readings=twice), target("c")])

    done = collector.sweep(
        probed("a", gauges={"events_per_second": 10.0}),
        probed("b", Status.UNHEALTHY, gauges={"events_per_second": 2.0, "reported_status": 0.5}),
        probed("c", gauges={"events_per_second": 99.0}),
    )

    assert done.snapshot.events_per_second == 12.5
    assert (done.snapshot.events_expected, done.snapshot.events_fresh) == (2, 2)
    assert done.sample.fleet[history.EVENTS_PER_SECOND] == (12.5,)


def test_a_missing_contributor_is_no_falling_rate() -> None:
    collector = Collector(targets=[target("a", readings=(EVENTS,)), target("b", readings=(EVENTS,))])

    done = collector.sweep(probed("a", gauges={"events_per_second": 10.0}), probed("b"))

    assert done.snapshot.events_per_second == 10.0
    assert (done.snapshot.events_expected, done.snapshot.events_fresh) == (2, 1)
    assert history.EVENTS_PER_SECOND not in done.sample.fleet


def test_without_contributors_there_is_no_rate_to_remember() -> None:
    done = Collector().sweep(probed())

    assert done.snapshot.events_per_second == 0
    assert history.EVENTS_PER_SECOND not in done.sample.fleet


# Counters

COUNTED = ReadingSpec(name="events", expression="total", kind=ReadingKind.COUNTER, counts_toward_events=True)


def counted(total: float) -> Outcome:
    return probed(counters={"events": total})


def test_a_counter_gives_nothing_in_its_first_sweep_and_a_rate_from_the_second() -> None:
    collector = Collector(targets=[target(readings=(COUNTED,))])

    first = collector.sweep(counted(1_000))
    second = collector.sweep(counted(1_050))
    restarted = collector.sweep(counted(20))

    assert "events" not in only(first).readings
    assert first.snapshot.events_fresh == 0
    assert only(second).readings == {"events": 10.0}
    assert second.snapshot.events_per_second == 10.0
    assert only(restarted).readings == {"events": 4.0}


def test_a_counter_goes_on_over_sweeps_in_which_it_was_not_read() -> None:
    collector = Collector(targets=[target(readings=(COUNTED,))])
    collector.sweep(counted(1_000))

    collector.sweep(overrun())
    collector.sweep(probed(status=Status.ERROR))
    done = collector.sweep(counted(1_150))

    assert only(done).readings == {"events": 10.0}


@pytest.mark.parametrize(
    ("interval", "gap", "has_rate"), [(5, 300, True), (5, 301, False), (600, 601, True), (600, 1_300, False)]
)
def test_a_counter_bridges_five_minutes_or_one_missed_sweep(interval: int, gap: float, has_rate: bool) -> None:
    collector = Collector(targets=[target(readings=(COUNTED,))])
    collector.sweep(counted(0), refresh_interval_seconds=interval)

    done = collector.sweep(counted(gap), seconds=gap, refresh_interval_seconds=interval)

    assert only(done).readings == ({"events": 1.0} if has_rate else {})


def with_series(total: float) -> Outcome:
    return probed(series={"rate": {"a-label-set": {"": total}}})


def test_a_metric_counter_gives_a_rate_from_its_second_sweep_on() -> None:
    rate = ReadingSpec(name="rate", metric="m_total", kind=ReadingKind.COUNTER)
    collector = Collector(targets=(target(readings=(rate,)),))

    sweeps = [
        collector.sweep(outcome) for outcome in (with_series(100.0), with_series(150.0), probed(), with_series(250.0))
    ]

    assert [only(done).readings.get("rate") for done in sweeps] == [
        None,
        pytest.approx(10.0),
        None,
        pytest.approx(10.0),
    ]


def test_a_bound_on_a_rate_makes_a_failed_probe_from_the_second_sweep_on() -> None:
    rate = ReadingSpec(name="rate", expression="total", kind=ReadingKind.COUNTER, unhealthy_if=parse("< 1"))
    collector = Collector(targets=(target(readings=(rate,), failure_threshold=2),))

    sweeps = [collector.sweep(probed(counters={"rate": 100.0})) for _ in range(3)]

    assert [only(done).status for done in sweeps] == [Status.HEALTHY, Status.HEALTHY, Status.UNHEALTHY]
    assert [only(done).pending for done in sweeps] == [False, True, False]
    assert [only(done).consecutive_failures for done in sweeps] == [0, 1, 2]
    assert only(sweeps[2]).failure == failure(FailureKind.BOUND, "rate is 0 (unhealthy if < 1)")
    assert sweeps[1].sample.services["data-api"][history.kind_series(FailureKind.BOUND)] == (1.0,)


def test_what_the_registry_no_longer_names_is_forgotten() -> None:
    source = DataSourceSpec(name="ha", condition="x")
    collector = Collector(targets=[target(readings=(COUNTED,), data_sources=(source,))])
    collector.sweep(probed(counters={"events": 5.0}, conditions={"ha": True}))

    collector.targets = [target()]
    done = collector.sweep(overrun())

    assert done.memory["data-api"] == ServiceMemory()
    assert done.tracked == {"data-api": ()}


# Data sources

HA = DataSourceSpec(name="home-assistant", condition="connection.is_running")


@pytest.mark.parametrize(
    ("status", "held", "active"),
    [
        (Status.HEALTHY, True, True),
        (Status.DEGRADED, True, True),
        (Status.HEALTHY, False, False),
        (Status.UNHEALTHY, True, False),
        (Status.ERROR, True, False),
    ],
)
def test_a_data_source_is_active_when_its_service_is_well_and_its_condition_holds(
    status: Status, held: bool, active: bool
) -> None:
    collector = Collector(targets=[target(data_sources=(HA,))])

    done = collector.sweep(probed(status=status, conditions={"home-assistant": held}))

    assert done.snapshot.active_sources == (("home-assistant",) if active else ())


def test_data_sources_are_sorted_and_need_no_condition() -> None:
    sources = (DataSourceSpec(name="websocket"), HA, DataSourceSpec(name="influxdb"))
    collector = Collector(targets=[target(data_sources=sources)])

    done = collector.sweep(probed(conditions={"home-assistant": True}))

    assert done.snapshot.active_sources == ("home-assistant", "influxdb", "websocket")


def test_a_data_source_is_never_assumed_to_be_active() -> None:
    collector = Collector(targets=[target(data_sources=(HA, DataSourceSpec(name="influxdb")))])

    assert collector.sweep(overrun()).snapshot.active_sources == ()


def test_a_condition_that_no_answer_was_asked_for_yet_does_not_hold() -> None:
    collector = Collector()
    collector.sweep(probed())

    collector.targets = [target(data_sources=(HA,))]
    done = collector.sweep(overrun())

    assert only(done).status is Status.HEALTHY
    assert done.snapshot.active_sources == ()


def test_while_a_failed_probe_is_damped_the_last_usable_answer_decides_the_condition() -> None:
    collector = Collector(targets=[target(data_sources=(HA,), failure_threshold=2)])
    collector.sweep(probed(conditions={"home-assistant": True}))

    damped = collector.sweep(probed(status=Status.ERROR, conditions={"home-assistant": False}))
    kept = collector.sweep(overrun())
    down = collector.sweep(probed(status=Status.ERROR))

    assert damped.snapshot.active_sources == kept.snapshot.active_sources == ("home-assistant",)
    assert down.snapshot.active_sources == ()


# Services that come and go


def test_a_deleted_service_is_in_no_field_and_the_others_are_untouched() -> None:
    collector = Collector(targets=[target("a"), target("b")])
    collector.sweep(probed("a"), probed("b", Status.ERROR))
    kept = next(state for state in collector.sweep(hung("a"), probed("b")).snapshot.services if state.name == "b")

    collector.targets = [target("b")]
    done = collector.sweep(overrun("b"))

    assert done.snapshot.services == (kept,)
    assert set(done.memory) == set(done.tracked) == {"b"}
    assert done.changes == ()


def test_a_service_that_comes_back_begins_anew() -> None:
    collector = Collector()
    collector.sweep(probed(status=Status.ERROR))
    collector.targets = []
    collector.sweep()
    collector.targets = [target(success_threshold=3)]

    done = collector.sweep(probed())

    assert only(done).status is Status.HEALTHY
    assert only(done).consecutive_failures == 0
    assert done.changes == ()


def test_an_empty_registry_gives_an_empty_snapshot_without_a_fault() -> None:
    done = Collector(targets=[]).sweep()

    assert done.snapshot.services == ()
    assert done.snapshot.fault is None
    assert done.snapshot.events_per_second == 0
    assert {name: values for name, values in done.sample.fleet.items() if values} == {history.SWEEPS: (1.0,)}


# Status changes


def test_a_status_change_tells_when_from_what_to_what_and_why() -> None:
    collector = Collector()

    first = collector.sweep(probed())
    down = collector.sweep(probed(status=Status.ERROR))
    same = collector.sweep(probed(status=Status.ERROR))
    up = collector.sweep(probed())

    assert first.changes == same.changes == ()
    (change,) = down.changes
    assert change == StatusChange(
        service="data-api",
        at=collector.at - timedelta(seconds=2 * INTERVAL),
        was=Status.HEALTHY,
        became=Status.ERROR,
        kind=FailureKind.CONNECT,
        reason="connection refused",
    )
    (change,) = up.changes
    assert (change.was, change.became, change.kind) == (Status.ERROR, Status.HEALTHY, None)


def test_counters_are_remembered_with_the_time_they_were_read_at() -> None:
    collector = Collector(targets=[target(readings=(COUNTED,))])

    done = collector.sweep(counted(7))

    assert done.memory["data-api"].counters == {
        "events": CounterSample(total=7, at=collector.at - timedelta(seconds=0.1))
    }
