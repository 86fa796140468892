"""Windows between two running totals, against the mean of the raw samples."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from realtime.core import history, sketch
from realtime.core.history import BUCKETS_PER_PERIOD, EMPTY, PERIODS, Figures, SweepSample, Totals, reading_series
from tests.unit.core.simulated_store import SimulatedStore
from tests.unit.core.weighing import seconds_stood_for

START = 1_760_000_000.0
HOUR = 3_600.0

RATE = reading_series("rate")
TRACKED = {"a": ("rate",), "b": ()}


@dataclass(frozen=True)
class Sweep:
    """One sweep as it was: `services` are those of the registry, with their tracked readings.

    weight: seconds that its samples stand for.
    """

    at: float
    sample: SweepSample
    services: Mapping[str, tuple[str, ...]]
    weight: Fraction


def brought(
    fleet: Mapping[str, tuple[float, ...]] | None = None,
    services: Mapping[str, Mapping[str, tuple[float, ...]]] | None = None,
    latencies: tuple[float, ...] = (),
) -> SweepSample:
    """What a sweep brings; `Course.sweep` says when."""
    return SweepSample(
        started_at=0, at=0, interval_seconds=1, fleet=fleet or {}, services=services or {}, latencies=latencies
    )


@dataclass
class Course:
    """Sweeps one after the other, through the store and beside it in the raw."""

    store: SimulatedStore = field(default_factory=SimulatedStore)
    raw: list[Sweep] = field(default_factory=list)
    totals: Totals = EMPTY

    def sweep(
        self, at: float, sample: SweepSample, tracked: Mapping[str, tuple[str, ...]] = TRACKED, *, interval: int = 5
    ) -> None:
        timed = replace(sample, started_at=at, at=at, interval_seconds=interval)
        last = self.raw[-1].sample if self.totals is not EMPTY else None
        seconds = seconds_stood_for(
            interval=interval,
            since_last=None if last is None else at - last.started_at,
            last_interval=None if last is None else last.interval_seconds,
        )
        self.raw.append(Sweep(at=at, sample=timed, services=tracked, weight=seconds))
        self.totals = history.grow(self.totals, sample=timed, tracked=tracked)
        self.store.publish(self.totals)


def fleet_means(raw: Iterable[Sweep], *, start: float, end: float) -> dict[str, Figures]:
    return _means((sweep.weight, sweep.sample.fleet) for sweep in raw if start <= sweep.at < end)


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
                kept = {series: value for series, value in values.items() if _is_kept(series, name, later)}
                samples.append((sweep.weight, kept))
        found[name] = _means(samples)
    return found


def _is_kept(series: str, service: str, later: list[Sweep]) -> bool:
    return series != RATE or all("rate" in sweep.services[service] for sweep in later)


def _means(samples: Iterable[tuple[Fraction, Mapping[str, tuple[float, ...]]]]) -> dict[str, Figures]:
    found: dict[str, list[tuple[Fraction, tuple[float, ...]]]] = {}
    for seconds, sample in samples:
        for series, values in sample.items():
            if values:
                found.setdefault(series, []).append((seconds, values))
    return {series: _figures_of(series, weighted) for series, weighted in found.items()}


def _figures_of(series: str, weighted: list[tuple[Fraction, tuple[float, ...]]]) -> Figures:
    """Failed probes are a share of all; a measured value, one for each sweep at most, is weighted by its time."""
    covered = sum(seconds for seconds, _ in weighted)
    values = [Fraction(value) for _, values in weighted for value in values]
    mean = sum(values) / len(values)
    if series != history.FAILED:
        mean = sum(seconds * Fraction(value) for seconds, values in weighted for value in values) / covered
    return Figures(samples=len(values), mean=float(mean), covered_seconds=float(covered))


def assert_alike(window: Mapping[str, Figures], raw: Mapping[str, Figures]) -> None:
    assert {series: (figures.samples, figures.covered_seconds) for series, figures in window.items()} == {
        series: (figures.samples, figures.covered_seconds) for series, figures in raw.items()
    }
    for series, figures in window.items():
        assert figures.mean == pytest.approx(raw[series].mean, rel=1e-12, abs=1e-12)


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
            assert window.latency_bins == latency_bins(sweeps, start=start, end=end)


def latency_bins(raw: Iterable[Sweep], *, start: float, end: float) -> sketch.Bins:
    bins: dict[int, int] = {}
    for sweep in raw:
        if start <= sweep.at < end:
            bins = sketch.add(bins, sweep.sample.latencies, weight=int(1000 * sweep.weight))
    return bins


values = st.floats(0, 1_000) | st.sampled_from([0.0, 0.1, 1e290, -1e290, 5e-324])
measured = st.lists(values, max_size=1).map(tuple)
failed = st.lists(st.sampled_from([0.0, 1.0]), max_size=3).map(tuple)
series = st.fixed_dictionaries({}, optional={history.FAILED: failed, history.RESPONSE_TIME: measured, RATE: measured})
fleet_series = st.fixed_dictionaries({}, optional={history.FAILED: failed, "x": measured, "y": measured})
registries: st.SearchStrategy[Mapping[str, tuple[str, ...]]] = st.sampled_from(
    [TRACKED, TRACKED, TRACKED, {"a": ()}, {"b": ("rate",)}, {}, {"c": (), **TRACKED}]
)
intervals = st.sampled_from([1, 2, 5, 60])
gaps = st.sampled_from([1.0, 1.9, 5.0, 5.0, 5.02, 30.0, 60.0, 120.0, 700.0, HOUR, 90_000.0])


@st.composite
def sweeps(draw: st.DrawFn) -> list[tuple[float, int, SweepSample, Mapping[str, tuple[str, ...]]]]:
    """Gaps before each sweep, the interval it was made under, what it brought, and the registry then."""
    found = []
    usual = draw(gaps)
    interval = draw(intervals)
    for _ in range(draw(st.integers(1, 25))):
        tracked = draw(registries)
        sample = brought(
            fleet=draw(fleet_series),
            services={name: draw(series) for name in tracked if draw(st.booleans())},
            latencies=tuple(draw(st.lists(st.floats(0, 10), max_size=2))),
        )
        interval = draw(st.just(interval) | intervals)
        found.append((draw(st.just(usual) | st.just(float(interval)) | gaps), interval, sample, tracked))
    return found


@given(course=sweeps(), offset=st.floats(0, 3_000), period=st.sampled_from(list(PERIODS.values())))
def test_windows_are_the_means_of_the_raw_samples(
    course: list[tuple[float, int, SweepSample, Mapping[str, tuple[str, ...]]]], offset: float, period: int
) -> None:
    run = Course()
    at = START + offset
    for gap, interval, sample, tracked in course:
        at += gap
        run.sweep(at, sample, _readings_of(sample, tracked), interval=interval)

        assert all(window.is_known for window in run.store.windows(period))
        assert_brute_force(run, period)


def _readings_of(sample: SweepSample, tracked: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    # A reading has samples only while it is registered.
    return {name: ("rate",) if RATE in sample.services.get(name, {}) else given for name, given in tracked.items()}


@pytest.mark.parametrize("interval", [1, 2, 5, 7, 30, 60, 120])
@pytest.mark.parametrize("period", PERIODS.values())
def test_steady_sweeps_of_any_interval_are_compared_right(interval: int, period: int) -> None:
    run = Course()
    step = max(interval, period // 60)  # a day of seconds would take long and show nothing new
    for number in range(2 * period // step + 40):
        run.sweep(START + 0.25 + number * step, brought(fleet={"x": (float(number % 17),)}), interval=step)

    current, previous = run.store.windows(period)
    assert current.is_known
    assert previous.is_known
    assert previous.fleet.get("x", Figures()).samples == pytest.approx(period / step, abs=1)
    assert previous.fleet.get("x", Figures()).covered_seconds == pytest.approx(period, abs=step)
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
        run.sweep(START + number, brought(fleet={"x": (1.0,)}))

        assert START % history.bucket_seconds(60) == 0
        assert all(window.is_known for window in run.store.windows(60))


def test_an_absurd_value_leaves_the_window_without_a_trace() -> None:
    run = Course()
    for number in range(90):
        value = 1e300 if number == 10 else 0.1
        run.sweep(START + 2 * number, brought(fleet={"x": (value,)}), interval=2)

        current, previous = run.store.windows(60)
        if number == 45:
            assert current.fleet["x"].mean == pytest.approx(0.1, abs=1e-11)
            assert previous.fleet["x"].mean == pytest.approx(1e300 / previous.fleet["x"].samples)
    assert previous.fleet["x"].mean == pytest.approx(0.1, abs=1e-11)


def test_a_service_that_left_and_came_back_starts_anew_and_the_others_go_on() -> None:
    run = Course()
    both = {"a": (), "b": ()}
    sample = brought(services={"a": {"x": (1.0,)}, "b": {"x": (1.0,)}})
    run.sweep(START, sample, both)
    run.sweep(START + 1, brought(services={"b": {"x": (1.0,)}}), {"b": ()})
    run.sweep(START + 2, sample, both)

    services = run.store.windows(60)[0].services

    assert services["a"]["x"].samples == 1
    assert services["b"]["x"].samples == 3


def test_the_totals_hold_only_what_the_registry_holds() -> None:
    run = Course()
    run.sweep(START, brought(services={"a": {RATE: (1.0,), "x": (1.0,)}, "b": {"x": (1.0,)}}))

    run.sweep(START + 5, brought(), {"a": ()})

    assert {name: set(tallies) for name, tallies in run.totals.services.items()} == {"a": {"x"}}


def test_growing_changes_no_totals_that_are_kept() -> None:
    before = history.grow(EMPTY, sample=brought(fleet={"x": (1.0,)}, latencies=(0.1,)), tracked=TRACKED)
    copy = repr(before)

    history.grow(before, sample=brought(fleet={"x": (1.0,)}, latencies=(0.1,)), tracked=TRACKED)

    assert repr(before) == copy


def test_totals_without_a_sample_have_no_windows() -> None:
    with pytest.raises(ValueError, match="without a sample"):
        history.windows(now=EMPTY, at_current_start=None, at_previous_start=None, period_seconds=60)


# What a sample stands for


def covered(*sweeps: tuple[float, int]) -> list[float]:
    """Seconds that each of these sweeps stands for; given are the time since the one before, and the interval."""
    run = Course()
    found = []
    at, before = START, 0
    for seconds, interval in sweeps:
        at += seconds
        run.sweep(at, brought(fleet={"x": (1.0,)}), interval=interval)
        found.append((run.totals.fleet["x"].covered_milliseconds - before) / 1000)
        before = run.totals.fleet["x"].covered_milliseconds
    return found


@pytest.mark.parametrize(
    ("sweeps", "seconds"),
    [
        pytest.param([(0, 5), (5, 5), (5, 5)], [5, 5, 5], id="steady"),
        pytest.param([(0, 5), (5.3, 5), (4.6, 5)], [5, 5, 5], id="a little late and a little early"),
        pytest.param([(0, 5), (60, 5), (5, 5)], [5, 5, 5], id="missed sweeps: a gap covers nothing"),
        pytest.param([(0, 2), (2, 1), (1, 1)], [2, 1, 1], id="a shorter interval"),
        pytest.param([(0, 60), (5, 5), (5, 5)], [60, 5, 5], id="a shorter interval, from now on"),
        pytest.param([(0, 5), (60, 60), (60, 60)], [5, 60, 60], id="a longer interval"),
        pytest.param([(0, 5), (5, 60), (60, 60)], [5, 60, 60], id="a longer interval, said from now on"),
        pytest.param([(0, 5), (2, 60), (3, 5), (5, 5)], [5, 2, 3, 5], id="cron amid beat"),
        pytest.param([(0, 60), (30, 5), (30, 60)], [60, 5, 60], id="one by hand amid rare ones"),
        pytest.param([(0, 60), (1, 60), (1, 60)], [60, 1, 1], id="by hand, in a row"),
        pytest.param([(0, 5), (0, 5)], [5, 0.001], id="at once"),
        pytest.param([(0, 5), (-3600, 5), (5, 5)], [5, 5, 5], id="the clock set back"),
        pytest.param([(0, 5), (3600, 5), (5, 5)], [5, 5, 5], id="the clock set forward"),
    ],
)
def test_a_sample_stands_for_its_interval_unless_it_overlaps_the_one_before(
    sweeps: list[tuple[float, int]], seconds: list[float]
) -> None:
    assert covered(*sweeps) == seconds


@given(st.lists(st.tuples(st.floats(0.001, 200), st.sampled_from([1, 5, 60])), min_size=2, max_size=30))
def test_samples_never_stand_for_more_time_than_their_intervals(sweeps: list[tuple[float, int]]) -> None:
    found = covered(*sweeps)

    assert all(0 < seconds <= interval for seconds, (_, interval) in zip(found, sweeps, strict=True))


@given(
    jitter=st.lists(st.floats(-0.05, 0.05), min_size=30, max_size=30),
    interval=st.sampled_from([1, 5, 60]),
    ended=st.floats(0, 0.8),
)
def test_neither_late_sweeps_nor_long_ones_cost_coverage(jitter: list[float], interval: int, ended: float) -> None:
    run = Course()
    for number, shift in enumerate(jitter):
        began = START + interval * (number + shift)
        sample = replace(
            brought(fleet={"x": (1.0,)}),
            started_at=began,
            at=began + (ended * interval if number % 2 else 0),
            interval_seconds=interval,
        )
        run.totals = history.grow(run.totals, sample=sample, tracked={})

    assert run.totals.fleet["x"].covered_milliseconds == 30 * interval * 1000


def test_a_mean_is_that_of_the_time_and_probes_are_counted() -> None:
    """A minute of 10 and one failed probe of ten every 2 s; then a minute of 40 and none of ten every 1 s."""
    run = Course()
    for number in range(30):
        run.sweep(START + 2 * number, brought({"x": (10.0,), history.FAILED: (1.0,) + (0.0,) * 9}), interval=2)
    for number in range(60):
        run.sweep(START + 60 + number, brought({"x": (40.0,), history.FAILED: (0.0,) * 10}), interval=1)

    current = run.store.windows(300)[0].fleet

    assert current["x"] == Figures(samples=90, mean=25.0, covered_seconds=120.0)
    assert current[history.FAILED] == Figures(samples=900, mean=30 / 900, covered_seconds=120.0)


# When something is lost, or the clock is set


@pytest.mark.parametrize(
    ("lost", "known"), [("start of current", (False, False)), ("start of previous", (True, False))]
)
def test_where_the_totals_of_an_edge_are_lost_the_window_is_unknown_and_empty(
    lost: str, known: tuple[bool, bool]
) -> None:
    run = Course()
    for number in range(200):
        run.sweep(START + number, brought(fleet={"x": (1.0,)}))
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
        run.sweep(at, brought(fleet={"x": (float(number),)}))
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
        run.sweep(at, brought(fleet={"x": (1.0,)}))
        if jump < 0 and number == period // 5:
            assert not run.store.windows(period)[0].is_known

    current, previous = run.store.windows(period)

    assert current.fleet["x"].samples == pytest.approx(period / 5, abs=1)
    assert previous.fleet["x"].samples == pytest.approx(period / 5, abs=1)
    assert_brute_force(run, period)


def test_a_clock_that_is_set_back_by_less_than_a_bucket_costs_nothing() -> None:
    run = Course()
    for number in range(200):
        run.sweep(START + 5 * number - (8 if number > 150 else 0), brought(fleet={"x": (1.0,)}))

    assert all(window.is_known for window in run.store.windows(300))
    assert run.totals.set_back_seconds == 3


@pytest.mark.parametrize("after", [1, 30, 61, 150])
def test_totals_that_the_store_lost_begin_anew_beside_the_buckets_it_kept(after: int) -> None:
    run = Course()
    for number in range(200 + after):
        if number == 200:
            run.totals = EMPTY
        run.sweep(START + number, brought(fleet={"x": (float(number),)}, latencies=(0.1,) * (number + 1)))

    current, previous = run.store.windows(60)

    assert current.is_known
    assert previous.is_known
    for window, raw in ((current, run.raw[200:]), (previous, run.raw[200:] if after > 60 else run.raw[:200])):
        inside = [sweep for sweep in raw if window.span.start <= sweep.at < window.span.end]
        assert_alike(window.fleet, fleet_means(inside, start=0, end=math.inf))
        assert window.latency_bins == latency_bins(inside, start=0, end=math.inf)


# Failures by kind


def test_failures_are_counted_by_kind_the_most_frequent_first() -> None:
    run = Course()
    kinds = {"dns": 1, "timeout": 3, "connect": 1}
    fleet = {history.kind_series(kind): (1.0,) * count for kind, count in kinds.items()}
    run.sweep(START, brought(fleet={**fleet, history.FAILED: (1.0,) * 5}))

    by_kind = history.failures_by_kind(run.store.windows(60)[0].fleet)

    assert list(by_kind.items()) == [("timeout", 3), ("connect", 1), ("dns", 1)]
