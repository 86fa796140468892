"""One number out of the samples of a Prometheus metric: gauges at once, counters and histograms between two sweeps."""

import hashlib
import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from realtime.core import answers, metric_selectors
from realtime.core.exposition import Exposition, Sample, Unreadable, matching_samples
from realtime.core.histograms import quantile
from realtime.core.metric_selectors import Selector
from realtime.core.records import Aggregate, LabelledTotals, ReadingKind, ReadingSpec, SeriesSample

# Of a counter or a histogram (its buckets aside): what the collector remembers of each until the next sweep.
MAX_LABEL_SETS = 1000
MAX_BUCKETS = 10_000

QUANTILES: Mapping[Aggregate, float] = {Aggregate.P50: 0.5, Aggregate.P95: 0.95, Aggregate.P99: 0.99}
_AGGREGATES: Mapping[Aggregate, Callable[[Sequence[float]], float]] = {
    Aggregate.SUM: math.fsum,
    Aggregate.MIN: min,
    Aggregate.MAX: max,
}
_BUCKET = "_bucket"
_BOUND = "le"


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What one answer gives for a metric reading: a number, or totals that become one by the next sweep."""

    number: float | None = None
    totals: LabelledTotals = field(default_factory=dict)


def selector_of(spec: ReadingSpec) -> Selector:
    """Return which samples a metric reading is taken from."""
    selector = metric_selectors.parse(spec.metric or "")
    if spec.aggregate not in QUANTILES:
        return selector
    return Selector(name=selector.name + _BUCKET, matchers=selector.matchers)


def measure(spec: ReadingSpec, exposition: Exposition) -> Measured:
    """Return what a metric reading takes out of an answer.

    Raises:
        Unreadable: it cannot be read.
    """
    selector = selector_of(spec)
    samples = matching_samples(exposition, selector)
    if spec.aggregate is Aggregate.COUNT:
        return Measured(number=float(len(samples)))
    if not samples:
        raise Unreadable("no sample of the answer matches")
    if spec.aggregate in QUANTILES:
        return Measured(totals=_bucket_totals(selector.name, samples))
    values = [_finite(sample) for sample in samples]
    if spec.kind is ReadingKind.COUNTER:
        return Measured(totals=_counter_totals(selector.name, samples, values))
    number = answers.finite_number(_AGGREGATES[spec.aggregate](values))
    if number is None:
        raise Unreadable("the samples add up to a number beyond range")
    return Measured(number=number)


def change(
    spec: ReadingSpec, *, before: SeriesSample | None, after: SeriesSample, longest_gap_seconds: float
) -> float | None:
    """Return a counter's rate per second, or a histogram's quantile, between two sweeps.

    None where there is nothing to compare with, or nothing was observed. Only label sets that both sweeps have count;
    a total that fell began again at 0, so what it shows now is its increase, as in Prometheus' `rate()`.
    """
    if before is None:
        return None
    seconds = (after.at - before.at).total_seconds()
    if not 0 < seconds <= longest_gap_seconds:
        return None
    increases = {
        labels: _increases(before.totals[labels], totals)
        for labels, totals in after.totals.items()
        if labels in before.totals
    }
    if spec.aggregate in QUANTILES:
        return _quantile_of(increases.values(), ratio=QUANTILES[spec.aggregate])
    rates = [rate / seconds for of_one in increases.values() for rate in of_one.values()]
    return answers.finite_number(_AGGREGATES[spec.aggregate](rates)) if rates else None


def _increases(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {
        bound: total - before[bound] if total >= before[bound] else total
        for bound, total in after.items()
        if bound in before
    }


def _quantile_of(increases: Collection[Mapping[str, float]], *, ratio: float) -> float | None:
    buckets: dict[float, float] = {}
    for of_one in increases:
        for bound, increase in of_one.items():
            buckets[float(bound)] = buckets.get(float(bound), 0.0) + increase
    # A bucket that came or went between the two sweeps can leave too few to say anything.
    if len(buckets) < 2 or math.inf not in buckets:
        return None
    value = quantile(ratio=ratio, buckets=buckets)
    return None if value is None else answers.finite_number(value)


def _finite(sample: Sample) -> float:
    number = answers.finite_number(sample.value)
    if number is None:
        raise Unreadable("a matching sample is not a finite number")
    return number


def _counter_totals(metric: str, samples: Sequence[Sample], values: Sequence[float]) -> LabelledTotals:
    if len(samples) > MAX_LABEL_SETS:
        raise Unreadable(f"more than {MAX_LABEL_SETS} label sets match: narrow the matchers")
    if min(values) < 0:
        raise Unreadable("a counter cannot be negative")
    return {_label_set(metric, sample.labels): {"": value} for sample, value in zip(samples, values, strict=True)}


def _bucket_totals(metric: str, samples: Sequence[Sample]) -> LabelledTotals:
    if len(samples) > MAX_BUCKETS:
        raise Unreadable(f"more than {MAX_BUCKETS} buckets match: narrow the matchers")
    totals: dict[str, dict[str, float]] = {}
    for sample in samples:
        of_one = totals.setdefault(_label_set(metric, sample.labels, without=_BOUND), {})
        of_one[_bound(sample)] = max(0.0, _finite(sample))
    if len(totals) > MAX_LABEL_SETS:
        raise Unreadable(f"more than {MAX_LABEL_SETS} label sets match: narrow the matchers")
    if not all(repr(math.inf) in of_one and len(of_one) > 1 for of_one in totals.values()):
        raise Unreadable("a histogram lacks its bucket +Inf, or has no other")
    return totals


def _bound(sample: Sample) -> str:
    try:
        bound = float(sample.labels.get(_BOUND, ""))
    except ValueError:
        bound = math.nan
    if math.isnan(bound):
        raise Unreadable("a bucket has no number as its bound le")
    return repr(bound)


def _label_set(metric: str, labels: Mapping[str, str], *, without: str = "") -> str:
    """Return a short name of the metric with these labels: it is stored for each, and labels may be long."""
    pairs = sorted((name, value) for name, value in labels.items() if name != without)
    return hashlib.blake2b(json.dumps([metric, pairs]).encode(), digest_size=8).hexdigest()
