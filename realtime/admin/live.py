"""The live columns of the service list: what the latest snapshot says of each service, read once for a whole page."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from realtime.core.records import Fault, ServiceState
from realtime.core.wording import ago
from realtime.reporting.reader import latest_snapshot


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveStates:
    """States by service name, and how far they can be trusted.

    age_seconds: of the snapshot, None when there is none. fault: what of ours fails.
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
    def sentence(self) -> str:
        """How fresh the live columns are, in words."""
        reason = f" ({self.fault.message})" if self.fault else ""
        if self.age_seconds is None:
            return f"No snapshot yet: the live columns are empty{reason}."
        age = ago(self.age_seconds)
        if self.stale:
            return f"Stale: the live columns show the snapshot taken {age}, not how things are now{reason}."
        return f"Live columns: snapshot taken {age}{reason}."


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
