"""Presets: how to ask known products for their health, and what their answers mean.

They are read once from `presets.yaml`, and checked there by the rules of a registry file.
"""

import difflib
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from realtime.core import status_words
from realtime.core.records import Status
from realtime.models import Reading, Service
from realtime.registry import file_fields, file_readings
from realtime.registry.file_fields import SERVICE_KEYS, Place
from realtime.registry.file_text import FileFormat, UnreadableText, document_of

FILE = Path(__file__).with_name("presets.yaml")

# Columns of a service; none of them can lead a probe to another destination or send anything secret.
TEXT_KEYS = ("health_path", "status_path", "expected_status", "body_contains")
SERVICE_COLUMNS = (*TEXT_KEYS, "status_words")
PRESET_KEYS: Mapping[str, type] = {
    "description": str,
    "documentation": list,
    **{key: SERVICE_KEYS[key] for key in (*SERVICE_COLUMNS, "readings")},
}
MAX_DESCRIPTION_LENGTH = 200

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class BadPresets(ValueError):
    """The file of presets cannot be used; the message has every mistake."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """What one product's preset gives to a service that does not give it itself; empty where it gives nothing.

    documentation: URLs of the pages that it rests on. readings: rows that belong to no service and are never saved.
    """

    name: str = ""
    description: str = ""
    documentation: tuple[str, ...] = ()
    health_path: str = ""
    status_path: str = ""
    expected_status: str = ""
    body_contains: str = ""
    status_words: Mapping[str, Status] = field(default_factory=dict)
    readings: tuple[Reading, ...] = ()

    def given(self) -> str:
        """Return what the preset gives, for a person to read: `health_path /_up, status_path status, reading up`."""
        texts = [f"{key} {value}" for key in TEXT_KEYS if (value := getattr(self, key))]
        words = [f"{word} is {status}" for word, status in self.status_words.items()]
        readings = [" ".join(("reading", reading.name, *_bounds(reading))) for reading in self.readings]
        return ", ".join((*texts, *words, *readings))

    def merged_words(self, own: Mapping[str, Status]) -> Mapping[str, Status]:
        """Return the preset's words and the service's own, which take precedence."""
        return {**self.status_words, **own}

    def merged_readings(self, own: Iterable[Reading]) -> tuple[Reading, ...]:
        """Return the preset's readings, each replaced by the service's own of that name, and then its others."""
        by_name = {reading.name: reading for reading in self.readings}
        return tuple((by_name | {reading.name: reading for reading in own}).values())


def _bounds(reading: Reading) -> Iterable[str]:
    if reading.degraded_if:
        yield f"(degraded if {reading.degraded_if})"
    if reading.unhealthy_if:
        yield f"(unhealthy if {reading.unhealthy_if})"


NO_PRESET = Preset()


@functools.cache
def all_presets() -> Mapping[str, Preset]:
    """Return the presets by name, in alphabetical order."""
    return parse(FILE.read_bytes())


def unknown_preset(name: str) -> str:
    """Return what is wrong with the name of a preset, as a sentence without its subject; nothing for a known one."""
    known = tuple(all_presets())
    if name in known:
        return ""
    near = difflib.get_close_matches(name.lower(), known, n=3)
    advice = f" (did you mean {' or '.join(near)}?)" if near else ""
    return f"{file_fields.one_line(name, at_most=64)!r} is unknown{advice}; choose {', '.join(known)}"


def parse(data: bytes) -> Mapping[str, Preset]:
    """Return the presets of a file by name, in alphabetical order.

    Raises:
        BadPresets: with every mistake of the file.
    """
    try:
        document = document_of(data, file_format=FileFormat.YAML)
    except UnreadableText as error:
        raise BadPresets(f"{FILE.name} {error}") from error
    if not isinstance(document, dict):
        raise BadPresets(f"{FILE.name} must be a mapping of names to presets")
    top = Place("", [])
    presets = {str(name): _preset(str(name), raw, place=top.inside(str(name))) for name, raw in document.items()}
    if list(presets) != sorted(presets):
        top.wrong("", "the presets must stand in alphabetical order")
    if top.mistakes:
        raise BadPresets(f"{FILE.name}: {'; '.join(top.mistakes)}")
    return presets


def _preset(name: str, raw: object, *, place: Place) -> Preset:
    if not _NAME.fullmatch(name):
        place.wrong("", "must be named in lower case, with hyphens between words")
    values = file_fields.entry_values(raw, keys=PRESET_KEYS, required=("description", "documentation"), place=place)
    _note_bad_description(values.get("description", ""), place=place)
    _note_bad_documentation(values.get("documentation", ["https://"]), place=place)
    columns = {key: values[key] for key in SERVICE_COLUMNS if key in values}
    file_fields.note_invalid_fields(Service(**columns), values=columns, place=place)
    for key in TEXT_KEYS:
        if columns.get(key) == "":
            place.wrong(key, "must not be empty")
    return Preset(
        name=name,
        description=values.get("description", ""),
        documentation=tuple(values.get("documentation", ())),
        status_words=_words(columns),
        readings=file_readings.readings_of(values.get("readings", ()), place),
        **{key: columns[key] for key in TEXT_KEYS if key in columns},
    )


def _note_bad_description(text: str, *, place: Place) -> None:
    if not text.isprintable() or not 0 < len(text) <= MAX_DESCRIPTION_LENGTH:
        place.wrong("description", f"must be one line of 1 to {MAX_DESCRIPTION_LENGTH} characters")


def _note_bad_documentation(pages: list[object], *, place: Place) -> None:
    if not pages or not all(isinstance(page, str) and page.startswith("https://") for page in pages):
        place.wrong("documentation", "must be a list of URLs that begin with https://")


def _words(columns: Mapping[str, Any]) -> Mapping[str, Status]:
    try:
        return status_words.parse(columns.get("status_words", {}))
    except status_words.BadStatusWords:
        return {}  # noted with the other columns
