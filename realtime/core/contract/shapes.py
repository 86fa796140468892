"""What the contract says of a value: its type, its unit and rounding, its meaning, and when it is null or left out.

The fields themselves are in the other modules of this folder. A number is stored in its inside unit (seconds, ratios,
events per second); its `Number` converts and rounds it, so that this happens once and the same way in every answer.
"""

import math
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Any

# A number without a fixed number of decimals has nine digits, and three decimals even where the digits before the
# point are more: enough for whole numbers and for Unix times with milliseconds to come out as they went in, and few
# enough to hide the noise of binary fractions.
_DIGITS = 9
_LEAST_DECIMALS = 3
# Whole numbers up to here are exact in a double, and in the JavaScript that reads them.
_MAX_WHOLE = 2**53


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """Free text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """True or false."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """A moment in UTC with milliseconds: `2025-10-18T18:45:32.123Z` (RFC 3339)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One of a closed set of words; `name` is the set's own, by which clients know its type."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """A whole number. unit: in words, empty for a plain count; least: None where it may be negative."""

    unit: str = ""
    least: int | None = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """A number, which is written without decimals where it is whole.

    unit: in words, that of the answer. per_unit: how many of it make one inside unit (1000 milliseconds, a second).
    decimals: None for nine digits and at least three decimals. least: None where it may be negative.
    """

    unit: str = ""
    per_unit: float = 1.0
    decimals: int | None = None
    least: int | None = None

    def shown(self, inside: float | None) -> float | int | None:
        """Return a number, given in its inside unit, as the answer writes it; None stays None."""
        return None if inside is None else _plain(inside * self.per_unit, self.decimals)

    def rounded(self, value: float | None, *, like: float | None = None) -> float | int | None:
        """Return a number that is in the answer's unit already, rounded; with the decimals of `like`, if given."""
        if value is None:
            return None
        if self.decimals is None and like is not None:
            return _plain(value, _decimals(abs(like)))
        return _plain(value, self.decimals)


@dataclass(frozen=True, kw_only=True, slots=True)
class ListOf:
    """A list of values of one shape; null_when: the circumstance in which one of them is null, empty: never."""

    item: "Shape"
    null_when: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class MapOf:
    """An object whose member names are data, such as names of services; all values have one shape.

    key: the member name in the example; keys: the closed set of names, None where any is possible.
    """

    value: "Shape"
    key: str
    keys: Choice | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One member of an object.

    example: of a plain value, or a list or map of them; None where it follows from the examples of the fields inside.
    null_when, absent_when: the circumstance in which it is null or left out, to follow the word "when"; empty: never.
    """

    name: str
    shape: "Shape"
    meaning: str
    _: KW_ONLY
    example: Any = None
    null_when: str = ""
    absent_when: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """An object with fields; `name` is that of its type, by which clients know it.

    others: what any further member is, whose name is data; None where there is no other.
    """

    name: str
    meaning: str
    fields: tuple[Field, ...]
    others: Field | None = None

    @property
    def field_names(self) -> frozenset[str]:
        return frozenset(field.name for field in self.fields)


Shape = Text | Flag | Moment | Choice | Whole | Number | ListOf | MapOf | Record


def example_of(record: Record) -> dict[str, Any]:
    """Return an object in which every field has its example; further members are shown by one."""
    shown = {field.name: _example(field.shape, field.example) for field in record.fields}
    return shown if record.others is None else shown | {record.others.name: record.others.example}


def _example(shape: Shape, given: Any) -> Any:
    if given is not None:
        return given
    match shape:
        case Record():
            return example_of(shape)
        case ListOf():
            return [_example(shape.item, None)]
        case MapOf():
            return {shape.key: _example(shape.value, None)}
    raise ValueError(f"a field of shape {shape} has no example")


def named_in(shape: Shape) -> Iterator["Record | Choice"]:
    """Return every record and set of words inside a shape, itself included, the outer ones first."""
    match shape:
        case Record():
            yield shape
            for field in (*shape.fields, *([shape.others] if shape.others else [])):
                yield from named_in(field.shape)
        case Choice():
            yield shape
        case ListOf():
            yield from named_in(shape.item)
        case MapOf():
            yield from named_in(shape.value)
            if shape.keys is not None:
                yield shape.keys


def records_in(shape: Shape) -> Iterator[Record]:
    """Return every record inside a shape, itself included, the outer ones first."""
    return (one for one in named_in(shape) if isinstance(one, Record))


def _plain(value: float, decimals: int | None) -> float | int:
    """Return a number without the noise of binary fractions, and a whole one as an integer, as the story writes it."""
    shown = round(value, _decimals(abs(value)) if decimals is None else decimals)
    return int(shown) if abs(shown) <= _MAX_WHOLE and shown == int(shown) else shown


def _decimals(magnitude: float) -> int:
    if magnitude == 0:
        return _LEAST_DECIMALS
    return max(_LEAST_DECIMALS, _DIGITS - 1 - math.floor(math.log10(magnitude)))
