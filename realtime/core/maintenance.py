"""Maintenance windows: when a service is expected to be away, once or every week, also where clocks are changed."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A month of daily windows.
MAX_WINDOWS_IN_A_ROW = 31
_SEPARATORS = re.compile(r"[\s,]+")


class BadWeekdays(ValueError):
    """The text names no days of the week; the message says how to write them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OnceWindow:
    """Open from `starts_at` until just before `ends_at`."""

    starts_at: datetime
    ends_at: datetime

    def closes_at(self, *, now: datetime) -> datetime | None:
        """Return when the window closes that is open at `now`, None while it is closed."""
        return self.ends_at if self.starts_at <= now < self.ends_at else None


@dataclass(frozen=True, kw_only=True, slots=True)
class WeeklyWindow:
    """Opens at the local time `at` on each of `weekdays` (0 is Monday), and lasts for `duration` of real time.

    Where clocks go forward over `at`, it opens as if they had not: a window at 2:30 opens when the clock shows 3:30.
    Where they go back and show `at` twice, it opens at the first of the two. An hour stays an hour through both (as in
    RFC 5545, section 3.3.10).
    """

    weekdays: frozenset[int]
    at: time
    duration: timedelta
    zone: tzinfo

    def closes_at(self, *, now: datetime) -> datetime | None:
        """Return when the window closes that is open at `now`, None while it is closed."""
        today = now.astimezone(self.zone).date()
        # Days more than it lasts: it may have opened late on the first, and under another offset of the zone.
        days = (today - timedelta(days=back) for back in range(self.duration.days + 3))
        openings = (self._opening(day) for day in days if day.weekday() in self.weekdays)
        return max((at + self.duration for at in openings if at <= now < at + self.duration), default=None)

    def _opening(self, day: date) -> datetime:
        # `fold` is 0, which means just what the docstring says. In UTC, because an aware datetime of a zone is added to
        # by its wall clock.
        return datetime.combine(day, self.at, tzinfo=self.zone).astimezone(UTC)


MaintenanceWindow = OnceWindow | WeeklyWindow


def is_in_maintenance(windows: Iterable[MaintenanceWindow], *, now: datetime) -> bool:
    """Return whether any of these windows is open; `now` is aware."""
    return any(window.closes_at(now=now) is not None for window in windows)


def maintenance_until(windows: Sequence[MaintenanceWindow], *, now: datetime) -> datetime | None:
    """Return when maintenance ends, over windows that follow each other without a gap; None outside maintenance.

    Windows that leave no gap between them would never end: the search stops after MAX_WINDOWS_IN_A_ROW.
    """
    until = None
    for _ in range(MAX_WINDOWS_IN_A_ROW):
        moment = now if until is None else until
        closing = [at for window in windows if (at := window.closes_at(now=moment)) is not None]
        if not closing:
            break
        until = max(closing)
    return until


def parse_weekdays(text: str) -> frozenset[int]:
    """Return the days that `sat,sun`, `mon-fri` or `daily` name, 0 for Monday; a range may go over the week's end.

    Raises:
        BadWeekdays: with a message that says how to write them.
    """
    days: set[int] = set()
    for word in filter(None, _SEPARATORS.split(text.strip().lower())):
        days.update(_days_of(word))
    if not days:
        raise BadWeekdays('names no day (write "sat,sun", "mon-fri" or "daily")')
    return frozenset(days)


def _days_of(word: str) -> Iterable[int]:
    if word == "daily":
        return range(7)
    first, dash, last = word.partition("-")
    if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
        raise BadWeekdays(f'{word[:20]!r} is no day (write "sat,sun", "mon-fri" or "daily")')
    start = WEEKDAYS.index(first)
    length = (WEEKDAYS.index(last) - start) % 7 if dash else 0
    return ((start + offset) % 7 for offset in range(length + 1))
