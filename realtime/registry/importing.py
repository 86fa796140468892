"""A registry file -> the tables, in one transaction and a bounded number of queries.

A listed service becomes exactly what its entry says, with all that belongs to it; services that the
file does not list stay as they are, so that a file may hold a part of the registry.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import DatabaseError, transaction
from django.db.models import Max

from realtime.core import references
from realtime.models import DataSource, MaintenanceWindow, Reading, RequestHeader, Service
from realtime.models.service import MAX_ORDER, ORDER_STEP
from realtime.registry import deadlines
from realtime.registry.file_fields import READING_KEYS, SERVICE_FIELDS, WINDOW_KEYS
from realtime.registry.moving import refused_secrets
from realtime.registry.registry_file import BadRegistryFile, DataSourceEntry, RegistryFile, ServiceEntry

COLUMNS = (*SERVICE_FIELDS, "is_demo")


@dataclass(frozen=True, kw_only=True, slots=True)
class RowCounts:
    """Names of what an import did to the rows of one table; `skipped`: left alone because they are not the demo's."""

    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportOutcome:
    """What an import did; a warning is one line, and never holds a secret."""

    services: RowCounts
    data_sources: RowCounts
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Unset:
    """A secret of the file whose variable is unset here. is_kept: the stored one stays; without: what happens else."""

    place: str
    is_kept: bool
    without: str


@transaction.atomic
def apply(registry: RegistryFile, *, as_demo: bool = False) -> ImportOutcome:
    """Make the tables say what the file says; doing it twice is the same as doing it once.

    as_demo: mark the services as the demo fleet's, and leave a row alone that is not. Otherwise a listed row of the
    demo fleet becomes the user's.

    Raises:
        BadRegistryFile: a stored secret would have to be kept for a service that moves to another origin.
    """
    names = [entry.service.name for entry in registry.services]
    names += [entry.service_name for entry in registry.data_sources]
    existing = {
        service.name: service
        for service in Service.objects.filter(name__in=names).select_for_update().with_everything()
    }
    foreign = {name for name, service in existing.items() if as_demo and not service.is_demo}
    entries = [entry for entry in registry.services if entry.service.name not in foreign]
    warnings = [*_settle_references(entries, existing=existing), *_cut_short(entries)]
    _settle_order(entries, existing=existing)
    services = _apply_services(entries, existing=existing, as_demo=as_demo)
    return ImportOutcome(
        services=RowCounts(
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


def check(registry: RegistryFile) -> tuple[str, ...]:
    """Return the warnings of an import of this file, without writing anything. A database that is away is left out.

    Raises:
        BadRegistryFile: as `apply` does.
    """
    names = [entry.service.name for entry in registry.services]
    try:
        existing = {row.name: row for row in Service.objects.filter(name__in=names).prefetch_related("headers")}
    except DatabaseError:
        existing = {}
    return (*_settle_references(registry.services, existing=existing), *_cut_short(registry.services))


def _cut_short(entries: Iterable[ServiceEntry]) -> list[str]:
    return deadlines.warnings((entry.service for entry in entries), interval_seconds=deadlines.present_interval())


def _settle_order(entries: Iterable[ServiceEntry], *, existing: Mapping[str, Service]) -> None:
    """Give a place to services without `order`: known ones keep theirs, new ones come last, in the file's order."""
    unplaced = [entry.service for entry in entries if not entry.has_order]
    if not unplaced:
        return
    placed = max((entry.service.order for entry in entries if entry.has_order), default=0)
    last = max(placed, Service.objects.aggregate(highest=Max("order"))["highest"] or 0)
    for service in unplaced:
        row = existing.get(service.name)
        if row is None:
            last = min(last + ORDER_STEP, MAX_ORDER)
        service.order = last if row is None else row.order


def _settle_references(entries: Iterable[ServiceEntry], *, existing: Mapping[str, Service]) -> list[str]:
    """Keep a stored secret where the file has a reference whose variable is unset here; return a warning for each such.

    That is how an export comes back: it holds `${SERVICE_HEADER}` for every secret typed in the admin.
    """
    warnings, mistakes = [], []
    for entry in entries:
        row = existing.get(entry.service.name)
        unset = (*_settle_headers(entry, row), *_settle_certificate(entry.service, row))
        refused = refused_secrets(
            old_base_url=row.base_url if row else None,
            new_base_url=entry.service.base_url,
            stored=[one.place for one in unset if one.is_kept],
        )
        mistakes += [f"{place}, and {problem}" for place, problem in refused.items()]
        warnings += [
            f"{one.place}: {'the stored secret is kept' if one.is_kept else one.without}"
            for one in unset
            if one.place not in refused
        ]
    if mistakes:
        raise BadRegistryFile(tuple(mistakes))
    return warnings


def _settle_headers(entry: ServiceEntry, row: Service | None) -> Iterable[_Unset]:
    stored = {header.name.lower(): header.value for header in row.headers.all()} if row else {}
    for header in entry.headers:
        if unset := references.unset_names(header.value, environment=os.environ):
            kept = stored.get(header.name.lower(), "")
            is_kept = _is_secret(kept)
            if is_kept:
                header.value = kept
            place = f"{entry.service.name}: headers[{header.name}]: {', '.join(unset)} is not set"
            yield _Unset(place=place, is_kept=is_kept, without="the header is left out of requests until it is")


def _settle_certificate(service: Service, row: Service | None) -> Iterable[_Unset]:
    wanted = service.client_certificate
    unset = references.unset_names(wanted, environment=os.environ) if references.is_one_reference(wanted) else ()
    if unset:
        kept = row.client_certificate if row else ""
        is_kept = _is_secret(kept)
        if is_kept:
            service.client_certificate = kept
        place = f"{service.name}: client_certificate: {', '.join(unset)} is not set"
        yield _Unset(place=place, is_kept=is_kept, without="the service is probed without it until it is")


def _is_secret(stored: str) -> bool:
    return bool(stored) and not references.is_free_of_secrets(stored)


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
) -> RowCounts:
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
    return RowCounts(**{key: tuple(value) for key, value in names.items()})
