"""The readings of an entry of a registry file or of a preset, checked."""

from collections.abc import Iterable, Mapping

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
        # Else what is wrong has been noted: without a name nothing more can be said, and an expression of a wrong type
        # would also be said to be missing.
        if "name" in values and not _is_of_wrong_type(raw, values):
            file_fields.note_invalid_fields(reading, values=values, place=inside)
        readings.append(reading)
    if len(readings) > MAX_READINGS_PER_SERVICE:
        place.wrong("readings", f"must be at most {MAX_READINGS_PER_SERVICE}, not {len(readings)}")
    return tuple(readings)


def _is_of_wrong_type(raw: object, values: Mapping[str, object]) -> bool:
    wanted = ("expression", "metric")
    return isinstance(raw, dict) and any(raw.get(key) is not None and key not in values for key in wanted)
