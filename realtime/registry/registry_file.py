"""The registry file that `import_services` reads, checked as a whole, so that all mistakes are reported at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from realtime.models import (
    MAX_HEADERS_PER_SERVICE,
    MAX_WINDOWS_PER_SERVICE,
    DataSource,
    MaintenanceWindow,
    Reading,
    RequestHeader,
    Service,
)
from realtime.models.service import MAX_ORDER, ORDER_STEP
from realtime.registry import file_fields, file_readings
from realtime.registry.file_fields import Place
from realtime.registry.file_text import FileFormat, UnreadableText, document_of
from realtime.registry.presets import NO_PRESET, TEXT_KEYS, all_presets, unknown_preset

MOMENT_KEYS = ("starts_at", "ends_at")


class BadRegistryFile(ValueError):
    """The file cannot be used; `mistakes` has one line for each mistake: entry, field, what is wrong."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceEntry:
    """One service as the file wants it: rows that are not saved, each kind in the order of the file.

    has_order: whether the file says its place; otherwise `service.order` is only its place in the file.
    """

    service: Service
    has_order: bool
    headers: tuple[RequestHeader, ...]
    readings: tuple[Reading, ...]
    windows: tuple[MaintenanceWindow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSourceEntry:
    """One data source as the file wants it; its service stands in the file or in the registry."""

    source: DataSource
    service_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryFile:
    """A whole file without mistakes."""

    services: tuple[ServiceEntry, ...]
    data_sources: tuple[DataSourceEntry, ...]


def parse(data: bytes, *, file_format: FileFormat) -> RegistryFile:
    """Return what the file says. Asks the database only for services that a data source names and the file does not.

    A key that is left out has its default, `order` the entry's place in the file.

    Raises:
        BadRegistryFile: with every mistake of the file.
    """
    try:
        document = document_of(data, file_format=file_format)
    except UnreadableText as error:
        raise BadRegistryFile((str(error),)) from error
    top = Place("", [])
    values = file_fields.entry_values(document, keys=file_fields.FILE_KEYS, required=(), place=top)
    services = _services(values.get("services", ()), top)
    # Also the names of entries with mistakes, which are reported already. What is no text is not made one: a list that
    # holds itself many times over, in a few lines of YAML, would fill the memory.
    raws = (raw for raw in values.get("services", ()) if isinstance(raw, dict))
    named = {raw["name"] for raw in raws if isinstance(raw.get("name"), str)}
    data_sources = _data_sources(values.get("data_sources", ()), top)
    _note_unknown_services(data_sources, named=named)
    if isinstance(document, dict) and not document:
        top.wrong("", f"holds nothing (it must have {' or '.join(file_fields.FILE_KEYS)})")
    if top.mistakes:
        raise BadRegistryFile(tuple(top.mistakes))
    return RegistryFile(services=services, data_sources=tuple(entry for _, entry in data_sources))


def _services(raws: Iterable[object], top: Place) -> tuple[ServiceEntry, ...]:
    seen: dict[str, int] = {}
    entries = []
    for index, raw in enumerate(raws):
        place = file_fields.entry_place(top, "services", index, raw)
        values = file_fields.entry_values(
            raw, keys=file_fields.SERVICE_KEYS, required=("name", "base_url"), place=place
        )
        file_fields.note_twin(values.get("name"), index=index, seen=seen, kind="services", place=place)
        entries.append(_service(values, default_order=min((index + 1) * ORDER_STEP, MAX_ORDER), place=place))
    return tuple(entries)


def _service(values: Mapping[str, Any], *, default_order: int, place: Place) -> ServiceEntry:
    columns = {key: values[key] for key in file_fields.SERVICE_FIELDS if key in values}
    service = Service(**{"order": default_order, **columns})
    file_fields.note_invalid_fields(service, values=columns, place=place)
    _note_unusable_preset(columns, place)
    for key, mistake in service.http_mistakes(key for key in ("headers", "readings") if values.get(key)).items():
        place.wrong(key, mistake)
    return ServiceEntry(
        service=service,
        has_order="order" in columns,
        headers=_headers(values.get("headers", {}), place),
        readings=file_readings.readings_of(values.get("readings", ()), place),
        windows=_windows(values.get("maintenance", ()), place),
    )


def _note_unusable_preset(columns: Mapping[str, Any], place: Place) -> None:
    name = columns.get("preset", "")
    if name and (problem := unknown_preset(name)):
        place.wrong("preset", problem)
    preset = all_presets().get(name, NO_PRESET)
    for key in TEXT_KEYS:
        # Otherwise it would be taken for one that is left out, and the preset's be used in spite of it.
        if columns.get(key) == "" and getattr(preset, key):
            place.wrong(key, f"must not be empty beside the preset {name} (leave it out to use the preset's)")


def _headers(raws: Mapping[Any, object], place: Place) -> tuple[RequestHeader, ...]:
    if len(raws) > MAX_HEADERS_PER_SERVICE:
        place.wrong("headers", f"must be at most {MAX_HEADERS_PER_SERVICE}, not {len(raws)}")
    seen: set[str] = set()
    headers = []
    for name, value in raws.items():
        inside = place.inside(f"headers[{file_fields.one_line(str(name))}]")
        if not isinstance(name, str):
            inside.wrong("name", file_fields.type_mistake(name, str))
        elif name.lower() in seen:
            inside.wrong("name", "stands twice (case does not count in header names)")
        elif not isinstance(value, str):
            inside.wrong("value", file_fields.type_mistake(value, str))
        else:
            seen.add(name.lower())
            header = RequestHeader(name=name, value=value.strip())
            file_fields.note_invalid_fields(header, values={"name": name, "value": value}, place=inside)
            headers.append(header)
    return tuple(headers)


def _windows(raws: Iterable[object], place: Place) -> tuple[MaintenanceWindow, ...]:
    windows = []
    for index, raw in enumerate(raws):
        inside = place.inside(f"maintenance[{index}]")
        mistakes_before = len(place.mistakes)
        values = file_fields.entry_values(
            _with_moments_as_text(raw), keys=file_fields.WINDOW_KEYS, required=(), place=inside
        )
        for key in (key for key in MOMENT_KEYS if key in values):
            values[key] = file_fields.moment(values[key], field=key, place=inside)
        window = MaintenanceWindow(**values)
        if len(place.mistakes) == mistakes_before:  # else it would also be said to be incomplete
            file_fields.note_invalid_fields(window, values=values, place=inside)
        windows.append(window)
    if len(windows) > MAX_WINDOWS_PER_SERVICE:
        place.wrong("maintenance", f"must be at most {MAX_WINDOWS_PER_SERVICE}, not {len(windows)}")
    return tuple(windows)


def _with_moments_as_text(raw: object) -> object:
    """Return the entry as JSON would have it: YAML makes moments of what looks like one, others leave it a text."""
    if not isinstance(raw, dict):
        return raw
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in raw.items()}


def _data_sources(raws: Iterable[object], top: Place) -> list[tuple[Place, DataSourceEntry]]:
    seen: dict[str, int] = {}
    entries = []
    for index, raw in enumerate(raws):
        place = file_fields.entry_place(top, "data_sources", index, raw)
        values = file_fields.entry_values(
            raw, keys=file_fields.DATA_SOURCE_KEYS, required=("name", "service"), place=place
        )
        file_fields.note_twin(values.get("name"), index=index, seen=seen, kind="data_sources", place=place)
        columns = {key: value for key, value in values.items() if key != "service"}
        source = DataSource(**columns)
        file_fields.note_invalid_fields(source, values=columns, place=place)
        entries.append((place, DataSourceEntry(source=source, service_name=values.get("service", ""))))
    return entries


def _note_unknown_services(entries: Iterable[tuple[Place, DataSourceEntry]], *, named: set[str]) -> None:
    wanted = {entry.service_name for _, entry in entries} - named - {""}
    known = set(Service.objects.filter(name__in=wanted).values_list("name", flat=True)) if wanted else set()
    for place, entry in entries:
        if entry.service_name in wanted - known:
            name = file_fields.one_line(entry.service_name)
            place.wrong("service", f"{name!r} is neither in this file nor in the registry")
