"""The readings of an entry of a registry file or of a preset, checked."""

from collections.abc import Iterable

from realtime.models import MAX_READINGS_PER_SERVICE, Reading
from realtime.registry import file_fields
from realtime.registry.file_fields import Place


def readings_of(raws: Iterable[object], place: Place) -> tuple[Reading, ...]:
    seen: dict[str, int] = {}
    readings = []
    for index, raw in enumerate(raws):
        inside = file_fields.entry_place(place, "readings", index, raw)
        values = file_fields.entry_values(raw, keys=file_fields.READING_KEYS, required=("name",), place=inside)
        file_fields.note_twin(values.get("name"), index=index, seen=seen, kind="readings", place=inside)
        reading = Reading(order=index, **values)
        if "name" in values:  # else what is wrong has been noted, and nothing more can be said
            file_fields.note_invalid_fields(reading, values=values, place=inside)
        readings.append(reading)
    if len(readings) > MAX_READINGS_PER_SERVICE:
        place.wrong("readings", f"must be at most {MAX_READINGS_PER_SERVICE}, not {len(readings)}")
    return tuple(readings)
