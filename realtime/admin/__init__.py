"""The Django admin: the registry with its live state, the refresh interval and the read keys."""

from django.contrib import admin

from realtime.admin import read_key, schedule, service  # imported for their registrations

__all__ = ["read_key", "schedule", "service"]

admin.site.site_header = "Real-time metrics"
admin.site.site_title = "Real-time metrics"
admin.site.index_title = "Registry and schedule"
# A page of this admin has wide tables, and the start page lists the same few links.
admin.site.enable_nav_sidebar = False
