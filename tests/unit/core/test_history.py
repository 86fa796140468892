"""Windows between two running totals, against the mean of the raw samples.

The store is simulated: of each period it keeps the totals at the end of the last 61 buckets, where a bucket without a
sweep has those of the sweep before.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from realtime.core import history, sketch
from realtime.core.history import BUCKETS_PER_PERIOD, EMPTY, PERIODS, Figures, Sample, Totals, Window, reading_series

START = 1_760_000_000.0
KEPT_BUCKETS = 2 * BUCKETS_PER_PERIOD + 1
HOUR = 3_600.0

RATE = reading_series("rate")
TRACKED = {"a": ("rate",), "b": ()}


@dataclass
class SimulatedStore:
    """What the store does with totals, in Python."""

    head: Totals | None = None
    buckets: dict[int, dict[int, Totals]] = field(default_factory=lambda: {period: {} for period in PERIODS.values()})

    def publish(self, totals: Totals) -> None:
        assert totals.at is not None
        for period, kept in self.buckets.items():
            bucket = history.bucket_of(at=totals.at, period_seconds=period)
            first = bucket - KEPT_BUCKETS + 1
            if self.head is not None and self.head.at is not None:
                last = history.bucket_of(at=self.head.at, period_seconds=period)
                kept.update(dict.fromkeys(range(max(last + 1, first), bucket), self.head))
            kept[bucket] = totals
            for other in [number for number in kept if not first <= number <= bucket]:
                del kept[other]
        self.head = totals

    def windows(self, period: int) -> tuple[Window, Window]:
        assert self.head is not None
        assert self.head.at is not None
        bucket = history.bucket_of(at=self.head.at, period_seconds=period)
        return history.windows(
            now=self.head,
            at_current_start=self.buckets[period].get(bucket - BUCKETS_PER_PERIOD),
            at_previous_start=self.buckets[period].get(bucket - 2 * BUCKETS_PER_PERIOD),
            period_seconds=period,
        )


@dataclass(frozen=True)
class Sweep:
    """One sweep as it was: `services` are those of the registry, with their tracked readings."""

    at: float
    sample: Sample
    services: Mapping[str, tuple[str, ...]]


@dataclass
class Course:
    """Sweeps one after the other, through the store and beside it in the raw."""

    store: SimulatedStore = field(default_factory=SimulatedStore)
    raw: list[Sweep] = field(default_factory=list)
    totals: Totals = EMPTY

    def sweep(self, at: float, sample: Sample, tracked: Mapping[str, tuple[str, ...]] = TRACKED) -> None:
        self.raw.append(Sweep(at=at, sample=sample, services=tracked))
        self.totals = history.grow(self.totals, sample=sample, at=at, tracked=tracked)
        self.store.publish(self.totals)


def fleet_means(raw: Iterable[Sweep], *, start: float, end: float) -> dict[str, Figures]:
    return _means(sweep.sample.fleet for sweep in raw if start <= sweep.at < end)


def service_means(raw: list[Sweep], *, start: float, end: float) -> dict[str, dict[str, Figures]]:
    """Means by service of the registry at the end of the window; a series that was away starts anew."""
    past = [sweep for sweep in raw if sweep.at < end]
    names = past[-1].services if past else {}
    found = {}
    for name in names:
        samples = []
        for index, sweep in enumerate(past):
            later = past[index:]
            if sweep.at >= start and all(name in one.services for one in later):
                values = sweep.sample.services.get(name, {})
                samples.append({series: value for series, value in values.items() if _is_kept(series, name, later)})
        found[name] = _means(samples)
    return found


def _is_kept(series: str, service: str, later: list[Sweep]) -> bool:
    return series != RATE or all("rate" in sweep.services[service] for sweep in later)


def _means(samples: Iterable[Mapping[str, tuple[float, ...]]]) -> dict[str, Figures]:
    values: dict[str, list[float]] = {}
    for sample in samples:
        for series, found in sample.items():
            values.setdefault(series, []).extend(found)
    return {
        series: Figures(count=len(found), mean=float(sum(map(Fraction, found)) / len(found)))
        for series, found in values.items()
        if found
    }


def assert_alike(window: Mapping[str, Figures], raw: Mapping[str, Figures]) -> None:
    assert {series: figures.count for series, figures in window.items()} == {
        series: figures.count for series, figures in raw.items()
    }
    for series, figures in window.items():
        assert figures.mean == pytest.approx(raw[series].mean, rel=1e-12, abs=2**-39)


def assert_brute_force(course: Course, period: int) -> None:
    sweeps = course.raw
    for window in course.store.windows(period):
        if window.is_known:
            start, end = window.span.start, window.span.end
            assert_alike(window.fleet, fleet_means(sweeps, start=start, end=end))
            by_service = service_means(sweeps, start=start, end=end)
            assert {name for name, found in window.services.items() if found} == {
                name for name, found in by_service.items() if found
            }
            for name, figures in by_service.items():
                assert_alike(window.services.get(name, {}), figures)
            latencies = [one for sweep in sweeps if start <= sweep.at < end for one in sweep.sample.latencies]
            assert window.latency_bins == sketch.add({}, latencies)


values = st.floats(0, 1_000) | st.sampled_from([0.0, 0.1, 1e290, -1e290, 5e-324])
value_lists = st.lists(values, max_size=3).map(tuple)
series = st.dictionaries(st.sampled_from([history.FAILED, history.RESPONSE_TIME, RATE]), value_lists)
registries: st.SearchStrategy[Mapping[str, tuple[str, ...]]] = st.sampled_from(
    [TRACKED, TRACKED, TRACKED, {"a": ()}, {"b": ("rate",)}, {}, {"c": (), **TRACKED}]
)
gaps = st.sampled_from([1.0, 1.9, 5.0, 5.0, 5.02, 30.0, 60.0, 120.0, 700.0, HOUR, 90_000.0])


@st.composite
def sweeps(draw: st.DrawFn) -> list[tuple[float, Sample, Mapping[str, tuple[str, ...]]]]:
    """Gaps before each sweep, what it brought, and the registry then."""
    found = []
    usual = draw(gaps)
    for _ in range(draw(st.integers(1, 25))):
        tracked = draw(registries)
        sample = Sample(
            fleet=draw(st.dictionaries(st.sampled_from(["x", "y"]), value_lists)),
            services={name: draw(series) for name in tracked if draw(st.booleans())},
            latencies=tuple(draw(st.lists(st.floats(0, 10), max_size=2))),
        )
        found.append((draw(st.just(usual) | gaps), sample, tracked))
    return found


@given(course=sweeps(), offset=st.floats(0, 3_000), period=st.sampled_from(list(PERIODS.values())))
def test_windows_are_the_means_of_the_raw_samples(
    course: list[tuple[float, Sample, Mapping[str, tuple[str, ...]]]], offset: float, period: int
) -> None:
    run = Course()
    at = START + offset
    for gap, sample, tracked in course:
        at += gap
        run.sweep(at, sample, _readings_of(sample, tracked))

        assert all(window.is_known for window in run.store.windows(period))
        assert_brute_force(run, period)


def _readings_of(sample: Sample, tracked: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    # A reading has samples only while it is registered.
    return {name: ("rate",) if RATE in sample.services.get(name, {}) else given for name, given in tracked.items()}


@pytest.mark.parametrize("interval", [1, 2, 5, 7, 30, 60, 120])
@pytest.mark.parametrize("period", PERIODS.values())
def test_steady_sweeps_of_any_interval_are_compared_right(interval: int, period: int) -> None:
    run = Course()
    step = max(interval, period // 60)  # a day of seconds would take long and show nothing new
    for number in range(2 * period // step + 40):
        run.sweep(START + 0.25 + number * step, Sample(fleet={"x": (float(number % 17),)}))

    current, previous = run.store.windows(period)
    assert current.is_known
    assert previous.is_known
    assert previous.fleet.get("x", Figures()).count == pytest.approx(period / step, abs=1)
    assert_brute_force(run, period)


@pytest.mark.parametrize("period", PERIODS.values())
@given(at=st.floats(START, START + 200_000))
def test_two_windows_of_whole_buckets_meet_and_the_later_one_ends_with_the_bucket_of_now(
    period: int, at: float
) -> None:
    current, previous = history.spans(at=at, period_seconds=period)
    bucket = history.bucket_seconds(period)

    assert bucket * BUCKETS_PER_PERIOD == period
    assert current.seconds == previous.seconds == period
    assert previous.end == current.start
    assert current.end % bucket == 0
    assert current.end - bucket <= at < current.end


def test_sweeps_that_began_with_a_bucket_are_known_from_the_first_on() -> None:
    run = Course()
    for number in range(130):
        run.sweep(START + number, Sample(fleet={"x": (1.0,)}))

        assert START % history.bucket_seconds(60) == 0
        assert all(window.is_known for window in run.store.windows(60))


def test_an_absurd_value_leaves_the_window_without_a_trace() -> None:
    run = Course()
    for number in range(90):
        value = 1e300 if number == 10 else 0.1
        run.sweep(START + 2 * number, Sample(fleet={"x": (value,)}))

        current, previous = run.store.windows(60)
        if number == 45:
            assert current.fleet["x"].mean == pytest.approx(0.1, abs=1e-11)
            assert previous.fleet["x"].mean == pytest.approx(1e300 / previous.fleet["x"].count)
    assert previous.fleet["x"].mean == pytest.approx(0.1, abs=1e-11)


def test_a_service_that_left_and_came_back_starts_anew_and_the_others_go_on() -> None:
    run = Course()
    both = {"a": (), "b": ()}
    sample = Sample(services={"a": {"x": (1.0,)}, "b": {"x": (1.0,)}})
    run.sweep(START, sample, both)
    run.sweep(START + 1, Sample(services={"b": {"x": (1.0,)}}), {"b": ()})
    run.sweep(START + 2, sample, both)

    services = run.store.windows(60)[0].services

    assert services["a"]["x"].count == 1
    assert services["b"]["x"].count == 3


def test_the_totals_hold_only_what_the_registry_holds() -> None:
    run = Course()
    run.sweep(START, Sample(services={"a": {RATE: (1.0,), "x": (1.0,)}, "b": {"x": (1.0,)}}))

    run.sweep(START + 5, Sample(), {"a": ()})

    assert {name: set(tallies) for name, tallies in run.totals.services.items()} == {"a": {"x"}}


def test_growing_changes_no_totals_that_are_kept() -> None:
    before = history.grow(EMPTY, sample=Sample(fleet={"x": (1.0,)}, latencies=(0.1,)), at=START, tracked=TRACKED)
    copy = repr(before)

    history.grow(before, sample=Sample(fleet={"x": (1.0,)}, latencies=(0.1,)), at=START + 5, tracked=TRACKED)

    assert repr(before) == copy


def test_totals_without_a_sample_have_no_windows() -> None:
    with pytest.raises(ValueError, match="without a sample"):
        history.windows(now=EMPTY, at_current_start=None, at_previous_start=None, period_seconds=60)


# When something is lost, or the clock is set


@pytest.mark.parametrize(
    ("lost", "known"), [("start of current", (False, False)), ("start of previous", (True, False))]
)
def test_where_the_totals_of_an_edge_are_lost_the_window_is_unknown_and_empty(
    lost: str, known: tuple[bool, bool]
) -> None:
    run = Course()
    for number in range(200):
        run.sweep(START + number, Sample(fleet={"x": (1.0,)}))
    bucket = history.bucket_of(at=START + 199, period_seconds=60)
    del run.store.buckets[60][bucket - (30 if lost == "start of current" else 60)]

    found = run.store.windows(60)

    assert tuple(window.is_known for window in found) == known
    assert tuple(bool(window.fleet) for window in found) == known


jumps = st.sampled_from([0.0, 0.0, 0.0, HOUR, -HOUR, -2 * HOUR, 5 * HOUR, 86_400.0, -86_400.0])


@given(
    course=st.lists(st.tuples(st.sampled_from([1.0, 5.0, 30.0]), jumps), min_size=2, max_size=40),
    period=st.sampled_from(list(PERIODS.values())),
)
@example(course=[(5.0, 0.0)] * 20 + [(5.0, -HOUR)] + [(5.0, 0.0)] * 60, period=60)
@example(course=[(5.0, HOUR), (5.0, -HOUR)] * 20, period=300)
def test_a_clock_that_is_set_gives_no_wrong_figures(course: list[tuple[float, float]], period: int) -> None:
    """A window that is known holds the samples of one course of the clock: none that another put at the same times."""
    run = Course()
    at = START
    courses: list[list[Sweep]] = [[]]
    for number, (gap, jump) in enumerate(course):
        at += gap + jump
        if jump < 0:
            courses.append([])
        run.sweep(at, Sample(fleet={"x": (float(number),)}))
        courses[-1].append(run.raw[-1])

        for window in run.store.windows(period):
            if window.is_known:
                means = [fleet_means(one, start=window.span.start, end=window.span.end) for one in courses]
                assert window.fleet in means
        current = run.store.windows(period)[0]
        if current.is_known:
            assert current.fleet == fleet_means(courses[-1], start=current.span.start, end=current.span.end)


@pytest.mark.parametrize("jump", [HOUR, -HOUR, -86_400.0])
@pytest.mark.parametrize("period", [60, 300])
def test_after_a_clock_was_set_comparisons_recover_within_two_periods(jump: float, period: int) -> None:
    run = Course()
    at = START
    for number in range(4 * period // 5):
        at += 5 + (jump if number == period // 5 else 0)
        run.sweep(at, Sample(fleet={"x": (1.0,)}))
        if jump < 0 and number == period // 5:
            assert not run.store.windows(period)[0].is_known

    current, previous = run.store.windows(period)

    assert current.fleet["x"].count == pytest.approx(period / 5, abs=1)
    assert previous.fleet["x"].count == pytest.approx(period / 5, abs=1)
    assert_brute_force(run, period)


def test_a_clock_that_is_set_back_by_less_than_a_bucket_costs_nothing() -> None:
    run = Course()
    for number in range(200):
        run.sweep(START + 5 * number - (8 if number > 150 else 0), Sample(fleet={"x": (1.0,)}))

    assert all(window.is_known for window in run.store.windows(300))
    assert run.totals.set_back_seconds == 3


@pytest.mark.parametrize("after", [1, 30, 61, 150])
def test_totals_that_the_store_lost_begin_anew_beside_the_buckets_it_kept(after: int) -> None:
    run = Course()
    for number in range(200 + after):
        if number == 200:
            run.totals = EMPTY
        run.sweep(START + number, Sample(fleet={"x": (float(number),)}, latencies=(0.1,) * (number + 1)))

    current, previous = run.store.windows(60)

    assert current.is_known
    assert previous.is_known
    for window, raw in ((current, run.raw[200:]), (previous, run.raw[200:] if after > 60 else run.raw[:200])):
        inside = [sweep for sweep in raw if window.span.start <= sweep.at < window.span.end]
        assert_alike(window.fleet, fleet_means(inside, start=0, end=math.inf))
        assert window.latency_bins == sketch.add({}, (one for sweep in inside for one in sweep.sample.latencies))


# Failures by kind


def test_failures_are_counted_by_kind_the_most_frequent_first() -> None:
    run = Course()
    kinds = {"dns": 1, "timeout": 3, "connect": 1}
    fleet = {history.kind_series(kind): (1.0,) * count for kind, count in kinds.items()}
    run.sweep(START, Sample(fleet={**fleet, history.FAILED: (1.0,) * 5}))

    by_kind = history.failures_by_kind(run.store.windows(60)[0].fleet)

    assert list(by_kind.items()) == [("timeout", 3), ("connect", 1), ("dns", 1)]
