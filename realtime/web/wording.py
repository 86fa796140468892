"""Numbers and words as the pages show them; `wording.js` says the same in the browser.

A number and its unit are held together by a no-break space.
"""

from decimal import ROUND_HALF_UP, Decimal

# Exported from here too, so that whoever shows a page has one place to ask.
from realtime.core.wording import FAILURE_WORDS as FAILURE_WORDS
from realtime.core.wording import ago as ago

NOTHING = "–"
_GAP = "\u00a0"

STATUS_WORDS = {
    "healthy": "Healthy",
    "degraded": "Degraded",
    "unhealthy": "Unhealthy",
    "error": "Error",
    "unknown": "Unknown",
    "maintenance": "Maintenance",
}
ASSESSMENT_WORDS = {
    "better": "better",
    "worse": "worse",
    "same": "steady",
    "neutral": "",
    "unknown": "too early to compare",
}
TREND_WORDS = {"up": "rising", "down": "falling", "flat": "steady", "unknown": "no trend yet"}
INDICATORS = {"up": "↑", "down": "↓", "flat": "→", "unknown": "·"}
PERIOD_WORDS = {"1m": "minute", "5m": "5 minutes", "15m": "15 minutes", "1h": "hour", "24h": "24 hours"}

_RATES = {"_per_second": "/s", "_per_minute": "/min", "_per_hour": "/h"}
_UNITS = {"_ms": f"{_GAP}ms", "_seconds": f"{_GAP}s", "_percent": f"{_GAP}%", "_percentage": f"{_GAP}%"}
_LARGE = ((1e15, 0.0, ""), (1e12, 1e12, f"{_GAP}T"), (1e9, 1e9, f"{_GAP}G"), (1e6, 1e6, f"{_GAP}M"))


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
        return f"{_sized(value / 1000, 2)}{_GAP}s"
    return f"{_fixed(value, 1 if value < 10 else 0)}{_GAP}ms"


def percent(value: float | None) -> str:
    return NOTHING if value is None else f"{_sized(value, 1)}{_GAP}%"


def until(seconds: float) -> str:
    """Return how soon something will be."""
    return f"in {duration(seconds)}" if seconds >= 1 else "due now"


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
    for ending, unit in (_RATES | _UNITS).items():
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending).replace("_", " "), number(value) + unit
    return name.replace("_", " "), number(value)


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
