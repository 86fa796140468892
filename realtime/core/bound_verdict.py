"""Makes a verdict worse by the bounds on readings: by one that is met, or that there is no number to check against."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from realtime.core.bounds import Bound
from realtime.core.readings import UPTIME, shown_name
from realtime.core.records import Evidence, Failure, FailureKind, ProbeResult, ReadingSpec, Status, Target

_SEVERITY = {Status.HEALTHY: 0, Status.DEGRADED: 1, Status.UNHEALTHY: 2, Status.ERROR: 3}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Met:
    status: Status
    sentence: str


def with_bounds(result: ProbeResult, *, target: Target, rates: Mapping[str, float]) -> ProbeResult:
    """Return the result of a probe with the verdict that its readings' bounds leave of it.

    rates: what counters and histograms gave between two sweeps, by name; one that is neither there nor among the
    reading errors cannot be judged yet. A reading that could not be read meets its bounds: the evidence that they
    require is missing.
    """
    if result.status is Status.ERROR:
        return result
    numbers = {**result.gauges, **rates}
    if result.uptime_seconds is not None:
        numbers[UPTIME] = result.uptime_seconds
    bounded = [spec for spec in target.readings if spec.has_bound and _is_judged(spec, result, numbers)]
    if bounded and result.evidence is Evidence.HTTP:
        result = replace(result, evidence=Evidence.BOUND)
    met = [found for spec in bounded for found in _met(spec, result, numbers)]
    worst = max(met, key=lambda found: _SEVERITY[found.status], default=None)
    if worst is None or _SEVERITY[worst.status] <= _SEVERITY[result.status]:
        return result
    failure = Failure(kind=FailureKind.BOUND, message=worst.sentence) if worst.status.is_bad else None
    return replace(result, status=worst.status, failure=failure, reason=worst.sentence)


def _is_judged(spec: ReadingSpec, result: ProbeResult, numbers: Mapping[str, float]) -> bool:
    name = shown_name(spec)
    return name in numbers or name in result.reading_errors


def _met(spec: ReadingSpec, result: ProbeResult, numbers: Mapping[str, float]) -> list[_Met]:
    name = shown_name(spec)
    found = []
    for status, bound in ((Status.UNHEALTHY, spec.unhealthy_if), (Status.DEGRADED, spec.degraded_if)):
        if bound is None:
            continue
        if name not in numbers:
            problem = result.reading_errors[name]
            found.append(_Met(status=status, sentence=f"{name} could not be read ({status} if {bound}): {problem}"))
        elif bound.is_met(numbers[name]):
            shown = _shown(numbers[name], bound)
            found.append(_Met(status=status, sentence=f"{name} is {shown} ({status} if {bound})"))
    return found


def _shown(number: float, bound: Bound) -> str:
    """Return the number with six digits, or with all where rounding would bring it back within its bound."""
    rounded = f"{number:.6g}"
    return rounded if bound.is_met(float(rounded)) else repr(number)
