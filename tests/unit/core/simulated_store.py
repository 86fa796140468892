"""What the store keeps of a history, in Python: for each period the totals at the end of the last 61 buckets.

A bucket without a sweep has the totals of the sweep before it, as `store.scripts.PUBLISH` writes them.
"""

from dataclasses import dataclass, field

from realtime.core import history
from realtime.core.history import BUCKETS_PER_PERIOD, PERIODS, Span, Totals, Window

KEPT_BUCKETS = 2 * BUCKETS_PER_PERIOD + 1


@dataclass
class SimulatedStore:
    """Publish totals; read the windows of a comparison, and the buckets of a history."""

    head: Totals | None = None
    buckets: dict[int, dict[int, Totals]] = field(default_factory=lambda: {period: {} for period in PERIODS.values()})

    def publish(self, totals: Totals) -> None:
        assert totals.at is not None
        for period, kept in self.buckets.items():
            bucket = history.bucket_of(at=totals.at, period_seconds=period)
            first = bucket - KEPT_BUCKETS + 1
            if self.head is not None and self.head.at is not None:
                last = history.bucket_of(at=self.head.at, period_seconds=period)
                kept.update(dict.fromkeys(range(max(last + 1, first), bucket), self.head))
            kept[bucket] = totals
            for other in [number for number in kept if not first <= number <= bucket]:
                del kept[other]
        self.head = totals

    def windows(self, period: int) -> tuple[Window, Window]:
        assert self.head is not None
        assert self.head.at is not None
        bucket = history.bucket_of(at=self.head.at, period_seconds=period)
        return history.windows(
            now=self.head,
            at_current_start=self.buckets[period].get(bucket - BUCKETS_PER_PERIOD),
            at_previous_start=self.buckets[period].get(bucket - 2 * BUCKETS_PER_PERIOD),
            period_seconds=period,
        )

    def history(self, period: int) -> list[Window]:
        """What happened in each bucket of the period, oldest first."""
        assert self.head is not None
        assert self.head.at is not None
        size = history.bucket_seconds(period)
        last = history.bucket_of(at=self.head.at, period_seconds=period)
        return [
            history.bucket_window(
                later=self.buckets[period].get(bucket),
                earlier=self.buckets[period].get(bucket - 1),
                newest=self.head,
                span=Span(start=bucket * size, end=(bucket + 1) * size),
            )
            for bucket in range(last - BUCKETS_PER_PERIOD + 1, last + 1)
        ]
