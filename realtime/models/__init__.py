"""The registry's tables: services, what is sent to them and taken from them, and the keys that open the metrics.

`save()` validates the whole row, in forms and outside them; what must never be wrong is a database constraint too,
for `update()` and `bulk_create()` pass by `save()`.
"""

from realtime.models.data_source import DataSource
from realtime.models.maintenance_window import MAX_WINDOWS_PER_SERVICE, MaintenanceWindow
from realtime.models.read_key import ReadKey, ReadKeyQuerySet
from realtime.models.reading import MAX_READINGS_PER_SERVICE, Reading
from realtime.models.request_header import MAX_HEADERS_PER_SERVICE, RequestHeader
from realtime.models.service import Service, ServiceQuerySet

__all__ = [
    "MAX_HEADERS_PER_SERVICE",
    "MAX_READINGS_PER_SERVICE",
    "MAX_WINDOWS_PER_SERVICE",
    "DataSource",
    "MaintenanceWindow",
    "ReadKey",
    "ReadKeyQuerySet",
    "Reading",
    "RequestHeader",
    "Service",
    "ServiceQuerySet",
]
