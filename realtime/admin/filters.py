"""Filters of the service list that ask the latest snapshot instead of the registry."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from realtime.admin.live import live_states_of
from realtime.models import ServiceQuerySet


class GreenByHttpFilter(admin.SimpleListFilter):
    """Finds the services that are healthy or degraded by their HTTP status alone.

    Without a snapshot it finds none, and the list says so: the registry alone does not know.
    """

    title = "evidence"
    parameter_name = "evidence"
    GREEN_BY_HTTP = "http"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(self.GREEN_BY_HTTP, "green by HTTP status alone")]

    @property
    def is_on(self) -> bool:
        return self.value() == self.GREEN_BY_HTTP

    def queryset(self, request: HttpRequest, queryset: Any) -> ServiceQuerySet:
        services: ServiceQuerySet = queryset
        if not self.is_on:
            return services
        return services.enabled().filter(name__in=live_states_of(request).green_by_http())
