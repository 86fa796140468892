"""Numbers and times as people read them, and the phrases filled in; `static/realtime/js/wording.js` does the same.

A number and its unit are held together by a no-break space.
"""

from decimal import ROUND_HALF_UP, Decimal

from realtime.core.phrases import FAILURE_WORDS, GAP, NOTHING, PHRASES, READING_UNITS
from realtime.core.records import FailureKind

_LARGE = ((1e15, 0.0, ""), (1e12, 1e12, f"{GAP}T"), (1e9, 1e9, f"{GAP}G"), (1e6, 1e6, f"{GAP}M"))
_DAY_SECONDS = 86_400


def say(phrase: str, **values: str) -> str:
    """Return a phrase of `PHRASES` with its values filled in."""
    return PHRASES[phrase].format_map(values)


def number(value: float | None) -> str:
    """Return a number with as many digits as a reader can use: 1,234; 12.5; 0.25; 3.4 M."""
    if value is None:
        return NOTHING
    size = abs(value)
    for least, unit, suffix in _LARGE:
        if size >= least:
            return _fixed(value / unit, 2) + suffix if unit else f"{value:.2e}"
    digits = 0 if size >= 1000 else 1 if size >= 10 else 2
    return _fixed(value, digits)


def milliseconds(value: float | None) -> str:
    """Return a duration that was measured in milliseconds: 3.2 ms, 120 ms, 1.24 s."""
    if value is None:
        return NOTHING
    if value >= 1000:
        return f"{_sized(value / 1000, 2)}{GAP}s"
    return f"{_fixed(value, 1 if value < 10 else 0)}{GAP}ms"


def percent(value: float | None) -> str:
    return NOTHING if value is None else f"{_sized(value, 1)}{GAP}%"


def ago(seconds: float) -> str:
    """Return how long ago something was, in one unit."""
    return say("just_now") if seconds < 10 else say("some_ago", span=span(seconds))


def until(seconds: float) -> str:
    """Return how soon something will be."""
    return say("in", duration=duration(seconds)) if seconds >= 1 else say("due_now")


def span(seconds: float) -> str:
    """Return a length of time in one unit: 42 s, 5 min, 7 h, 3 days."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole}{GAP}s"
    if whole < 3600:
        return f"{whole // 60}{GAP}min"
    if whole < 2 * _DAY_SECONDS:
        return f"{whole // 3600}{GAP}h"
    return f"{whole // _DAY_SECONDS:,}{GAP}days"


def moment(template: str, seconds: float) -> str:
    """Fill in a template that changes as time passes: `{ago}`, `{span}` and `{until}`.

    seconds: since the moment that it is about; negative before it.
    """
    return template.format_map({"ago": ago(seconds), "span": span(seconds), "until": until(-seconds)})


def duration(seconds: float) -> str:
    """Return a length of time in its two largest units: 3 d 4 h, 12 min 5 s."""
    left = int(seconds)
    parts: list[str] = []
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count or parts or size == 1:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def reading(name: str, value: float) -> tuple[str, str]:
    """Return label and value of a reading, its unit taken from the end of its name: `queries_per_minute`, 125."""
    for ending, unit in READING_UNITS.items():
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending).replace("_", " "), number(value) + unit
    return name.replace("_", " "), number(value)


def failure_kind(kind: str) -> str:
    """Return a kind of failure in words; a kind of a later version as it is."""
    return FAILURE_WORDS[FailureKind(kind)] if kind in FAILURE_WORDS else kind


def count(how_many: int, noun: str) -> str:
    return f"{how_many:,} {noun}" if how_many == 1 else f"{how_many:,} {noun}s"


def _sized(value: float, digits: int) -> str:
    """Return so many decimals, but a huge value shortened: of little, anything is a huge percentage."""
    return number(value) if abs(value) >= _LARGE[-1][0] else _fixed(value, digits)


def _fixed(value: float, digits: int) -> str:
    """Return at most so many decimals, ties away from zero as JavaScript has it, without zeros at the end."""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    text = f"{rounded:,f}"
    text = text.rstrip("0").rstrip(".") if digits else text
    return "0" if text in ("-0", "") else text
