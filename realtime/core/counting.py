"""Counts over the services of a snapshot, and their roll-up into one status."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from realtime.core.records import ServiceState, Status

WORST_FIRST = (Status.ERROR, Status.UNHEALTHY, Status.DEGRADED, Status.UNKNOWN, Status.HEALTHY)


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiCounts:
    """How the services that count as APIs divide; the three parts always add up to `total`.

    in_maintenance: how many of the inactive ones are in maintenance.
    """

    active: int
    inactive: int
    error: int
    in_maintenance: int

    @property
    def total(self) -> int:
        return self.active + self.inactive + self.error

    @property
    def health_ratio(self) -> float | None:
        """Share of active ones among those that are not in maintenance, None when all are or there are no services."""
        judged = self.total - self.in_maintenance
        return self.active / judged if judged else None


def count_apis(services: Iterable[ServiceState]) -> ApiCounts:
    """Count the services that count as APIs: active (healthy, degraded), in error, and inactive for all the rest."""
    statuses = [service.status for service in services if service.counts_as_api]
    active = sum(status.is_good for status in statuses)
    error = statuses.count(Status.ERROR)
    return ApiCounts(
        active=active,
        error=error,
        inactive=len(statuses) - active - error,
        in_maintenance=statuses.count(Status.MAINTENANCE),
    )


def count_statuses(services: Iterable[ServiceState]) -> Mapping[Status, int]:
    """Return the number of services in each of the six statuses."""
    counts = Counter(service.status for service in services)
    return {status: counts[status] for status in Status}


def roll_up_of(services: Iterable[ServiceState]) -> Status:
    """Return the roll-up of these services."""
    return roll_up(count_statuses(services))


def roll_up(counts: Mapping[Status, int]) -> Status:
    """Return the worst status present; maintenance only when all are in it, unknown when there are no services."""
    for status in WORST_FIRST:
        if counts.get(status, 0):
            return status
    return Status.MAINTENANCE if counts.get(Status.MAINTENANCE, 0) else Status.UNKNOWN
