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
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from realtime.admin import inspecting
from realtime.admin.bases import ServiceAdminBase, ServiceForm
from realtime.admin.filters import GreenByHttpFilter
from realtime.admin.inlines import DataSourceInline, ReadingInline, RequestHeaderInline
from realtime.admin.live import LiveStates, live_states_of
from realtime.admin.maintenance import MaintenanceWindowInline
from realtime.admin.service_form import ServicePageForm
from realtime.admin.state_words import (
    NOT_KNOWN,
    checked_words,
    described,
    evidence_words,
    reason_words,
    time_words,
    unknown_word_words,
)
from realtime.collection.inspection import end_back_off
from realtime.core.records import ServiceState
from realtime.models import Service, ServiceQuerySet
from realtime.registry import deadlines, schedule
from realtime.registry.moving import ANYWHERE, refused_secrets

EDITED_IN_LIST = ("order", "enabled")
CERTIFICATE_FIELDS = ("client_certificate", "remove_client_certificate")


class LiveChangeList(ChangeList):
    """A page of services, each with its state from the one snapshot that was read for the page."""

    live: LiveStates

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.live = live_states_of(request)
        for service in self.result_list:  # the rows stay in the cache of this very queryset
            service.live = self.live

    @property
    def is_filter_blind(self) -> bool:
        """Whether a filter is on that needs the snapshot, and there is none."""
        is_on = any(isinstance(spec, GreenByHttpFilter) and spec.is_on for spec in self.filter_specs)
        return is_on and self.live.is_missing

    @property
    def sweep_row(self) -> Any:
        """Beat's row that holds the refresh interval, None when there is none."""
        return schedule.sweep_row()


class ServiceRowForm(ServiceForm):
    """A row edited in the list. Validates the whole row, because a mistake that only `save()` finds would be a 500."""

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
        "reason",
        "evidence",
        "last_check",
        "enabled",
        "group",
        "type",
        "order",
    )
    list_editable = EDITED_IN_LIST
    list_filter = (GreenByHttpFilter, "enabled", "counts_as_api", "group", "type", "verify_tls", "is_demo")
    list_per_page = 100
    empty_value_display = NOT_KNOWN
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
        """Return the fields of the page, without the certificate for users who may only view: Django would show it."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [
            (title, {**options, "fields": [name for name in options["fields"] if name not in CERTIFICATE_FIELDS]})
            for title, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Service | None = None) -> Any:
        """Return what cannot be edited. Without the right to change headers, nobody may move them to another origin."""
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

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        service: Service | None = kwargs.get("obj")
        if service is not None and service.pk is not None:
            live = live_states_of(request)
            state = live.states.get(service.name) if service.enabled else None
            context = {**context, "live": live, "state": state}
            if state:
                context["state_rows"] = described(state, now=timezone.now())
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for warning in deadlines.warnings([form.instance], interval_seconds=deadlines.present_interval()):
            self.message_user(request, warning, messages.WARNING)
        # The change must show in the next sweep, even if earlier failures make the service skip sweeps.
        transaction.on_commit(partial(end_back_off, [form.instance.name]))

    @admin.display(description="status")
    def live_status(self, service: Service) -> str | SafeString:
        state = _state(service)
        if state is None:
            return NOT_KNOWN
        pending = " (pending)" if state.pending else ""
        return format_html('<span class="rt-status rt-{}">{}{}</span>', state.status, state.status, pending)

    @admin.display(description="reason")
    def reason(self, service: Service) -> SafeString:
        state = _state(service)
        if state is None:
            return _lines("")
        unread = ", ".join(state.reading_errors)
        return _lines(reason_words(state), f"Cannot be read: {unread}" if unread else "")

    @admin.display(description="evidence")
    def evidence(self, service: Service) -> SafeString:
        """Return what the status rests on; an answer that came over unverified TLS may be anybody's."""
        state = _state(service)
        warning = "" if service.verify_tls else format_html('<span class="rt-warning">{}</span>', "TLS not verified")
        if state is None:
            return _lines(NOT_KNOWN if not warning else "", warning)
        return _lines(
            evidence_words(state.evidence, status=state.status), unknown_word_words(state.unknown_word), warning
        )

    @admin.display(description="last check")
    def last_check(self, service: Service) -> SafeString:
        state = _state(service)
        if state is None:
            return _lines(NOT_KNOWN)
        return _lines(time_words(state.response_time_seconds), checked_words(state, now=timezone.now()))

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
        self.message_user(request, f"{len(changed)} of the chosen services {word} as of the next sweep.")

    def _log_switched(self, request: HttpRequest, services: Iterable[Service]) -> None:
        LogEntry.objects.log_actions(
            user_id=cast("int", request.user.pk),
            queryset=list(services),
            action_flag=CHANGE,
            change_message=[{"changed": {"fields": ["enabled"]}}],
        )


def _lines(*texts: str | SafeString) -> SafeString:
    """Return a cell with one line for each text that is not empty."""
    return format_html_join("", "<div>{}</div>", ((text,) for text in texts if text))


def _state(service: Service) -> ServiceState | None:
    """Return the state of a service of the list; None for one that is disabled, new, or without a snapshot."""
    live: LiveStates | None = getattr(service, "live", None)
    return live.states.get(service.name) if live and service.enabled else None
