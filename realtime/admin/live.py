"""What the latest snapshot says of each service, read once for a whole page of the admin."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from realtime.core.records import Evidence, Fault, ServiceState
from realtime.core.wording import ago
from realtime.reporting.reader import latest_snapshot


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveStates:
    """States by service name, and how far they can be trusted.

    age_seconds: of the snapshot, None when there is none. fault: the internal failure, if any.
    """

    states: Mapping[str, ServiceState]
    stale: bool
    age_seconds: float | None
    fault: Fault | None

    @property
    def is_trouble(self) -> bool:
        """Whether the page must warn that it may not show how things are."""
        return self.stale or self.fault is not None

    @property
    def is_missing(self) -> bool:
        """Whether there is no snapshot at all."""
        return self.age_seconds is None

    def green_by_http(self) -> list[str]:
        """Return the services that are healthy or degraded, and of which only the HTTP status says so."""
        return [name for name, state in self.states.items() if state.status.is_good and state.evidence is Evidence.HTTP]

    @property
    def sentence(self) -> str:
        """How fresh the states are, in words."""
        reason = f" ({self.fault.message})" if self.fault else ""
        if self.age_seconds is None:
            return f"No snapshot yet: the state of the services is not known{reason}."
        age = ago(self.age_seconds)
        if self.stale:
            return f"Stale: the snapshot was taken {age}, and does not show how things are now{reason}."
        return f"Snapshot taken {age}{reason}."


def live_states_of(request: HttpRequest) -> LiveStates:
    """Return the states for this request, read once however often they are asked for."""
    known: LiveStates | None = getattr(request, "live_states", None)
    if known is None:
        known = live_states(now=timezone.now())
        request.live_states = known  # type: ignore[attr-defined]
    return known


def live_states(*, now: datetime) -> LiveStates:
    """Return what this process knows of all services, with at most one read of the store."""
    latest = latest_snapshot(now)
    services = latest.snapshot.services if latest.snapshot else ()
    return LiveStates(
        states={state.name: state for state in services},
        stale=latest.stale,
        age_seconds=latest.age_seconds,
        fault=latest.fault,
    )


def next_check_words(at: datetime, *, now: datetime) -> str:
    """When a service that sits sweeps out is probed again, in words."""
    seconds = math.ceil((at - now).total_seconds())
    return f"next in {seconds} s" if seconds > 0 else "next is due"
