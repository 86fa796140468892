"""URLs of the REST API."""

from django.urls import re_path

from realtime.api.docs import DocsView
from realtime.api.views import HistoryView, IndexView, RealTimeMetricsView, SchemaView

urlpatterns = [
    # Both forms answer directly: a redirect would cost clients a second request.
    re_path(r"^api/v1/?\Z", IndexView.as_view(), name="api-index"),
    re_path(r"^api/v1/real-time-metrics/?\Z", RealTimeMetricsView.as_view(), name="real-time-metrics"),
    re_path(r"^api/v1/real-time-metrics/history/?\Z", HistoryView.as_view(), name="real-time-metrics-history"),
    re_path(r"^api/schema/?\Z", SchemaView.as_view(), name="api-schema"),
    re_path(r"^api/docs/?\Z", DocsView.as_view(), name="api-docs"),
]
