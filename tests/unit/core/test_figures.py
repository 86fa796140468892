"""Every figure that an answer and a history show, against an oracle that keeps every sample.

The courses change the refresh interval, sweep by hand amid the schedule, lose sweeps, start the collector again, lose
the store, and change the registry.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from realtime.core import codec, document, history, series
from realtime.core.contract.metrics import METRIC_NAMES, metric_named
from realtime.core.history import EMPTY, Totals, Window
from realtime.core.maintenance import OnceWindow
from realtime.core.readings import public_name
from realtime.core.records import FailureKind, Outcome, ReadingSpec, Status, Target, Unprobed, UnprobedReason
from tests.unit.core.kept_samples import Found, Kept, Oracle, Probe
from tests.unit.core.making import NOW, failure, probed, target
from tests.unit.core.simulated_store import SimulatedStore
from tests.unit.core.sweeping import Collector
from tests.unit.core.weighing import seconds_stood_for

RATE = ReadingSpec(name="rate", expression="rate", counts_toward_events=True)
DEPTH = ReadingSpec(name="depth", expression="depth")
AWAY = OnceWindow(starts_at=NOW - timedelta(days=1), ends_at=NOW + timedelta(days=30))
FLEET = [
    target("a", readings=(RATE, DEPTH)),
    target("b", readings=(RATE,)),
    target("c", readings=(DEPTH,), failure_threshold=2),
    target("store", counts_as_api=False),
]
KINDS = [FailureKind.TIMEOUT, FailureKind.CONNECT, FailureKind.REPORTED]
FLOORS = {
    "events_per_second": 0.1,
    "api_calls_active": 0.5,
    "health_percentage": 1,
    "error_rate": 1,
    "response_time_ms": 5,
    "response_time_ms_p50": 5,
    "response_time_ms_p95": 5,
}

Change = Literal["", "gap", "restart", "store lost", "leaves", "comes back", "reading leaves", "maintenance", "by hand"]


@dataclass(frozen=True)
class Phase:
    """What happens first, and how many sweeps of which interval follow."""

    change: Change
    interval: int
    sweeps: int


@dataclass
class Course:
    """A collector that sweeps services which do as they please, its store, and the oracle beside it."""

    numbers: random.Random
    collector: Collector = field(default_factory=lambda: Collector(targets=FLEET))
    store: SimulatedStore = field(default_factory=SimulatedStore)
    totals: Totals = EMPTY
    oracle: Oracle = field(default_factory=Oracle)
    started_at: datetime = NOW
    last_sweep: tuple[datetime, int] | None = None
    last_kinds: dict[str, FailureKind | None] = field(default_factory=dict)
    trouble: float = 0.05

    def go(self, phase: Phase) -> None:
        self._change(phase)
        self.trouble = self.numbers.choice([0.0, 0.05, 0.3])
        for number in range(phase.sweeps):
            self.started_at += timedelta(seconds=phase.interval * self.numbers.uniform(0.98, 1.02))
            if self.numbers.random() > 0.05:  # else this sweep is lost
                self.sweep(phase.interval)
            if phase.change == "by hand" and number % 7 == 0:
                self.started_at += timedelta(seconds=phase.interval * self.numbers.uniform(0.1, 0.9))
                self.sweep(60)

    def _change(self, phase: Phase) -> None:
        targets = {one.name: one for one in self.collector.targets}
        name = self.numbers.choice(FLEET).name
        match phase.change:
            case "gap":
                self.started_at += timedelta(seconds=self.numbers.uniform(20, 400))
            case "restart":
                self._restart()
            case "store lost":
                self.totals, self.store, self.oracle, self.last_sweep = EMPTY, SimulatedStore(), Oracle(), None
            case "leaves":
                targets.pop(name, None)
            case "comes back":
                targets = {one.name: targets.get(one.name, one) for one in FLEET}
            case "reading leaves" if name in targets:
                targets[name] = replace(targets[name], readings=targets[name].readings[:-1])
            case "maintenance":
                targets = {one: _with_maintenance(two, away=one == name) for one, two in targets.items()}
        self.collector.targets = list(targets.values())

    def _restart(self) -> None:
        """Go on with what is in the store, as another process would."""
        if self.collector.previous is not None:
            self.collector.previous = codec.decode_snapshot(codec.encode_snapshot(self.collector.previous))
        self.collector.memory = codec.decode_memory(codec.encode_memory(self.collector.memory))
        self.totals = codec.decode_totals(codec.encode_totals(self.totals))
        self.started_at += timedelta(seconds=self.numbers.uniform(0, 10))

    def sweep(self, interval: int) -> None:
        self.started_at = max(self.started_at, self.collector.at)  # one sweep at a time
        ended = self.started_at + timedelta(seconds=interval * self.numbers.uniform(0.01, 0.5))
        is_cut = self.numbers.random() < 0.05  # before any service was probed
        outcomes = [_cut(one) if is_cut else self._outcome(one) for one in self.collector.targets]
        done = self.collector.sweep(
            *outcomes,
            seconds=(ended - self.collector.at).total_seconds(),
            started_at=self.started_at,
            refresh_interval_seconds=interval,
        )
        statuses = [one.status for one in done.snapshot.services if one.counts_as_api]
        self._keep(outcomes, interval=interval, statuses=statuses)
        self.totals = history.grow(self.totals, sample=done.sample, tracked=done.tracked)
        self.store.publish(self.totals)

    def _outcome(self, one: Target) -> Outcome:
        if self.numbers.random() < 0.01:
            return _cut(one)
        if self.numbers.random() < 0.03 and self.last_kinds.get(one.name):
            return Unprobed(target=one.name, reason=UnprobedReason.SAT_OUT)
        present = [public_name(spec.name) for spec in one.readings if self.numbers.random() > self.trouble / 5]
        readings = {name: round(self.numbers.expovariate(0.1), 3) for name in present}
        if self.numbers.random() < self.trouble:
            kind = self.numbers.choice(KINDS)
            status = Status.UNHEALTHY if kind is FailureKind.REPORTED else Status.ERROR
            gauges = readings if kind is FailureKind.REPORTED else {}
            return probed(one.name, status, failure=failure(kind), gauges=gauges)
        return probed(one.name, response_time_seconds=self.numbers.lognormvariate(-3, 1), gauges=readings)

    def _keep(self, outcomes: list[Outcome], *, interval: int, statuses: list[Status]) -> None:
        targets = list(self.collector.targets)
        last_at, last_interval = self.last_sweep or (None, None)
        seconds = seconds_stood_for(
            interval=interval,
            # As Unix times, like the totals: a difference close to half a millisecond must be rounded to the same side.
            since_last=None if last_at is None else self.started_at.timestamp() - last_at.timestamp(),
            last_interval=last_interval,
        )
        self.last_sweep = (self.started_at, interval)
        found = {one.name: self._probe(outcome) for one, outcome in zip(targets, outcomes, strict=True)}
        self.last_kinds = {name: kind for name, kind in self.last_kinds.items() if name in found}
        probes = {one.name: probe for one in targets if (probe := found[one.name]) is not None and not one.maintenance}
        is_whole = all(found[one.name] is not None or one.maintenance for one in targets)
        judged = [status for status in statuses if status is not Status.MAINTENANCE]
        active = sum(status in (Status.HEALTHY, Status.DEGRADED) for status in statuses)
        self.oracle.sweeps.append(
            Kept(
                at=self.collector.at.timestamp(),
                seconds=seconds,
                registry={one.name: tuple(public_name(spec.name) for spec in one.readings) for one in targets},
                probes=probes,
                events=self._events(targets, outcomes),
                active=float(active) if statuses and is_whole else None,
                health=active / len(judged) if judged and is_whole else None,
            )
        )

    def _probe(self, outcome: Outcome) -> Probe | None:
        if isinstance(outcome, Unprobed):
            kind = self.last_kinds.get(outcome.target)
            return Probe(failed_as=kind) if outcome.reason is UnprobedReason.SAT_OUT else None
        kind = outcome.failure.kind if outcome.failure else None
        self.last_kinds[outcome.target] = kind
        latency = None if kind else outcome.response_time_seconds
        return Probe(failed_as=kind, latency=latency, readings=outcome.gauges)

    def _events(self, targets: list[Target], outcomes: list[Outcome]) -> float | None:
        expected = [outcome for one, outcome in zip(targets, outcomes, strict=True) if RATE in one.readings]
        rates = [None if isinstance(outcome, Unprobed) else outcome.gauges.get("rate") for outcome in expected]
        present = [rate for rate in rates if rate is not None]
        return sum(present) if present and len(present) == len(expected) else None


def _cut(one: Target) -> Outcome:
    return Unprobed(target=one.name, reason=UnprobedReason.OVERRUN)


def _with_maintenance(one: Target, *, away: bool) -> Target:
    return replace(one, maintenance=() if one.maintenance or not away else (AWAY,))


# What is shown, against what was


def assert_shown(shown: float | None, found: Found, *, name: str) -> None:
    if found.value is None:
        assert shown is None
        return
    value = float(found.value)
    if name.startswith("response_time_ms_p"):
        assert shown == pytest.approx(value, abs=0.01 * value + 0.051)
    elif name == "response_time_ms":
        assert shown == pytest.approx(value, abs=0.051)
    elif name in ("error_rate", "health_percentage"):
        assert shown == pytest.approx(value, abs=0.0051)
    else:
        assert shown == pytest.approx(value, rel=1e-8, abs=1e-9)


def assert_compared(shown: Mapping[str, Any], current: Found, previous: Found, *, name: str, period: int) -> None:
    assert_shown(shown["current"], current, name=name)
    assert_shown(shown["previous"], previous, name=name)
    is_enough = current.is_enough(period=period) and previous.is_enough(period=period)
    assert (shown["trend"] != "unknown") is is_enough
    if not is_enough:
        assert shown["change_percent"] is None
        assert shown.get("change") is None
        return
    # Percentiles are known to 1 % only, so their trend is held to what is shown.
    is_exact = not name.startswith("response_time_ms_p")
    now, before = (
        (float(current.value or 0), float(previous.value or 0)) if is_exact else (shown["current"], shown["previous"])
    )
    change, band = now - before, max(0.05 * abs(before), FLOORS.get(name, 0.0))
    if abs(abs(change) - band) > (1e-9 if is_exact else 0.2):
        assert shown["trend"] == ("flat" if abs(change) <= band else "up" if change > 0 else "down")
    if shown["previous"] == 0:
        assert shown["change_percent"] is None
    elif is_exact:
        assert shown["change_percent"] == pytest.approx(100 * change / abs(before), rel=1e-6, abs=0.051)


def assert_answer(course: Course, period: int) -> None:
    """Check every figure of the answer for this period."""
    snapshot = course.collector.previous
    assert snapshot is not None
    current, previous = course.store.windows(period)
    assert current.is_known
    assert previous.is_known
    shown = document.build(snapshot=snapshot, current=current, previous=previous)
    spans = [{"start": window.span.start, "end": window.span.end} for window in (current, previous)]
    oracle = course.oracle
    for window, span in zip(("current", "previous"), spans, strict=True):
        assert shown["comparison"][window]["samples"] == len(oracle.inside(**span))
    for name, figure in shown["comparison"]["metrics"].items():
        now, before = (oracle.fleet(name, **span) for span in spans)
        assert_compared(figure, now, before, name=name, period=period)
    for entry in [*shown["api_metrics"], *shown["other_services"]]:
        service = entry["service"]
        for name, figure in entry["comparison"].items():
            now, before = (oracle.service(service, name, **span) for span in spans)
            assert_compared(figure, now, before, name=name, period=period)
        own = oracle.service(service, "error_rate", **spans[0])
        assert_shown(entry["error_rate"], replace(own, value=own.value or Fraction()), name="error_rate")
        assert entry["error_count"] == (own.value or 0) * own.samples / 100
    assert_errors(shown["errors"], oracle, **spans[0])


def assert_errors(shown: Mapping[str, Any], oracle: Oracle, *, start: float, end: float) -> None:
    kinds, probes, seconds = oracle.failures(start=start, end=end)
    failed = sum(kinds.values())
    assert (shown["probes"], shown["failed_probes"], shown["by_kind"]) == (probes, failed, dict(kinds))
    assert list(shown["by_kind"].values()) == sorted(kinds.values(), reverse=True)
    assert shown["error_rate"] == pytest.approx(100 * failed / probes if probes else 0, abs=0.0051)
    per_minute = float(60 * failed / seconds) if seconds else 0
    assert shown["failures_per_minute"] == pytest.approx(per_minute, abs=0.0051)


def assert_history(course: Course, period: int) -> None:
    """Check every point of every metric's history."""
    snapshot = course.collector.previous
    assert snapshot is not None
    buckets = course.store.history(period)
    readings = {name for state in snapshot.services for name in state.tracked}
    for name in sorted({*METRIC_NAMES, *readings}):
        metric = metric_named(name, readings=readings)
        assert metric is not None
        names = [state.name for state in snapshot.services if name not in readings or name in state.tracked]
        points = series.build(metric=metric, period_seconds=period, buckets=buckets, names=names)
        for index, point in enumerate(points["fleet"]):
            assert_shown(point, course.oracle.fleet(name, **_edges(buckets[index])), name=name)
        for service, values in points["services"].items():
            for index, point in enumerate(values):
                assert_shown(point, course.oracle.service(service, name, **_edges(buckets[index])), name=name)


def _edges(bucket: Window) -> dict[str, float]:
    return {"start": bucket.span.start, "end": bucket.span.end}


changes: st.SearchStrategy[Change] = st.sampled_from(
    ["", "", "gap", "restart", "store lost", "leaves", "comes back", "reading leaves", "maintenance", "by hand"]
)
phases = st.builds(
    Phase,
    change=changes,
    interval=st.sampled_from([1, 2, 5, 5, 10, 30]),
    sweeps=st.integers(1, 40),
)


@pytest.mark.slow
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), course=st.lists(phases, min_size=1, max_size=5))
@example(seed=1, course=[Phase("", 2, 60), Phase("", 1, 60), Phase("restart", 5, 24)])
@example(seed=2, course=[Phase("", 5, 30), Phase("by hand", 5, 30), Phase("leaves", 1, 40), Phase("comes back", 2, 40)])
@example(seed=3, course=[Phase("", 1, 40), Phase("reading leaves", 5, 20), Phase("comes back", 10, 20)])
@example(
    seed=3270236911,
    course=[Phase("", 30, 26), Phase("", 1, 39), Phase("", 10, 22), Phase("", 5, 19), Phase("by hand", 30, 23)],
)
@example(seed=4, course=[Phase("maintenance", 5, 40), Phase("maintenance", 1, 40), Phase("gap", 2, 40)])
def test_every_figure_is_that_of_the_samples_themselves(seed: int, course: list[Phase]) -> None:
    run = Course(numbers=random.Random(seed))
    for phase in course:
        run.go(phase)
        if run.oracle.sweeps:
            for period in (60, 300):
                assert_answer(run, period)
                assert_history(run, period)
