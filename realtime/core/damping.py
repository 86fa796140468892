"""Flap damping: a service turns bad or good again only after enough probes in a row say so."""

from dataclasses import dataclass

from realtime.core.records import Failure, Status


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """The status to show, the failure it rests on, and the probes in a row that speak against it."""

    status: Status
    failure: Failure | None
    streak: int = 0

    @property
    def is_pending(self) -> bool:
        return self.streak > 0


def damp(
    *, shown: Shown, verdict: Status, failure: Failure | None, failure_threshold: int, success_threshold: int
) -> Shown:
    """Return what is to be shown after one more verdict.

    The first verdict, and moves within good (healthy, degraded) or within bad (unhealthy, error), apply at once.
    A move between the two applies with the `failure_threshold`th bad or `success_threshold`th good one in a row.
    """
    turns_bad = shown.status.is_good and verdict.is_bad
    turns_good = shown.status.is_bad and verdict.is_good
    if not turns_bad and not turns_good:
        return Shown(status=verdict, failure=failure)
    streak = shown.streak + 1
    if streak >= (failure_threshold if turns_bad else success_threshold):
        return Shown(status=verdict, failure=failure)
    return Shown(status=shown.status, failure=shown.failure, streak=streak)
