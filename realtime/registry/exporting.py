"""The tables -> a registry file. No secret is in it: what was typed in the admin leaves as a reference."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

from django.conf import settings

from realtime.core import references
from realtime.models import DataSource, MaintenanceWindow, Reading, Service
from realtime.registry.file_fields import READING_KEYS, SERVICE_FIELDS, WINDOW_KEYS
from realtime.registry.file_text import FileFormat, text_of

ALWAYS_WRITTEN = frozenset({"name", "base_url", "type", "order", "kind"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Secret:
    """A stored secret: whose, under which name, and what; `key` is the header's primary key, None for a certificate."""

    service: Service
    label: str
    text: str = field(repr=False)
    key: int | None = None


def registry_text(*, file_format: FileFormat) -> str:
    """Return the whole registry as the text of a file that `import_services` reads."""
    return text_of(registry_document(), file_format=file_format)


def registry_document() -> dict[str, list[dict[str, Any]]]:
    """Return the registry as the file has it: services in registry order, data sources by name.

    Most keys that hold their default are left out, as in a file written by hand.
    """
    services = list(Service.objects.in_order().with_everything())
    secrets = _reference_names([secret for service in services for secret in _secrets(service)])
    sources = DataSource.objects.select_related("service").order_by("name")
    return {
        "services": [_service(service, secrets) for service in services],
        "data_sources": [
            _without_defaults(DataSource, {"name": row.name, "service": row.service.name, "condition": row.condition})
            for row in sources
        ],
    }


def _service(service: Service, secrets: dict[tuple[int, int | None], str]) -> dict[str, Any]:
    columns = {key: getattr(service, key) for key in SERVICE_FIELDS}
    columns["client_certificate"] = secrets.get((service.pk, None), service.client_certificate)
    entry = _without_defaults(Service, columns)
    headers = {header.name: secrets.get((service.pk, header.pk), header.value) for header in service.headers.all()}
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


def _secrets(service: Service) -> Iterator[_Secret]:
    for header in service.headers.all():
        yield _Secret(service=service, label=header.name, text=header.value, key=header.pk)
    if service.client_certificate:
        yield _Secret(service=service, label="client_certificate", text=service.client_certificate)


def _reference_names(secrets: list[_Secret]) -> dict[tuple[int, int | None], str]:
    """Return `${SERVICE_LABEL}` for each secret, by service and key, whose stored text may not be shown.

    A name that is a setting's, or that another secret refers to already, gets a number: the same variable must not
    fill two places that held different secrets.
    """
    taken = set(settings.REALTIME.reserved_environment)
    for secret in secrets:
        taken.update(references.names_in(secret.text))
    hidden = {}
    for secret in sorted(secrets, key=lambda secret: (secret.service.name, secret.label.lower())):
        if not references.is_free_of_secrets(secret.text):
            words = f"{secret.service.name}_{secret.label}"
            name = next(name for name in _candidates(words) if name not in taken)
            taken.add(name)
            hidden[secret.service.pk, secret.key] = f"${{{name}}}"
    return hidden


def _candidates(words: str) -> Iterator[str]:
    name = re.sub(r"[^A-Z0-9]+", "_", words.upper()).strip("_")
    name = name if not name[:1].isdigit() else f"_{name}"
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1
