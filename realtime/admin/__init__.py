"""The Django admin: the registry with its live state, and the refresh interval."""

from django.contrib import admin

from realtime.admin import schedule, service  # imported for their registrations

__all__ = ["schedule", "service"]

admin.site.site_header = "Real-time metrics"
admin.site.site_title = "Real-time metrics"
admin.site.index_title = "Registry and schedule"
