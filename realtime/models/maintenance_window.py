"""A maintenance window: when a service is expected to be away, so that nobody is alarmed."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from realtime.core import maintenance
from realtime.core.maintenance import OnceWindow, WeeklyWindow
from realtime.models import validators
from realtime.models.checked import CheckedModel
from realtime.models.service import Service

MAX_WINDOWS_PER_SERVICE = 32
MAX_MINUTES = 6 * 24 * 60  # a week of it every week would be for ever

_ONCE = ("starts_at", "ends_at")
_WEEKLY = ("weekdays", "at", "minutes")
_WAYS = "write either starts_at and ends_at (once), or weekdays, at and minutes (every week)"

_IS_ONCE = Q(starts_at__isnull=False, ends_at__isnull=False, weekdays="", at=None, minutes=None)
# `minutes` also as not null: to a database, a comparison with NULL is no violation.
_IS_WEEKLY = Q(
    starts_at=None, ends_at=None, at__isnull=False, minutes__isnull=False, minutes__range=(1, MAX_MINUTES)
) & ~Q(weekdays="")


class MaintenanceWindow(CheckedModel):
    """Once from one moment to another, or every week: one of the two groups of fields is filled, the other empty."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="maintenance_windows")
    starts_at = models.DateTimeField(null=True, blank=True, help_text="Once: from this moment (UTC)")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="until just before this one.")
    weekdays = models.CharField(
        max_length=40,
        blank=True,
        validators=[validators.validate_weekdays],
        help_text='Every week: "sat,sun", "mon-fri" or "daily"',
    )
    at = models.TimeField(null=True, blank=True, help_text="at this local time")
    minutes = models.PositiveIntegerField(
        null=True, blank=True, validators=[validators.Bounds(1, MAX_MINUTES)], help_text="for so many minutes"
    )
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validators.validate_time_zone],
        help_text="in this time zone, e.g. Europe/Berlin.",
    )

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                name="maintenance_once_or_weekly", condition=_IS_ONCE | _IS_WEEKLY, violation_error_message=_WAYS
            ),
            models.CheckConstraint(
                name="maintenance_ends_after_start",
                condition=Q(starts_at=None) | Q(ends_at__gt=models.F("starts_at")),
                violation_error_message="ends_at: must be later than starts_at",
            ),
            models.CheckConstraint(name="maintenance_has_time_zone", condition=~Q(time_zone="")),
        )

    def __str__(self) -> str:
        if self.starts_at and self.ends_at:
            return f"{self.starts_at:%Y-%m-%d %H:%M} to {self.ends_at:%Y-%m-%d %H:%M} UTC"
        return f"{self.weekdays} at {self.at:%H:%M} for {self.minutes} min, {self.time_zone}"

    def clean(self) -> None:
        """Say in one sentence what is wrong with the whole, which is no single field's fault.

        Also where constraints are not asked, as when a file is checked without the database.
        """
        once = [name for name in _ONCE if getattr(self, name)]
        # Midnight is a time like any other.
        weekly = [name for name in _WEEKLY if getattr(self, name) not in (None, "")]
        if (len(once), len(weekly)) not in ((len(_ONCE), 0), (0, len(_WEEKLY))):
            raise ValidationError(f"not complete: {_WAYS}")
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "must be later than starts_at"})

    def window(self) -> OnceWindow | WeeklyWindow:
        """Return the window as a target has it.

        Raises:
            ZoneInfoNotFoundError: this machine does not know the time zone.
        """
        if self.starts_at is not None and self.ends_at is not None:
            return OnceWindow(starts_at=self.starts_at, ends_at=self.ends_at)
        if self.at is None or self.minutes is None:
            raise ValueError(f"maintenance window {self.pk} is neither once nor weekly")
        return WeeklyWindow(
            weekdays=maintenance.parse_weekdays(self.weekdays),
            at=self.at,
            duration=timedelta(minutes=self.minutes),
            zone=ZoneInfo(self.time_zone),
        )
