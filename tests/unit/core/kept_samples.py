"""An oracle for figures: it keeps every sample and answers by going through all of them.

It is written from the contract alone, in exact fractions, and shares no code with `core.history`.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

LEAST_SAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What one sweep found of one service; without a probe that counts there is none of these.

    latency: seconds, None when it failed or had no answer.
    """

    failed_as: str | None = None
    latency: float | None = None
    readings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One sweep as it was.

    seconds: how much time its samples stand for. registry: the readings of each registered service.
    events, active, health: of the fleet, None where the sweep has no sample of it.
    """

    at: float
    seconds: Fraction
    registry: Mapping[str, tuple[str, ...]]
    probes: Mapping[str, Probe]
    events: float | None
    active: float | None
    health: float | None


@dataclass(frozen=True, kw_only=True)
class Found:
    """A figure of one window: its true value, and how many samples stand for how much time."""

    value: Fraction | None
    samples: int
    covered: Fraction

    def is_enough(self, *, period: int) -> bool:
        return self.samples >= LEAST_SAMPLES and self.covered >= Fraction(period, 2)


Weighted = list[tuple[Fraction, float]]


@dataclass
class Oracle:
    """All sweeps since the store was lost last, oldest first."""

    sweeps: list[Kept] = field(default_factory=list)

    def inside(self, start: float, end: float) -> list[Kept]:
        return [sweep for sweep in self.sweeps if start <= sweep.at < end]

    def fleet(self, name: str, *, start: float, end: float) -> Found:
        """Return a figure of the fleet under its public name, in its public unit."""
        sweeps = self.inside(start, end)
        if name == "error_rate":
            return _share_failed([(sweep.seconds, list(sweep.probes.values())) for sweep in sweeps])
        if name.startswith("response_time_ms_p"):
            return _percentile(sweeps, Fraction(int(name.removeprefix("response_time_ms_p")), 100))
        value_of: Mapping[str, Callable[[Kept], float | None]] = {
            "events_per_second": lambda sweep: sweep.events,
            "api_calls_active": lambda sweep: sweep.active,
            "health_percentage": lambda sweep: None if sweep.health is None else 100 * sweep.health,
        }
        return _mean((sweep.seconds, value_of[name](sweep)) for sweep in sweeps)

    def service(self, service: str, name: str, *, start: float, end: float) -> Found:
        """Return a figure of a service; one that left the registry, or a reading that did, starts anew."""
        reading = None if name in ("error_rate", "response_time_ms") else name
        found = []
        for sweep in reversed([sweep for sweep in self.sweeps if sweep.at < end]):
            tracked = sweep.registry.get(service)
            if sweep.at < start or tracked is None or (reading is not None and reading not in tracked):
                break
            if (probe := sweep.probes.get(service)) is not None:
                found.append((sweep.seconds, probe))
        if reading is not None:
            return _mean((seconds, probe.readings.get(reading)) for seconds, probe in found)
        if name == "error_rate":
            return _share_failed([(seconds, [probe]) for seconds, probe in found])
        return _mean((seconds, None if probe.latency is None else 1000 * probe.latency) for seconds, probe in found)

    def failures(self, *, start: float, end: float) -> tuple[Counter[str], int, Fraction]:
        """Return failed probes by kind, the number of all probes, and the seconds in which services were probed."""
        probed = [sweep for sweep in self.inside(start, end) if sweep.probes]
        probes = [probe for sweep in probed for probe in sweep.probes.values()]
        kinds = Counter(probe.failed_as for probe in probes if probe.failed_as is not None)
        return kinds, len(probes), sum((sweep.seconds for sweep in probed), Fraction())


def _mean(samples: Iterable[tuple[Fraction, float | None]]) -> Found:
    present = [(seconds, Fraction(value)) for seconds, value in samples if value is not None]
    covered = sum((seconds for seconds, _ in present), Fraction())
    total = sum((seconds * value for seconds, value in present), Fraction())
    return Found(value=total / covered if present else None, samples=len(present), covered=covered)


def _share_failed(sweeps: list[tuple[Fraction, list[Probe]]]) -> Found:
    """Return failed probes per hundred; a sweep is one sample, however many services it probed."""
    probed = [(seconds, probes) for seconds, probes in sweeps if probes]
    outcomes = [probe.failed_as is not None for _, probes in probed for probe in probes]
    return Found(
        value=100 * Fraction(sum(outcomes), len(outcomes)) if outcomes else None,
        samples=len(probed),
        covered=sum((seconds for seconds, _ in probed), Fraction()),
    )


def _percentile(sweeps: list[Kept], share: Fraction) -> Found:
    """Return the least latency in milliseconds up to which lies this share of the time that all stand for."""
    measured = [
        (probe.latency, sweep.seconds)
        for sweep in sweeps
        for probe in sweep.probes.values()
        if probe.latency is not None
    ]
    timed = [sweep.seconds for sweep in sweeps if any(probe.latency is not None for probe in sweep.probes.values())]
    rank = share * sum((seconds for _, seconds in measured), Fraction())
    value, seen = math.nan, Fraction()
    for latency, seconds in sorted(measured):
        value, seen = latency, seen + seconds
        if seen >= rank:
            break
    return Found(value=1000 * Fraction(value) if measured else None, samples=len(timed), covered=sum(timed, Fraction()))
