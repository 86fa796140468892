"""The tables -> a registry file. No secret is in it: what was typed in the admin leaves as a reference."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any

from django.conf import settings

from realtime.core import references
from realtime.models import DataSource, MaintenanceWindow, Reading, RequestHeader, Service
from realtime.registry.file_fields import READING_KEYS, SERVICE_FIELDS, WINDOW_KEYS
from realtime.registry.file_text import FileFormat, text_of

ALWAYS_WRITTEN = frozenset({"name", "base_url", "health_path", "type", "order", "expression", "kind"})


def registry_text(*, file_format: FileFormat) -> str:
    """Return the whole registry as the text of a file that `import_services` reads."""
    return text_of(registry_document(), file_format=file_format)


def registry_document() -> dict[str, list[dict[str, Any]]]:
    """Return the registry as the file has it: services in registry order, data sources by name.

    Most keys that hold their default are left out, as in a file written by hand.
    """
    services = list(Service.objects.in_order().with_everything())
    secrets = _reference_names([(service, header) for service in services for header in service.headers.all()])
    sources = DataSource.objects.select_related("service").order_by("name")
    return {
        "services": [_service(service, secrets) for service in services],
        "data_sources": [
            _without_defaults(DataSource, {"name": row.name, "service": row.service.name, "condition": row.condition})
            for row in sources
        ],
    }


def _service(service: Service, secrets: dict[int, str]) -> dict[str, Any]:
    entry = _without_defaults(Service, {key: getattr(service, key) for key in SERVICE_FIELDS})
    headers = {header.name: secrets.get(header.pk, header.value) for header in service.headers.all()}
    readings = [
        _without_defaults(Reading, {key: getattr(reading, key) for key in READING_KEYS})
        for reading in service.readings.all()
    ]
    windows = [_window(window) for window in service.maintenance_windows.all()]
    if headers:
        entry["headers"] = headers
    if readings:
        entry["readings"] = readings
    if windows:
        entry["maintenance"] = windows
    return entry


def _window(window: MaintenanceWindow) -> dict[str, Any]:
    values = {key: getattr(window, key) for key in WINDOW_KEYS}
    return {key: _as_text(value) for key, value in _without_defaults(MaintenanceWindow, values).items()}


def _as_text(value: object) -> object:
    """Return times as texts, which JSON needs and YAML must not take for anything else."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, time) else value


def _without_defaults(
    model: type[Service | Reading | DataSource | MaintenanceWindow], values: dict[str, Any]
) -> dict[str, Any]:
    defaults = {field.name: field.get_default() for field in model._meta.fields}
    return {key: value for key, value in values.items() if key in ALWAYS_WRITTEN or value != defaults[key]}


def _reference_names(headers: list[tuple[Service, RequestHeader]]) -> dict[int, str]:
    """Return `${SERVICE_HEADER}` for each header, by primary key, whose stored value may not be shown.

    A name that is a setting's, or that another header refers to already, gets a number: the same variable must not
    fill two headers that held different secrets.
    """
    taken = set(settings.REALTIME.reserved_environment)
    for _, header in headers:
        taken.update(references.names_in(header.value))
    hidden = {}
    for service, header in sorted(headers, key=lambda pair: (pair[0].name, pair[1].name.lower())):
        if not references.is_free_of_secrets(header.value):
            name = next(name for name in _candidates(f"{service.name}_{header.name}") if name not in taken)
            taken.add(name)
            hidden[header.pk] = f"${{{name}}}"
    return hidden


def _candidates(words: str) -> Iterator[str]:
    name = re.sub(r"[^A-Z0-9]+", "_", words.upper()).strip("_")
    name = name if not name[:1].isdigit() else f"_{name}"
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1
