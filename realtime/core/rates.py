"""What counters and histograms gave between two sweeps: rates per second and quantiles, by the reading's name."""

from collections.abc import Mapping
from datetime import datetime

from realtime.core import metric_readings
from realtime.core.readings import counter_rate, shown_name
from realtime.core.records import CounterSample, ProbeResult, SeriesSample, ServiceMemory, Target


def samples_of(result: ProbeResult, *, at: datetime) -> tuple[dict[str, CounterSample], dict[str, SeriesSample]]:
    """Return the raw totals of a probe as they are remembered: those of counters in JSON, and those of metrics."""
    counters = {name: CounterSample(total=total, at=at) for name, total in result.counters.items()}
    series = {name: SeriesSample(totals=totals, at=at) for name, totals in result.series.items()}
    return counters, series


def rates_between(
    memory: ServiceMemory,
    *,
    target: Target,
    counters: Mapping[str, CounterSample],
    series: Mapping[str, SeriesSample],
    longest_gap_seconds: float,
) -> dict[str, float]:
    """Return what came about since the samples in memory; nothing for a reading that cannot be compared yet."""
    rates = {
        name: counter_rate(before=memory.counters.get(name), after=sample, longest_gap_seconds=longest_gap_seconds)
        for name, sample in counters.items()
    }
    for spec in target.readings:
        name = shown_name(spec)
        if name in series:
            rates[name] = metric_readings.change(
                spec, before=memory.series.get(name), after=series[name], longest_gap_seconds=longest_gap_seconds
            )
    return {name: rate for name, rate in rates.items() if rate is not None}
