"""Bounds on readings: a comparison with a number, such as `< 0.1`, that makes a verdict worse while it is met."""

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
MAX_BOUND_LENGTH = 40

_BOUND = re.compile(r"\s*(<=|>=|==|!=|<|>)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*", re.ASCII)


class BadBound(ValueError):
    """A text that is not a bound; the message is a sentence without its subject, for the person who wrote it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bound:
    """A comparison with a limit; `operator` is one of OPERATORS."""

    operator: str
    limit: float

    def __str__(self) -> str:
        limit = int(self.limit) if self.limit.is_integer() and abs(self.limit) < 1e15 else self.limit
        return f"{self.operator} {limit}"

    def is_met(self, value: float) -> bool:
        """Return whether the comparison is true for a reading, which makes the verdict worse."""
        return OPERATORS[self.operator](value, self.limit)


def parse(text: str) -> Bound:
    """Return the bound that a text such as `< 0.1` stands for.

    Raises:
        BadBound: the text is not a comparison followed by a finite number.
    """
    match = _BOUND.fullmatch(text) if len(text) <= MAX_BOUND_LENGTH else None
    limit = float(match[2]) if match else math.nan
    if match is None or not math.isfinite(limit):
        shown = text if len(text) <= MAX_BOUND_LENGTH else f"{text[:MAX_BOUND_LENGTH]}…"
        raise BadBound(f"must be one of < <= > >= == != and a number, such as “< 0.1”, not “{shown}”")
    return Bound(operator=match[1], limit=limit)
