"""A registry file -> the tables, in one transaction and a bounded number of queries.

A listed service becomes exactly what its entry says, with all that belongs to it; services that the
file does not list stay as they are, so that a file may hold a part of the registry.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction

from realtime.core import references
from realtime.models import DataSource, MaintenanceWindow, Reading, RequestHeader, Service
from realtime.registry.file_fields import READING_KEYS, SERVICE_FIELDS, WINDOW_KEYS
from realtime.registry.registry_file import DataSourceEntry, RegistryFile, ServiceEntry

COLUMNS = (*SERVICE_FIELDS, "is_demo")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """Names of what an import did to the rows of one table; `skipped`: left alone because they are not the demo's."""

    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What an import did; a warning is one line, and never holds a secret."""

    services: Tally
    data_sources: Tally
    warnings: tuple[str, ...]


@transaction.atomic
def apply(registry: RegistryFile, *, as_demo: bool = False) -> Outcome:
    """Make the tables say what the file says; doing it twice is the same as doing it once.

    as_demo: mark the services as the demo fleet's, and leave a row alone that is not. Otherwise a listed row of the
    demo fleet becomes the user's.
    """
    names = [entry.service.name for entry in registry.services]
    names += [entry.service_name for entry in registry.data_sources]
    existing = {
        service.name: service
        for service in Service.objects.filter(name__in=names).select_for_update().with_everything()
    }
    foreign = {name for name, service in existing.items() if as_demo and not service.is_demo}
    entries = [entry for entry in registry.services if entry.service.name not in foreign]
    warnings = [warning for entry in entries for warning in _settle_references(entry, existing.get(entry.service.name))]
    services = _apply_services(entries, existing=existing, as_demo=as_demo)
    return Outcome(
        services=Tally(
            **services,
            skipped=tuple(entry.service.name for entry in registry.services if entry.service.name in foreign),
        ),
        data_sources=_apply_data_sources(
            registry.data_sources,
            listed={entry.service.name for entry in entries},
            foreign=foreign,
            as_demo=as_demo,
        ),
        warnings=tuple(warnings),
    )


def _settle_references(entry: ServiceEntry, existing: Service | None) -> Iterable[str]:
    """Keep a stored secret where the file has a reference whose variable is unset here; yield a warning for each such.

    That is how an export comes back: it holds `${SERVICE_HEADER}` for every secret typed in the admin.
    """
    stored = {header.name.lower(): header.value for header in existing.headers.all()} if existing else {}
    for header in entry.headers:
        unset = references.unset_names(header.value, environment=os.environ)
        if not unset:
            continue
        kept = stored.get(header.name.lower(), "")
        place = f"{entry.service.name}: headers[{header.name}]: {', '.join(unset)} is not set"
        if kept and not references.is_free_of_secrets(kept):
            header.value = kept
            yield f"{place}: the stored secret is kept"
        else:
            yield f"{place}: the header is left out of requests until it is"
    yield from _settle_certificate(entry.service, existing.client_certificate if existing else "")


def _settle_certificate(service: Service, stored: str) -> Iterable[str]:
    wanted = service.client_certificate
    if not references.is_one_reference(wanted):
        return
    unset = references.unset_names(wanted, environment=os.environ)
    if not unset:
        return
    place = f"{service.name}: client_certificate: {', '.join(unset)} is not set"
    if stored and not references.is_free_of_secrets(stored):
        service.client_certificate = stored
        yield f"{place}: the stored secret is kept"
    else:
        yield f"{place}: the service is probed without it until it is"


def _apply_services(
    entries: list[ServiceEntry], *, existing: Mapping[str, Service], as_demo: bool
) -> dict[str, tuple[str, ...]]:
    created, updated, unchanged = [], [], []
    for entry in entries:
        entry.service.is_demo = as_demo
        row = existing.get(entry.service.name)
        if row is None:
            created.append(entry)
        elif _content(entry.service, entry.headers, entry.readings, entry.windows) == _content(
            row, row.headers.all(), row.readings.all(), row.maintenance_windows.all()
        ):
            unchanged.append(entry)
        else:
            entry.service.pk = row.pk
            updated.append(entry)
    Service.objects.bulk_create([entry.service for entry in created])
    Service.objects.bulk_update([entry.service for entry in updated], fields=COLUMNS, batch_size=200)
    _replace_children(updated, created)
    return {
        "created": tuple(entry.service.name for entry in created),
        "updated": tuple(entry.service.name for entry in updated),
        "unchanged": tuple(entry.service.name for entry in unchanged),
    }


def _replace_children(updated: list[ServiceEntry], created: list[ServiceEntry]) -> None:
    """Write what belongs to the services anew. Nothing points at those rows, so they need not stay the same."""
    primary_keys = [entry.service.pk for entry in updated]
    RequestHeader.objects.filter(service__in=primary_keys).delete()
    Reading.objects.filter(service__in=primary_keys).delete()
    MaintenanceWindow.objects.filter(service__in=primary_keys).delete()
    # Asked by name: not every database tells the keys of rows inserted together.
    keys = dict(Service.objects.filter(name__in=[e.service.name for e in created]).values_list("name", "pk"))
    headers, readings, windows = [], [], []
    for entry in (*updated, *created):
        service_id = keys.get(entry.service.name, entry.service.pk)
        for header in entry.headers:
            header.service_id = service_id
            headers.append(header)
        for reading in entry.readings:
            reading.service_id = service_id
            readings.append(reading)
        for window in entry.windows:
            window.service_id = service_id
            windows.append(window)
    RequestHeader.objects.bulk_create(headers)
    Reading.objects.bulk_create(readings)
    MaintenanceWindow.objects.bulk_create(windows)


def _content(
    service: Service,
    headers: Iterable[RequestHeader],
    readings: Iterable[Reading],
    windows: Iterable[MaintenanceWindow],
) -> tuple[object, ...]:
    """Return everything that the file decides of a service, to be compared."""
    return (
        tuple(getattr(service, column) for column in COLUMNS),
        tuple((header.name, header.value) for header in headers),
        tuple(tuple(getattr(reading, key) for key in (*READING_KEYS, "order")) for reading in readings),
        tuple(tuple(getattr(window, key) for key in WINDOW_KEYS) for window in windows),
    )


def _apply_data_sources(
    entries: Iterable[DataSourceEntry], *, listed: set[str], foreign: set[str], as_demo: bool
) -> Tally:
    """Write the file's data sources, and remove those of listed services that it does not name."""
    entries = tuple(entries)
    rows = {row.name: row for row in DataSource.objects.select_related("service")}
    keys = dict(Service.objects.filter(name__in={entry.service_name for entry in entries}).values_list("name", "pk"))
    names: dict[str, list[str]] = {"created": [], "updated": [], "unchanged": [], "removed": [], "skipped": []}
    to_create, to_update = [], []
    for entry in entries:
        row = rows.get(entry.source.name)
        entry.source.service_id = keys[entry.service_name]
        if entry.service_name in foreign or (as_demo and row is not None and not row.service.is_demo):
            names["skipped"].append(entry.source.name)
        elif row is None:
            names["created"].append(entry.source.name)
            to_create.append(entry.source)
        elif (row.service_id, row.condition) == (entry.source.service_id, entry.source.condition):
            names["unchanged"].append(row.name)
        else:
            names["updated"].append(row.name)
            entry.source.pk = row.pk
            to_update.append(entry.source)
    wanted = {entry.source.name for entry in entries}
    gone = [row for row in rows.values() if row.service.name in listed and row.name not in wanted]
    names["removed"] = [row.name for row in gone]
    DataSource.objects.filter(pk__in=[row.pk for row in gone]).delete()
    DataSource.objects.bulk_create(to_create)
    DataSource.objects.bulk_update(to_update, fields=("service", "condition"), batch_size=200)
    return Tally(**{key: tuple(value) for key, value in names.items()})
