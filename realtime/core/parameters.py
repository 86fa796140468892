"""Query parameters of the public answers: what they may be, and the words in which another value is refused."""

import re
from collections.abc import Iterable

from realtime.core.delivery import MAX_INTERVAL_SECONDS, MIN_INTERVAL_SECONDS, Mode
from realtime.core.history import DEFAULT_PERIOD, PERIODS

CODE = "invalid_parameter"


class InvalidParameter(ValueError):
    """A query parameter with a value that is none of its choices; the message names field and choices."""

    def __init__(self, *, field: str, choices: Iterable[str], rule: str = "one of") -> None:
        self.field = field
        self.choices = list(choices)
        super().__init__(f"{field} must be {rule} {', '.join(self.choices)}")


def period_seconds(word: str | None) -> int:
    """Return the period asked for, the default for None. Raises InvalidParameter."""
    try:
        return PERIODS[DEFAULT_PERIOD if word is None else word]
    except KeyError as error:
        raise InvalidParameter(field="period", choices=PERIODS) from error


def mode(word: str | None) -> Mode:
    """Return the mode asked for, full for None. Raises InvalidParameter."""
    try:
        return Mode.FULL if word is None else Mode(word)
    except ValueError as error:
        raise InvalidParameter(field="mode", choices=Mode) from error


def interval_seconds(word: str | None) -> int | None:
    """Return the least seconds between two updates, None for every snapshot. Raises InvalidParameter."""
    if word is None:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", word) or not MIN_INTERVAL_SECONDS <= int(word) <= MAX_INTERVAL_SECONDS:
        choices = [f"{MIN_INTERVAL_SECONDS} to {MAX_INTERVAL_SECONDS}"]
        raise InvalidParameter(field="interval", choices=choices, rule="a whole number of seconds from")
    return int(word)


def error_document(error: InvalidParameter) -> dict[str, object]:
    """Return the body of the answer that refuses a parameter."""
    return {"error": {"code": CODE, "message": str(error), "field": error.field, "choices": error.choices}}
