"""The service list with its live columns, the page of one service, and what can be done to several at once."""

from collections.abc import Iterable
from copy import copy
from functools import partial
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from realtime.admin import inspecting
from realtime.admin.bases import ServiceAdminBase, ServiceForm
from realtime.admin.inlines import DataSourceInline, MaintenanceWindowInline, ReadingInline, RequestHeaderInline
from realtime.admin.live import LiveStates, live_states, next_check_words
from realtime.admin.service_form import ServicePageForm
from realtime.collection.inspection import end_back_off
from realtime.core.records import ServiceState
from realtime.core.wording import FAILURE_WORDS, ago
from realtime.models import Service, ServiceQuerySet
from realtime.registry import deadlines, schedule
from realtime.registry.moving import ANYWHERE, refused_secrets

NOT_KNOWN = "–"
EDITED_IN_LIST = ("order", "enabled")
CERTIFICATE_FIELDS = ("client_certificate", "remove_client_certificate")


class LiveChangeList(ChangeList):
    """A page of services, each with its state from the one snapshot that was read for the page."""

    live: LiveStates

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.live = live_states(now=timezone.now())
        for service in self.result_list:  # the rows stay in the cache of this very queryset
            service.live = self.live

    @property
    def sweep_row(self) -> Any:
        """Beat's row that holds the refresh interval, None when there is none."""
        return schedule.sweep_row()


class ServiceRowForm(ServiceForm):
    """A row edited in the list. Checks the whole row, for saving does so too and could not tell the operator."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        candidate = copy(self.instance)
        for field in EDITED_IN_LIST:
            setattr(candidate, field, self.cleaned_data.get(field, getattr(candidate, field)))
        try:
            candidate.full_clean(exclude=list(self.errors))
        except ValidationError as error:
            for field, texts in error.message_dict.items():
                self.add_error(field if field in self.fields else None, [f"{field}: {text}" for text in texts])
        return cleaned


@admin.register(Service)
class ServiceAdmin(ServiceAdminBase):
    """Everything about services; of the store it reads one snapshot per page, never one state per row."""

    form = ServicePageForm
    list_display = (
        "name",
        "live_status",
        "last_error",
        "response_time",
        "last_check",
        "warning",
        "enabled",
        "group",
        "type",
        "order",
    )
    list_editable = EDITED_IN_LIST
    list_filter = ("enabled", "counts_as_api", "group", "type", "verify_tls", "is_demo")
    list_per_page = 100
    search_fields = ("name", "group", "type", "base_url", "notes")
    ordering = ("order", "name")
    actions = ("enable", "disable", "probe_now")
    inlines = (RequestHeaderInline, ReadingInline, DataSourceInline, MaintenanceWindowInline)
    readonly_fields = ("is_demo",)
    save_on_top = True
    fieldsets = (
        (
            None,
            {"fields": ("name", "preset", "base_url", "enabled", "order", "group", "type", "counts_as_api", "is_demo")},
        ),
        ("Health request", {"fields": ("health_path", "timeout_ms", "follow_redirects")}),
        ("TLS", {"fields": ("ca_file", "verify_tls", *CERTIFICATE_FIELDS)}),
        (
            "Verdict",
            {
                "fields": (
                    "expected_status",
                    "status_path",
                    "status_words",
                    "body_contains",
                    "degraded_above_ms",
                    "certificate_warn_days",
                    "failure_threshold",
                    "success_threshold",
                )
            },
        ),
        ("Notes", {"fields": ("notes",)}),
    )

    class Media:
        css: ClassVar = {"all": ("realtime/admin.css",)}

    def get_fieldsets(self, request: HttpRequest, obj: Service | None = None) -> Any:
        """Return the fields of the page; who may only look would see the stored certificate as it is."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [
            (title, {**options, "fields": [name for name in options["fields"] if name not in CERTIFICATE_FIELDS]})
            for title, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Service | None = None) -> Any:
        """Return what cannot be edited; who may not change headers may not have them sent elsewhere either."""
        fields = super().get_readonly_fields(request, obj)
        if obj is None or request.user.has_perm("realtime.change_requestheader"):
            return fields
        kept = obj.headers.values_list("name", flat=True)
        is_bound = refused_secrets(old_base_url=obj.base_url, new_base_url=ANYWHERE, stored=kept)
        return (*fields, "base_url") if is_bound else fields

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LiveChangeList

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[ServiceForm]:
        return super().get_changelist_form(request, form=ServiceRowForm, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"order": Service.objects.next_order(), **super().get_changeform_initial_data(request)}

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for warning in deadlines.warnings([form.instance], interval_seconds=deadlines.present_interval()):
            self.message_user(request, warning, messages.WARNING)
        # What was mended shall show: it may be sitting sweeps out because of what it was before.
        transaction.on_commit(partial(end_back_off, [form.instance.name]))

    @admin.display(description="status")
    def live_status(self, service: Service) -> str | SafeString:
        state = _state(service)
        if state is None:
            return NOT_KNOWN
        pending = " (pending)" if state.pending else ""
        return format_html('<span class="rt-status rt-{}">{}{}</span>', state.status, state.status, pending)

    @admin.display(description="response time")
    def response_time(self, service: Service) -> str:
        state = _state(service)
        if state is None or state.response_time_seconds is None:
            return NOT_KNOWN
        return f"{state.response_time_seconds * 1000:.1f} ms"

    @admin.display(description="last error")
    def last_error(self, service: Service) -> str:
        state = _state(service)
        if state is None or state.failure is None:
            return ""
        return f"{FAILURE_WORDS[state.failure.kind]}: {state.failure.message}"

    @admin.display(description="checked")
    def last_check(self, service: Service) -> str:
        state = _state(service)
        if state is None or state.checked_at is None:
            return NOT_KNOWN
        now = timezone.now()
        checked = ago((now - state.checked_at).total_seconds())
        return f"{checked}, {next_check_words(state.next_check_at, now=now)}" if state.next_check_at else checked

    @admin.display(description="")
    def warning(self, service: Service) -> str | SafeString:
        return "" if service.verify_tls else format_html('<span class="rt-warning">{}</span>', "TLS not verified")

    @admin.action(description="Enable", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: ServiceQuerySet) -> None:
        self._switch(request, queryset, enabled=True)

    @admin.action(description="Disable", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: ServiceQuerySet) -> None:
        self._switch(request, queryset, enabled=False)

    @admin.action(description="Probe now", permissions=["change"])
    def probe_now(self, request: HttpRequest, queryset: ServiceQuerySet) -> HttpResponse | None:
        services = list(queryset.in_order().prefetch_related("headers")[: inspecting.MAX_AT_ONCE + 1])
        if len(services) > inspecting.MAX_AT_ONCE:
            self.message_user(
                request, f"Choose at most {inspecting.MAX_AT_ONCE} services to probe at once.", messages.ERROR
            )
            return None
        return inspecting.page(request, services, context=self.admin_site.each_context(request))

    def _switch(self, request: HttpRequest, queryset: QuerySet[Service], *, enabled: bool) -> None:
        changed = list(queryset.filter(enabled=not enabled))
        queryset.filter(pk__in=[service.pk for service in changed]).update(enabled=enabled)
        self._log_switched(request, changed)
        word = "enabled" if enabled else "disabled"
        self.message_user(request, f"{len(changed)} of the chosen services {word}; the next sweep knows.")

    def _log_switched(self, request: HttpRequest, services: Iterable[Service]) -> None:
        LogEntry.objects.log_actions(
            user_id=cast("int", request.user.pk),
            queryset=list(services),
            action_flag=CHANGE,
            change_message=[{"changed": {"fields": ["enabled"]}}],
        )


def _state(service: Service) -> ServiceState | None:
    """Return the state of a service of the list; None for one that is disabled, new, or without a snapshot."""
    live: LiveStates | None = getattr(service, "live", None)
    return live.states.get(service.name) if live and service.enabled else None
