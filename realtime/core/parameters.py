"""Query parameters: what each endpoint takes, and the sentences in which anything else is refused."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl

from realtime.core.delivery import MAX_INTERVAL_SECONDS, MIN_INTERVAL_SECONDS, Mode, Wishes
from realtime.core.history import DEFAULT_PERIOD, PERIODS
from realtime.core.problems import Problem
from realtime.core.records import Status
from realtime.core.slices import Fields, Slice

CODE = "invalid_parameter"
CACHE_BUSTER = "_"  # what some programs add, with a different value each time
MAX_NAMES = 100
MAX_PARAMETERS = 64
_SHOWN_CHARACTERS = 60

# The roll-ups that `fail_on` answers with 503; `unknown` is among them always: green is a finding, never a default.
FAIL_ON: Mapping[str, frozenset[Status]] = {
    "error": frozenset({Status.ERROR, Status.UNKNOWN}),
    "unhealthy": frozenset({Status.ERROR, Status.UNHEALTHY, Status.UNKNOWN}),
    "degraded": frozenset({Status.ERROR, Status.UNHEALTHY, Status.DEGRADED, Status.UNKNOWN}),
}


class InvalidParameter(ValueError):
    """A query parameter that is refused; the message names the field and the choices."""

    def __init__(self, message: str, *, field: str, choices: Iterable[str]) -> None:
        super().__init__(message)
        self.field = field
        self.choices = list(choices)

    @property
    def problem(self) -> Problem:
        return Problem(
            status=HTTPStatus.BAD_REQUEST, code=CODE, detail=str(self), field=self.field, choices=self.choices
        )


def not_among(field: str, choices: Iterable[str]) -> InvalidParameter:
    """Return the refusal of a value that is none of these."""
    known = list(choices)
    return InvalidParameter(f"{field} must be one of {', '.join(known)}", field=field, choices=known)


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentQuery:
    """What a request for the document asks for. fail_on: the roll-ups that are answered with 503."""

    period_seconds: int
    part: Slice
    fail_on: frozenset[Status]


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryQuery:
    """What a request for a history asks for; `service` None means all services at once."""

    metric: str
    period_seconds: int
    service: str | None = None


def document_query(query_string: str) -> DocumentQuery:
    """Return what the query of a request for the document asks for. Raises InvalidParameter."""
    given = _given(query_string, names=("period", "fields", "group", "status", "service", "fail_on"))
    fail_on = given.get("fail_on")
    if fail_on is not None and fail_on not in FAIL_ON:
        raise not_among("fail_on", FAIL_ON)
    return DocumentQuery(
        period_seconds=_period_seconds(given.get("period")),
        part=Slice(
            fields=_fields(given.get("fields")),
            groups=_names("group", given.get("group")),
            statuses=_statuses(given.get("status")),
            services=_names("service", given.get("service")),
        ),
        fail_on=FAIL_ON[fail_on] if fail_on is not None else frozenset(),
    )


def history_query(query_string: str) -> HistoryQuery:
    """Return what the query of a request for a history asks for; its names are not checked. Raises InvalidParameter."""
    given = _given(query_string, names=("metric", "period", "service"))
    return HistoryQuery(
        metric=given.get("metric", ""),
        period_seconds=_period_seconds(given.get("period")),
        service=given.get("service"),
    )


def push_query(query_string: str) -> Wishes:
    """Return what the query of a WebSocket or an event stream asks for. Raises InvalidParameter."""
    given = _given(query_string, names=("period", "fields", "mode", "interval"))
    return Wishes(
        period_seconds=_period_seconds(given.get("period")),
        fields=_fields(given.get("fields")),
        mode=_mode(given.get("mode")),
        interval_seconds=_interval_seconds(given.get("interval")),
    )


def no_query(query_string: str) -> None:
    """Raise InvalidParameter for any parameter at all."""
    _given(query_string, names=())


def _given(query_string: str, *, names: tuple[str, ...]) -> dict[str, str]:
    """Return the parameters that are given, by name. Raises InvalidParameter for unknown and repeated ones."""
    try:
        pairs = parse_qsl(query_string, keep_blank_values=True, errors="replace", max_num_fields=MAX_PARAMETERS)
    except ValueError as error:
        raise InvalidParameter("too many parameters", field="", choices=names) from error
    given: dict[str, str] = {}
    for name, value in pairs:
        if name == CACHE_BUSTER:
            continue
        shown = name[:_SHOWN_CHARACTERS]
        if name not in names:
            known = f"one of {', '.join(names)} is expected" if names else "none is expected"
            raise InvalidParameter(f"unknown parameter {shown!r}: {known}", field=shown, choices=names)
        if name in given:
            raise InvalidParameter(f"{name} is given more than once", field=name, choices=())
        given[name] = value
    return given


def _period_seconds(word: str | None) -> int:
    try:
        return PERIODS[DEFAULT_PERIOD if word is None else word]
    except KeyError as error:
        raise not_among("period", PERIODS) from error


def _fields(word: str | None) -> Fields:
    try:
        return Fields.ALL if word is None else Fields(word)
    except ValueError as error:
        raise not_among("fields", Fields) from error


def _mode(word: str | None) -> Mode:
    try:
        return Mode.FULL if word is None else Mode(word)
    except ValueError as error:
        raise not_among("mode", Mode) from error


def _interval_seconds(word: str | None) -> int | None:
    if word is None:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", word) or not MIN_INTERVAL_SECONDS <= int(word) <= MAX_INTERVAL_SECONDS:
        choice = f"{MIN_INTERVAL_SECONDS} to {MAX_INTERVAL_SECONDS}"
        raise InvalidParameter(
            f"interval must be a whole number of seconds from {choice}", field="interval", choices=[choice]
        )
    return int(word)


def _statuses(text: str | None) -> frozenset[Status] | None:
    if text is None:
        return None
    try:
        return frozenset(map(Status, text.split(",")))
    except ValueError as error:
        raise not_among("status", Status) from error


def _names(field: str, text: str | None) -> frozenset[str] | None:
    if text is None:
        return None
    names = text.split(",")
    if len(names) > MAX_NAMES:
        message = f"{field} takes at most {MAX_NAMES} names, separated by commas"
        raise InvalidParameter(message, field=field, choices=())
    return frozenset(names)
