"""Beat's tables in the admin: the sweep's row offers its interval in whole seconds and nothing that would break it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django_celery_beat.admin import IntervalScheduleAdmin, PeriodicTaskAdmin, PeriodicTaskForm
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from realtime.models import Service
from realtime.registry import deadlines, schedule
from realtime.registry.schedule import MAX_INTERVAL_SECONDS, MIN_INTERVAL_SECONDS, SWEEP_TASK

OTHER_SCHEDULES = ("crontab", "solar", "clocked")


class SweepForm(forms.ModelForm):  # type: ignore[type-arg]  # a model without types
    """The sweep's row: when it runs, and whether."""

    interval_seconds = forms.IntegerField(
        label="Refresh interval (seconds)",
        min_value=MIN_INTERVAL_SECONDS,
        max_value=MAX_INTERVAL_SECONDS,
        help_text="Between the starts of two sweeps, in whole seconds. Takes effect within seconds, without a restart.",
    )

    class Meta:
        model = PeriodicTask
        fields = ("enabled", "description")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.interval is not None:
            self.initial["interval_seconds"] = schedule.seconds_of(self.instance.interval)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.errors:
            # A row of its own number of seconds: editing a shared one would change other tasks too.
            self.instance.interval = schedule.interval_row(self.cleaned_data["interval_seconds"])
            self.instance.crontab = self.instance.solar = self.instance.clocked = None
            self.instance.expires = None
        return cleaned


class OtherTaskForm(PeriodicTaskForm):  # type: ignore[misc]  # a class without types
    """Any other row, or a new one: it may become the sweep's only where there is none, at an interval that suits."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if cleaned.get("task") != SWEEP_TASK:
            return cleaned
        if PeriodicTask.objects.filter(task=SWEEP_TASK).exclude(pk=self.instance.pk).exists():
            self.add_error("task", "Another row runs the sweep already: edit that one.")
        for field in OTHER_SCHEDULES:
            if cleaned.get(field):
                self.add_error(field, "The sweep runs at an interval of whole seconds, not by this schedule.")
        mistake = schedule.interval_mistake(cleaned["interval"]) if cleaned.get("interval") else None
        if mistake:
            self.add_error("interval", mistake)
        return cleaned


class SharedIntervalForm(forms.ModelForm):  # type: ignore[type-arg]  # a model without types
    """An interval's own row, which the sweep may be using."""

    class Meta:
        model = IntervalSchedule
        fields = ("every", "period")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.errors and self.instance.pk and _is_used_by_sweep(self.instance):
            changed = IntervalSchedule(every=self.cleaned_data["every"], period=self.cleaned_data["period"])
            mistake = schedule.interval_mistake(changed)
            if mistake:
                self.add_error("period", mistake)
        return cleaned


class SweepTaskAdmin(PeriodicTaskAdmin):  # type: ignore[misc]  # a class without types
    """Periodic tasks, of which the sweep's is edited by its own small form and cannot be deleted, only disabled."""

    form = OtherTaskForm

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **({**kwargs, "form": SweepForm} if _is_sweep(obj) else kwargs))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if _is_sweep(obj) and obj.interval is not None:
            _warn_of_cut_services(self, request, interval_seconds=schedule.seconds_of(obj.interval))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if not _is_sweep(obj):
            return super().get_fieldsets(request, obj)
        return ((None, {"fields": ("name", "task", "enabled", "interval_seconds", "last_run_at")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if not _is_sweep(obj):
            return super().get_readonly_fields(request, obj)
        return ("name", "task", "last_run_at")

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().render_change_form(request, context, *args, **kwargs)
        if _is_sweep(kwargs.get("obj")):
            response.template_name = "admin/change_form.html"  # beat's own reads the crontab field, which is not here
        return response

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        objs = list(objs)
        return _protected(super().get_deleted_objects(objs, request), [row for row in objs if _is_sweep(row)])


class SharedIntervalAdmin(IntervalScheduleAdmin):  # type: ignore[misc]  # a class without types
    """Intervals; one that the sweep uses cannot be deleted, for the sweep's row would go with it."""

    form = SharedIntervalForm

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if _is_used_by_sweep(obj):
            _warn_of_cut_services(self, request, interval_seconds=schedule.seconds_of(obj))

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        objs = list(objs)
        return _protected(super().get_deleted_objects(objs, request), [row for row in objs if _is_used_by_sweep(row)])


def _warn_of_cut_services(page: Any, request: HttpRequest, *, interval_seconds: int) -> None:
    warning = deadlines.interval_warning(Service.objects.enabled().in_order(), interval_seconds=interval_seconds)
    if warning:
        page.message_user(request, warning, messages.WARNING)


def _is_sweep(row: Any) -> bool:
    return row is not None and row.task == SWEEP_TASK


def _is_used_by_sweep(interval: Any) -> bool:
    return bool(PeriodicTask.objects.filter(task=SWEEP_TASK, interval=interval).exists())


def _protected(found: tuple[Any, Any, Any, list[str]], rows: list[Any]) -> tuple[Any, Any, Any, list[str]]:
    """Return what Django found out about a deletion, with these rows among those that forbid it."""
    to_delete, counts, missing_permissions, protected = found
    return to_delete, counts, missing_permissions, [*protected, *(f"{row} (the sweep needs it)" for row in rows)]


# django_celery_beat.admin, imported above, has registered its own by now, whatever the order of INSTALLED_APPS.
admin.site.unregister([PeriodicTask, IntervalSchedule])
admin.site.register(PeriodicTask, SweepTaskAdmin)
admin.site.register(IntervalSchedule, SharedIntervalAdmin)
