"""Compares values with what the contract says of them."""

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from realtime.core.contract.shapes import (
    Choice,
    Field,
    Flag,
    ListOf,
    MapOf,
    Moment,
    Number,
    Record,
    Shape,
    Text,
    Whole,
    records_in,
)

Way = Literal["value", "null", "absent"]
Seen = tuple[str, str, Way]  # record, field, and how it was found


@dataclass
class Conformance:
    """What in a value is not as described, and in which ways its fields were seen."""

    violations: list[str] = field(default_factory=list)
    seen: set[Seen] = field(default_factory=set)

    def check(self, value: Any, shape: Shape, *, at: str = "") -> None:
        """Compare a value, as JSON gives it, with its shape."""
        match shape:
            case Record() if isinstance(value, dict):
                self._check_fields(value, shape, at=at)
                self._check_others(value, shape, at=at)
            case ListOf() if isinstance(value, list):
                self._check_items(value, shape, at=at)
            case MapOf() if isinstance(value, dict):
                self._check_members(value, shape, at=at)
            case _ if not is_plain(value, shape):
                self.violations.append(f"{at} is {value!r}, not {shape}")

    def _check_fields(self, value: Any, record: Record, *, at: str) -> None:
        for one in record.fields:
            where = f"{at}.{one.name}"
            way: Way = "absent" if one.name not in value else "null" if value[one.name] is None else "value"
            self.seen.add((record.name, one.name, way))
            if way == "value":
                self.check(value[one.name], one.shape, at=where)
            elif way not in ways_of(one):
                self.violations.append(f"{where} is {way}")

    def _check_others(self, value: Any, record: Record, *, at: str) -> None:
        for name in value.keys() - record.field_names:
            if record.others is None:
                self.violations.append(f"{at}.{name} is not described")
            else:
                self.check(value[name], record.others.shape, at=f"{at}.{name}")

    def _check_items(self, value: list[Any], shape: ListOf, *, at: str) -> None:
        for index, item in enumerate(value):
            if item is not None or not shape.null_when:
                self.check(item, shape.item, at=f"{at}[{index}]")

    def _check_members(self, value: Any, shape: MapOf, *, at: str) -> None:
        for name, item in value.items():
            if shape.keys is not None and name not in shape.keys.words:
                self.violations.append(f"{at} has a member {name}, which is no {shape.keys.name}")
            self.check(item, shape.value, at=f"{at}[{name}]")


def is_plain(value: Any, shape: Shape) -> bool:
    """Whether a plain value has its type, is one of its words, and is rounded as it should be."""
    match shape:
        case Text():
            return isinstance(value, str)
        case Flag():
            return isinstance(value, bool)
        case Choice():
            return value in shape.words
        case Moment():
            return isinstance(value, str) and _is_moment(value)
        case Whole():
            return type(value) is int and (shape.least is None or value >= shape.least)
        case Number():
            return type(value) in (int, float) and _is_rounded(value, shape)
    return False


def described_ways(shape: Shape) -> set[Seen]:
    """Return every way in which the fields inside a shape can be found."""
    return {
        (record.name, one.name, way) for record in records_in(shape) for one in record.fields for way in ways_of(one)
    }


def ways_of(one: Field) -> set[Way]:
    """Return the ways in which a field can be found."""
    ways: set[Way] = {"value"}
    if one.null_when:
        ways.add("null")
    if one.absent_when:
        ways.add("absent")
    return ways


def _is_moment(text: str) -> bool:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return False
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z" == text


def _is_rounded(value: float, shape: Number) -> bool:
    if shape.least is not None and value < shape.least:
        return False
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        return False
    if shape.decimals is not None:
        return round(value, shape.decimals) == value
    digits = 8 - math.floor(math.log10(abs(value))) if value else 0
    return round(value, max(3, digits)) == value
