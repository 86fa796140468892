"""History as running totals: what happened in a window is the later total less the earlier one.

Every sweep adds to one set of totals. At the end of each time bucket the totals of that moment are kept, so the
comparison of two periods needs three of them, however many buckets or services there are (the technique of
cumulative counters; prefix sums). Totals are integers, so a difference is exact and one absurd value leaves no trace
once it has left the window.

Sweeps are not equally far apart: the refresh interval may change within a window. So the mean of a measured value is
weighted by time: sum(value x milliseconds) / sum(milliseconds). Values of 10 every 2 s and then of 40 every 1 s, for a
minute each, have the mean 25; a mean over samples would be 30. Probes are counted instead: failed / all.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from realtime.core import sketch

# Periods that can be asked for, by the word in the query, in seconds.
PERIODS: Mapping[str, int] = {"1m": 60, "5m": 300, "15m": 900, "1h": 3_600, "24h": 86_400}
DEFAULT_PERIOD = "5m"
BUCKETS_PER_PERIOD = 30

# A unit of a weighted total is 2^-30 milliseconds; of a sample that stands for 1 s, values are kept to 10^-12.
_SCALE_BITS = 30

# A sweep that comes this share of an interval early is late or early by chance; an earlier one overlaps the last one.
_LEAST_SHARE_OF_INTERVAL = 0.9


class Tally(NamedTuple):
    """How many samples a series had since `since` (Unix seconds), the time they stand for, and their exact sum.

    total: of a counted series the sum of the values; of any other the sum of value x milliseconds, in units of 2^-30.
    `since` distinguishes two lives of one name: a service that left the registry and came back starts anew.
    """

    samples: int
    covered_milliseconds: int
    total: int
    since: int


NamedTallies = Mapping[str, Tally]


# Series that a sweep can add to; those of readings and of failure kinds are named by the functions below.
SWEEPS = "sweeps"
PROBED_SWEEPS = "probed_sweeps"
LATENCY_SWEEPS = "latency_sweeps"
FAILED = "failed"
RESPONSE_TIME = "response_time"
EVENTS_PER_SECOND = "events_per_second"
API_CALLS_ACTIVE = "api_calls_active"
HEALTH_RATIO = "health_ratio"
_READING = "reading:"
_KIND = "failed:"
_COUNTED = frozenset({SWEEPS, PROBED_SWEEPS, LATENCY_SWEEPS, FAILED})


def reading_series(name: str) -> str:
    """Return the series of a registered reading of a service."""
    return f"{_READING}{name}"


def kind_series(kind: str) -> str:
    """Return the series that counts the failed probes of one kind."""
    return f"{_KIND}{kind}"


NamedValues = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepSample:
    """What one sweep adds: values by series, for the fleet and by service; an absent series gets no sample.

    FAILED has one value for each probe that counts, 1 when it failed and 0 when not; a measured series has one value.
    SWEEPS, PROBED_SWEEPS and
    LATENCY_SWEEPS have one for each sweep, each sweep with a probe that counts, and with a latency.
    started_at, at: Unix seconds at which the sweep began, and at which it ended and counts.
    interval_seconds: the refresh interval that it was made under.
    latencies: seconds, one for each probe that had an answer and did not fail.
    """

    started_at: float
    at: float
    interval_seconds: int
    fleet: NamedValues = field(default_factory=dict)
    services: Mapping[str, NamedValues] = field(default_factory=dict)
    latencies: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """Everything that was ever added, up to `at`; times are Unix seconds.

    started_at: of the first sample; None before it. latency_bins: milliseconds by bin, of the whole fleet.
    swept_at, interval_seconds: when the last sweep began, and the refresh interval it was made under.
    set_back_seconds: how much in all the clock was set back between two samples.
    """

    started_at: float | None = None
    at: float | None = None
    swept_at: float | None = None
    interval_seconds: int = 0
    set_back_seconds: float = 0.0
    fleet: NamedTallies = field(default_factory=dict)
    services: Mapping[str, NamedTallies] = field(default_factory=dict)
    latency_bins: sketch.Bins = field(default_factory=dict)


EMPTY = Totals()


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A window of whole buckets, [start, end) in Unix seconds."""

    start: int
    end: int

    @property
    def seconds(self) -> int:
        return self.end - self.start


class Figures(NamedTuple):
    """The samples of one series in one window: their number, their mean, and the time that they stand for.

    mean: None without a sample; weighted by time, except that of a counted series (FAILED: failed probes / probes).
    """

    samples: int = 0
    mean: float | None = None
    covered_seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """What happened in one span. Absent series have no samples.

    is_known is False when the totals at one of its edges are lost; then it is empty.
    """

    span: Span
    is_known: bool = True
    fleet: Mapping[str, Figures] = field(default_factory=dict)
    services: Mapping[str, Mapping[str, Figures]] = field(default_factory=dict)
    latency_bins: sketch.Bins = field(default_factory=dict)


def bucket_seconds(period_seconds: int) -> int:
    """Return the length of a bucket: a thirtieth of the period, which divides every period we know."""
    return period_seconds // BUCKETS_PER_PERIOD


def bucket_of(*, at: float, period_seconds: int) -> int:
    """Return the number of the bucket that holds this moment."""
    return math.floor(at / bucket_seconds(period_seconds))


def spans(*, at: float, period_seconds: int) -> tuple[Span, Span]:
    """Return the current and the previous window; the current one ends with the end of the bucket that holds `at`."""
    size = bucket_seconds(period_seconds)
    end = (bucket_of(at=at, period_seconds=period_seconds) + 1) * size
    length = BUCKETS_PER_PERIOD * size
    return Span(start=end - length, end=end), Span(start=end - 2 * length, end=end - length)


def grow(totals: Totals, *, sample: SweepSample, tracked: Mapping[str, tuple[str, ...]]) -> Totals:
    """Return the totals with one sweep's sample added.

    tracked: the registered readings of each service of the registry; what is not among them is forgotten.
    """
    since = math.floor(sample.at)
    milliseconds = _milliseconds_stood_for(sample, totals)
    services = {}
    for name, readings in tracked.items():
        wanted = {reading_series(reading) for reading in readings}
        kept = {
            series: tally
            for series, tally in totals.services.get(name, {}).items()
            if series in wanted or not series.startswith(_READING)
        }
        services[name] = _grow_tallies(kept, sample.services.get(name, {}), since=since, milliseconds=milliseconds)
    return Totals(
        started_at=sample.at if totals.started_at is None else totals.started_at,
        at=sample.at,
        swept_at=sample.started_at,
        interval_seconds=sample.interval_seconds,
        set_back_seconds=totals.set_back_seconds + (0.0 if totals.at is None else max(totals.at - sample.at, 0.0)),
        fleet=_grow_tallies(totals.fleet, sample.fleet, since=since, milliseconds=milliseconds),
        services=services,
        latency_bins=sketch.add(totals.latency_bins, sample.latencies, weight=milliseconds),
    )


def _milliseconds_stood_for(sample: SweepSample, totals: Totals) -> int:
    """Return the time that each value of a sample stands for: its interval, however long ago the last sweep was.

    A sweep that began before the last one's interval was over (beat and cron mixed, one by hand) overlaps it: it
    stands for no more than the time since. One every 60 s amid those of every 5 s would else weigh as much as twelve.
    """
    interval = 1000 * sample.interval_seconds
    if totals.swept_at is None or sample.started_at < totals.swept_at:  # the first one, or the clock was set back
        return interval
    elapsed = round(1000 * (sample.started_at - totals.swept_at))
    if elapsed >= _LEAST_SHARE_OF_INTERVAL * 1000 * totals.interval_seconds:
        return interval
    return max(1, min(interval, elapsed))


def _grow_tallies(tallies: NamedTallies, values: NamedValues, *, since: int, milliseconds: int) -> dict[str, Tally]:
    grown = dict(tallies)
    for name, added in values.items():
        if added:
            samples, covered, total, born = grown.get(name, Tally(0, 0, 0, since))
            more = round(sum(added)) if _is_counted(name) else sum(_weighted(value, milliseconds) for value in added)
            grown[name] = Tally(samples + len(added), covered + milliseconds, total + more, born)
    return grown


def _is_counted(series: str) -> bool:
    return series in _COUNTED or series.startswith(_KIND)


def _weighted(value: float, milliseconds: int) -> int:
    numerator, denominator = value.as_integer_ratio()
    return (numerator * milliseconds << _SCALE_BITS) // denominator


def windows(
    *, now: Totals, at_current_start: Totals | None, at_previous_start: Totals | None, period_seconds: int
) -> tuple[Window, Window]:
    """Return the current and the previous window.

    at_current_start, at_previous_start: the totals as they stood at the start of each window, None where nothing was
    kept of that moment. A window in which the clock was set back by more than a bucket is not known.
    """
    if now.at is None:
        raise ValueError("totals without a sample have no windows")
    current, previous = spans(at=now.at, period_seconds=period_seconds)
    middle = at_current_start or _nothing_before(current.start, later=now)
    oldest = at_previous_start or _nothing_before(previous.start, later=middle or now)
    return _between(now, middle, span=current), _between(middle, oldest, span=previous)


def bucket_window(*, later: Totals | None, earlier: Totals | None, newest: Totals, span: Span) -> Window:
    """Return what happened in one bucket.

    later, earlier: the totals as they stood at its end and at its start, None where nothing was kept of that moment;
    newest: those of the latest sweep.
    """
    at_end = later or _nothing_before(span.end, later=newest)
    return _between(at_end, earlier or _nothing_before(span.start, later=at_end or newest), span=span)


def _nothing_before(at: int, *, later: Totals) -> Totals | None:
    """Return empty totals for a moment before the first sample of `later`; None for another, whose totals are lost."""
    return EMPTY if later.started_at is None or at <= later.started_at else None


def _between(later: Totals | None, earlier: Totals | None, *, span: Span) -> Window:
    if later is not None and earlier is not None and earlier.started_at != later.started_at:
        # The store lost its totals in between, and they began anew.
        earlier = _nothing_before(span.start, later=later)
    if later is None or earlier is None or _is_set_back(later, earlier, span=span):
        return Window(span=span, is_known=False)
    return Window(
        span=span,
        fleet=_figures(later.fleet, earlier.fleet),
        services={name: _figures(tallies, earlier.services.get(name, {})) for name, tallies in later.services.items()},
        latency_bins=sketch.subtract(later.latency_bins, earlier.latency_bins),
    )


def _is_set_back(later: Totals, earlier: Totals, *, span: Span) -> bool:
    return later.set_back_seconds - earlier.set_back_seconds > span.seconds / BUCKETS_PER_PERIOD


def _figures(later: NamedTallies, earlier: NamedTallies) -> dict[str, Figures]:
    figures = {}
    for name, tally in later.items():
        before = earlier.get(name)
        if before is None or before.since != tally.since:
            before = Tally(0, 0, 0, tally.since)
        samples = tally.samples - before.samples
        if samples > 0:
            covered = tally.covered_milliseconds - before.covered_milliseconds
            weight = samples if _is_counted(name) else covered << _SCALE_BITS
            figures[name] = Figures(samples, (tally.total - before.total) / weight, covered / 1000)
    return figures


def failures_by_kind(series: Mapping[str, Figures]) -> dict[str, int]:
    """Return the failed probes of a window by kind, the most frequent first."""
    counts = {name.removeprefix(_KIND): figures.samples for name, figures in series.items() if name.startswith(_KIND)}
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
