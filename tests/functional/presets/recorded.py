"""Answers of the products that presets are for, as the files under `answers/` have them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "answers"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One HTTP answer to a request for `path`."""

    path: str
    http_status: int
    content_type: str
    body: str


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a product answered in one state, and the verdict that a person gives.

    also: answers on further paths. kind: that of the failure, None where the verdict is healthy or degraded or any
    kind will do. readings: numbers that must have been read.
    """

    preset: str
    description: str
    source: str
    answer: Answer
    status: str
    kind: str | None = None
    also: tuple[Answer, ...] = ()
    readings: Mapping[str, float]

    def __str__(self) -> str:
        return f"{self.preset}: {self.description}"


@cache
def recorded_cases() -> tuple[Case, ...]:
    """Return all cases of all files; an entry with an unknown or missing key is an error."""
    return tuple(
        _case(file.stem, entry) for file in sorted(FOLDER.glob("*.yaml")) for entry in yaml.safe_load(file.read_text())
    )


def _case(preset: str, entry: dict[str, Any]) -> Case:
    answer = Answer(**{key: entry.pop(key) for key in ("path", "http_status", "content_type", "body")})
    also = tuple(Answer(**other) for other in entry.pop("also", ()))
    return Case(preset=preset, answer=answer, also=also, readings=entry.pop("readings", {}), **entry)
