"""Services whose `timeout_ms` the sweep deadline would cut: the one rule, for files, admin and schedule."""

from collections.abc import Iterable

from django.conf import settings
from django.db import DatabaseError

from realtime.models import Service
from realtime.registry.schedule import refresh_interval_seconds

MAX_NAMED = 20


def present_interval() -> int:
    """Return the refresh interval in seconds; the configured one where the table cannot be read."""
    try:
        return refresh_interval_seconds()
    except DatabaseError:
        return int(settings.REALTIME.refresh_interval_seconds)


def warnings(services: Iterable[Service], *, interval_seconds: int) -> list[str]:
    """Return one line for each enabled service that could not use its whole `timeout_ms` under this interval."""
    deadline_seconds = _deadline_seconds(interval_seconds)
    return [
        f"{service.name}: timeout_ms: {service.timeout_ms} is longer than the sweep deadline of {deadline_seconds:g} s "
        f"at a refresh interval of {interval_seconds} s: a slower answer is cut off and shown as an error "
        f"(use at most {int(deadline_seconds * 1000)}, or raise the interval or REALTIME_SWEEP_DEADLINE)"
        for service in _cut(services, deadline_seconds)
    ]


def interval_warning(services: Iterable[Service], *, interval_seconds: int) -> str | None:
    """Return the same for a whole registry in one line, None if no service is concerned."""
    deadline_seconds = _deadline_seconds(interval_seconds)
    cut = _cut(services, deadline_seconds)
    if not cut:
        return None
    named = ", ".join(f"{service.name} ({service.timeout_ms} ms)" for service in cut[:MAX_NAMED])
    others = f" and {len(cut) - MAX_NAMED} more" if len(cut) > MAX_NAMED else ""
    return (
        f"At a refresh interval of {interval_seconds} s the sweep deadline is {deadline_seconds:g} s. It cuts off "
        f"answers that these services may take longer for: {named}{others}. Shorten their timeout_ms, or choose a "
        "longer interval."
    )


def _cut(services: Iterable[Service], deadline_seconds: float) -> list[Service]:
    return [service for service in services if service.enabled and service.timeout_ms > deadline_seconds * 1000]


def _deadline_seconds(interval_seconds: int) -> float:
    return float(settings.REALTIME.sweep_deadline(interval_seconds=interval_seconds))
