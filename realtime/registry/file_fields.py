"""Which keys the entries of a registry file have, and of what type; and the list of what is wrong with them."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.dateparse import parse_datetime

from realtime.models.checked import CheckedModel

SERVICE_KEYS: Mapping[str, type] = {
    "name": str,
    "preset": str,
    "base_url": str,
    "health_path": str,
    "status_path": str,
    "status_words": dict,
    "type": str,
    "group": str,
    "order": int,
    "notes": str,
    "counts_as_api": bool,
    "timeout_ms": int,
    "expected_status": str,
    "follow_redirects": bool,
    "ca_file": str,
    "verify_tls": bool,
    "client_certificate": str,
    "degraded_above_ms": int,
    "body_contains": str,
    "certificate_warn_days": int,
    "failure_threshold": int,
    "success_threshold": int,
    "enabled": bool,
    "headers": dict,
    "readings": list,
    "maintenance": list,
}
SERVICE_FIELDS = tuple(key for key in SERVICE_KEYS if key not in ("headers", "readings", "maintenance"))
READING_KEYS: Mapping[str, type] = {
    "name": str,
    "path": str,
    "expression": str,
    "metric": str,
    "aggregate": str,
    "kind": str,
    "counts_toward": str,
    "degraded_if": str,
    "unhealthy_if": str,
}
WINDOW_KEYS: Mapping[str, type] = {
    "starts_at": str,
    "ends_at": str,
    "weekdays": str,
    "at": str,
    "minutes": int,
    "time_zone": str,
}
DATA_SOURCE_KEYS: Mapping[str, type] = {"name": str, "service": str, "condition": str}
FILE_KEYS: Mapping[str, type] = {"services": list, "data_sources": list}

# Where `null` says something of its own; elsewhere it is the same as leaving the key out.
NULLABLE = frozenset({"degraded_above_ms", "certificate_warn_days"})

_WORDS: Mapping[type, str] = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    dict: "a mapping",
    list: "a list",
    float: "a number with a fraction",
    type(None): "nothing",
}


@dataclass(frozen=True)
class Place:
    """A place in the file, under which mistakes are noted: one line each, entry and field first."""

    label: str
    mistakes: list[str]

    def inside(self, label: str, *, name: object = None) -> "Place":
        """Return the place of an entry within this one; its name is shown where it is one."""
        shown = f"{label} ({one_line(name)})" if isinstance(name, str) and name else label
        return Place(f"{self.label}{shown}: ", self.mistakes)

    def wrong(self, field: str, message: str) -> None:
        self.mistakes.append(
            f"{self.label}{field}: {one_line(message, at_most=600)}" if field else self.label + message
        )


def one_line(text: str, *, at_most: int = 80) -> str:
    """Return the text fit for one line of a terminal: printable, and cut."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return printable if len(printable) <= at_most else printable[:at_most] + "..."


def entry_values(raw: object, *, keys: Mapping[str, type], required: tuple[str, ...], place: Place) -> dict[str, Any]:
    """Return the values of an entry that have a known key and the right type; note everything else as wrong."""
    if not isinstance(raw, dict):
        place.wrong("", f"must be a mapping with {', '.join(keys)}, not {_word(raw)}")
        return {}
    for key in raw:
        if key not in keys:
            place.wrong(one_line(str(key)), f"unknown key{_nearest(str(key), tuple(keys))}")
    values = {}
    for key, kind in keys.items():
        value = raw.get(key)
        if value is None and not (key in raw and key in NULLABLE):
            if key in required:
                place.wrong(key, "is required")
        elif type(value) is kind or value is None:
            values[key] = value
        else:
            place.wrong(key, type_mistake(value, kind))
    return values


def entry_place(place: Place, kind: str, index: int, raw: object) -> Place:
    return place.inside(f"{kind}[{index}]", name=raw.get("name") if isinstance(raw, dict) else None)


def note_twin(name: str | None, *, index: int, seen: dict[str, int], kind: str, place: Place) -> None:
    """Note a name that an earlier entry has."""
    if name is None:
        return
    if name in seen:
        place.wrong("name", f"is already the name of {kind}[{seen[name]}]")
    else:
        seen[name] = index


def type_mistake(value: object, kind: type) -> str:
    """Return what is wrong with the type of a value, without the value, which may be secret."""
    advice = ""
    if kind is str and isinstance(value, bool | int | float):
        advice = " (put it in quotes)"
    elif kind in (int, bool) and isinstance(value, str):
        advice = " (write it without quotes)" if kind is int else " (write true or false, without quotes)"
    return f"must be {_WORDS[kind]}, not {_word(value)}{advice}"


def moment(text: str, *, field: str, place: Place) -> datetime | None:
    """Return a moment as a file writes it; None, and a mistake noted, for one that is none or leaves its zone open."""
    try:
        at = parse_datetime(text)
    except ValueError:  # 30 February
        at = None
    if at is None or at.tzinfo is None:
        place.wrong(field, "must be a moment with its offset from UTC (write 2026-12-24T18:00:00+01:00)")
        return None
    return at


def note_invalid_fields(row: CheckedModel, *, values: Mapping[str, Any], place: Place) -> None:
    """Note what the model says against these values, once for each field."""
    others = {field.name for field in row._meta.fields} - set(values)
    try:
        row.full_clean(exclude=others, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        for field, messages in error.message_dict.items():
            place.wrong("" if field == NON_FIELD_ERRORS else field, messages[0] + _unknown_choice(error, field))


def _unknown_choice(error: ValidationError, field: str) -> str:
    """Return what stands where only one of several words may stand; none of these is secret."""
    first = error.error_dict[field][0]
    return f", not {one_line(str(first.params['value']))!r}" if first.code == "invalid_choice" and first.params else ""


def _word(value: object) -> str:
    return _WORDS.get(type(value), f"a {type(value).__name__}")


def _nearest(key: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f" (did you mean {near[0]}?)" if near else f" (choose {', '.join(known)})"
