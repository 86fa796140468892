"""Maintenance windows on a service's page: two ways to choose from, each with fields and words of its own."""

from datetime import datetime, time, timedelta
from functools import cache
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from realtime.admin.bases import WindowFormBase, WindowInlineBase
from realtime.core.maintenance import WEEKDAYS, parse_weekdays
from realtime.models import MAX_WINDOWS_PER_SERVICE, MaintenanceWindow, Service
from realtime.models.maintenance_window import MAX_MINUTES

ONCE, WEEKLY = "once", "weekly"
WAYS = ((ONCE, "Once"), (WEEKLY, "Every week"))
FIELDS_OF = {ONCE: ("begins", "ends"), WEEKLY: ("days", "opens", "closes", "closes_on", "zone")}
LONGEST = timedelta(minutes=MAX_MINUTES)
DAYS = tuple(zip(WEEKDAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))
CLOSING_DAYS = (("0", "the same day"), ("1", "the next day"), *((str(n), f"{n} days later") for n in range(2, 7)))
# Places with a clock on the wall. The other names of the database are old ones, and offsets without summer time.
REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


class FromNowInput(forms.DateTimeInput):
    """A moment, and a button that makes the window begin now and end in an hour."""

    template_name = "admin/realtime/service/from_now.html"


def _moment_field(label: str, *, widget: type[forms.DateTimeInput] = forms.DateTimeInput) -> forms.DateTimeField:
    # What the browser shows and sends has no zone; the site's is UTC.
    shown = widget(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M:%S")
    return forms.DateTimeField(label=label, required=False, widget=shown)


def _time_field(label: str) -> forms.TimeField:
    return forms.TimeField(
        label=label, required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M:%S")
    )


class WindowForm(WindowFormBase):
    """A window once or every week. What is typed for the way that is not chosen is of no account."""

    way = forms.ChoiceField(label="When", choices=WAYS, initial=ONCE, widget=forms.RadioSelect)
    begins = _moment_field("From (UTC)", widget=FromNowInput)
    ends = _moment_field("Until (UTC)")
    days = forms.MultipleChoiceField(label="On", choices=DAYS, required=False, widget=forms.CheckboxSelectMultiple)
    opens = _time_field("From")
    closes = _time_field("Until")
    closes_on = forms.ChoiceField(label="Ends on", choices=CLOSING_DAYS, initial="0", required=False)
    zone = forms.ChoiceField(label="Time zone", initial="UTC", required=False)

    class Meta:
        model = MaintenanceWindow
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        window = self.instance
        self.fields["zone"].choices = _zone_choices(stored=window.time_zone)  # type: ignore[attr-defined]
        if window.starts_at and window.ends_at:
            self.initial.update({"way": ONCE, "begins": window.starts_at, "ends": window.ends_at})
        elif window.at is not None and window.minutes is not None:
            opens = _since_midnight(window.at)
            closes = opens + timedelta(minutes=window.minutes)
            self.initial.update(
                {
                    "way": WEEKLY,
                    "days": [WEEKDAYS[day] for day in sorted(parse_weekdays(window.weekdays))],
                    "opens": window.at,
                    "closes": (datetime.min + closes).time(),  # noqa: DTZ901  # a time on the wall
                    "closes_on": str(closes.days),
                    "zone": window.time_zone,
                }
            )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        way = self.cleaned_data.get("way")
        if way not in FIELDS_OF:
            return cleaned
        for name in FIELDS_OF[ONCE if way == WEEKLY else WEEKLY]:
            self.errors.pop(name, None)
        for name in FIELDS_OF[way]:
            if name not in self.errors and self.cleaned_data.get(name) in (None, "", []):
                self.add_error(name, "Choose at least one day." if name == "days" else "This field is required.")
        if way == ONCE:
            self._take_once()
        else:
            self._take_weekly()
        return cleaned

    def _post_clean(self) -> None:
        """Leave the model's own checks out where a field is wrong: they would say it again, in words of the file."""
        if not self.errors:
            super()._post_clean()  # type: ignore[misc]  # the stubs lack it

    def _take_once(self) -> None:
        if self.errors:
            return
        begins, ends = self.cleaned_data["begins"], self.cleaned_data["ends"]
        if ends <= begins:
            self.add_error("ends", "“Until” must be later than “From”.")
        window = self.instance
        window.starts_at, window.ends_at = begins, ends
        window.weekdays, window.at, window.minutes = "", None, None

    def _take_weekly(self) -> None:
        lasts = self._weekly_length()
        if self.errors or lasts is None:
            return
        window = self.instance
        window.starts_at = window.ends_at = None
        window.at, window.minutes = self.cleaned_data["opens"], -(-lasts // timedelta(minutes=1))
        window.time_zone = self.cleaned_data["zone"]
        # A range stays a range where its days stay the same.
        if "days" in self.changed_data:
            window.weekdays = ",".join(self.cleaned_data["days"])

    def _weekly_length(self) -> timedelta | None:
        """Return how long the window is, and note a length that cannot be; None while one of its ends is wrong."""
        if self.errors.keys() & {"opens", "closes", "closes_on"}:
            return None
        opens, closes = _since_midnight(self.cleaned_data["opens"]), _since_midnight(self.cleaned_data["closes"])
        lasts = timedelta(days=int(self.cleaned_data["closes_on"])) + closes - opens
        if lasts <= timedelta():
            self.add_error("closes", "“Until” must be later than “From”, or “Ends on” must be a later day.")
        elif lasts > LONGEST:
            self.add_error("closes", f"A window lasts for {LONGEST.days} days at most.")
        return lasts


class MaintenanceWindowInline(WindowInlineBase):
    model = MaintenanceWindow
    form = WindowForm
    extra = 0
    max_num = MAX_WINDOWS_PER_SERVICE
    readonly_fields = ("in_words",)
    fieldsets = (
        (None, {"fields": ("way",)}),
        (None, {"classes": ("rt-once",), "fields": (FIELDS_OF[ONCE],)}),
        (None, {"classes": ("rt-weekly",), "fields": ("days", ("opens", "closes", "closes_on"), "zone")}),
    )

    class Media:
        js: ClassVar = ("realtime/admin.js",)

    @admin.display(description="Window")
    def in_words(self, window: MaintenanceWindow) -> str:
        return str(window)

    def get_fieldsets(self, request: HttpRequest, obj: Service | None = None) -> Any:
        """Return the form's fields. Who may only look sees the window in words: the table has no such fields."""
        if self.has_change_permission(request, obj) or self.has_add_permission(request, obj):
            return self.fieldsets
        return ((None, {"fields": self.readonly_fields}),)

    def get_formset(self, request: HttpRequest, obj: Service | None = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, **{**kwargs, "validate_max": True})


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)


def _zone_choices(*, stored: str) -> list[Any]:
    """Return the time zones by region; one that is stored and not among them stays to be chosen."""
    choices = _zones_by_region()
    is_listed = stored == "UTC" or stored in dict(choices).get(stored.partition("/")[0], ())
    named = [(region, [(name, name) for name in names]) for region, names in choices]
    return [("UTC", "UTC"), *([] if is_listed else [(stored, stored)]), *named]


@cache  # looking for them reads hundreds of files
def _zones_by_region() -> tuple[tuple[str, tuple[str, ...]], ...]:
    names = sorted(available_timezones())
    return tuple((region, tuple(name for name in names if name.startswith(f"{region}/"))) for region in REGIONS)
