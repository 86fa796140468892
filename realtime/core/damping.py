"""Flap damping: a service turns bad or good again only after enough probes in a row say so."""

from dataclasses import dataclass

from realtime.core.records import Shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Damped:
    """What is to be shown, and the probes in a row that speak against it."""

    shown: Shown
    streak: int = 0

    @property
    def is_pending(self) -> bool:
        return self.streak > 0


def damp(*, before: Damped, verdict: Shown, failure_threshold: int, success_threshold: int) -> Damped:
    """Return what is to be shown after one more verdict.

    The first verdict, and moves within good (healthy, degraded) or within bad (unhealthy, error), apply at once.
    A move between the two applies with the `failure_threshold`th bad or `success_threshold`th good one in a row.
    """
    shown = before.shown
    turns_bad = shown.status.is_good and verdict.status.is_bad
    turns_good = shown.status.is_bad and verdict.status.is_good
    if not turns_bad and not turns_good:
        return Damped(shown=verdict)
    streak = before.streak + 1
    if streak >= (failure_threshold if turns_bad else success_threshold):
        return Damped(shown=verdict)
    return Damped(shown=shown, streak=streak)
