"""A collector without a network: sweeps one after the other, each with what the last one left."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from realtime.core.consolidation import Consolidated, consolidate
from realtime.core.records import Outcome, ServiceMemory, Snapshot, Sweep, Target
from tests.unit.core.making import NOW, target

INTERVAL = 5
DEADLINE = 4.0
STALE_AFTER = timedelta(seconds=2 * INTERVAL + DEADLINE)


@dataclass
class Collector:
    """Sweeps one after the other, each with what the last one left."""

    targets: Sequence[Target] = (target(),)
    at: datetime = NOW
    previous: Snapshot | None = None
    memory: dict[str, ServiceMemory] = field(default_factory=dict)
    number: int = 0

    def sweep(self, *outcomes: Outcome, seconds: float = INTERVAL, **changes: Any) -> Consolidated:
        """Consolidate a sweep that finishes so many seconds after the last one."""
        self.at += timedelta(seconds=seconds)
        self.number += 1
        values: dict[str, Any] = {
            "targets": self.targets,
            "outcomes": outcomes,
            "started_at": self.at - timedelta(seconds=0.2),
            "finished_at": self.at,
            "collection_seconds": 0.2,
            "refresh_interval_seconds": INTERVAL,
            "deadline_seconds": DEADLINE,
        }
        done = consolidate(
            sweep=Sweep(**{**values, **changes}),
            snapshot_id=self.number,
            previous=self.previous,
            memory=self.memory,
        )
        self.previous, self.memory = done.snapshot, dict(done.memory)
        return done
