"""Takes the numbers out of a service's answers: registered readings, unregistered numbers, uptime, conditions."""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from realtime.core import answers
from realtime.core.contract.entry_fields import ENTRY_FIELDS
from realtime.core.exposition import Unreadable
from realtime.core.expressions import search
from realtime.core.metric_readings import Measured, measure
from realtime.core.records import CounterSample, Exchange, LabelledTotals, ReadingKind, ReadingSpec, Target

MAX_UNREGISTERED = 32
MAX_NAME_LENGTH = 64
UPTIME = "uptime_seconds"

# "1:25:24.57", "25:24", and with the days that Python's str(timedelta) puts before them: "2 days, 1:25:24".
_CLOCK = re.compile(
    r"\s*(?:(\d{1,6})\s*d(?:ays?)?\s*,?\s*)?(?:(\d{1,6}):)?(\d{1,2}):(\d{1,2}(?:\.\d{1,9})?)\s*", re.ASCII
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """The numbers of one probe, under the names they are shown by; counters and series are raw totals."""

    gauges: Mapping[str, float] = field(default_factory=dict)
    counters: Mapping[str, float] = field(default_factory=dict)
    series: Mapping[str, LabelledTotals] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    uptime_seconds: float | None = None
    conditions: Mapping[str, bool] = field(default_factory=dict)


def public_name(name: str) -> str:
    """Return the name a reading is shown under: its own, or `reported_<name>` where an entry has such a field."""
    return f"reported_{name}" if name in ENTRY_FIELDS else name


def take(
    *,
    target: Target,
    health: object,
    others: Mapping[str, Exchange],
    expositions: Mapping[str | None, Exchange] | None = None,
) -> Taken:
    """Return everything that a target's answers give.

    health: its health document; others: answers with JSON by reading path; expositions: answers with metrics likewise,
    the health answer under None.

    A reading that could not be had is left out and named in `errors`; only a bound makes that change the status.
    """
    documents, problems = _documents(others)
    documents[None] = health
    gauges: dict[str, float] = {}
    counters: dict[str, float] = {}
    series: dict[str, LabelledTotals] = {}
    errors: dict[str, str] = {}
    for spec in target.readings:
        name = shown_name(spec)
        try:
            if spec.metric is None:
                measured = Measured(number=_number(spec, documents, problems))
            else:
                measured = _measured(spec, (expositions or {}).get(spec.path))
        except Unreadable as error:
            errors[name] = str(error)
            continue
        if measured.number is None:
            series[name] = measured.totals
        elif spec.metric is None and spec.kind is ReadingKind.COUNTER:
            counters[name] = measured.number
        else:
            gauges[name] = measured.number
    uptime = gauges.pop(UPTIME, None)
    registered = {shown_name(spec) for spec in target.readings}
    return Taken(
        gauges=gauges | _unregistered(health, registered=registered),
        counters=counters,
        series=series,
        errors=errors,
        uptime_seconds=uptime if uptime is not None else _uptime(health),
        conditions={
            source.name: source.condition is None or search(expression=source.condition, document=health) is True
            for source in target.data_sources
        },
    )


def shown_name(spec: ReadingSpec) -> str:
    """Return the name that a reading is kept under: an uptime is a field of the entry itself."""
    return UPTIME if spec.name == UPTIME else public_name(spec.name)


def counter_rate(
    *, before: CounterSample | None, after: CounterSample, longest_gap_seconds: float = math.inf
) -> float | None:
    """Return a counter's rate per second between two samples, None where there is nothing to compare with.

    A rate over more than `longest_gap_seconds` is none: it would put an old average under a new time.
    A total that fell means that the service restarted and counts from zero again, so what it shows now is the
    increase, as in Prometheus' `rate()` (Prometheus documentation, "Querying: functions").
    """
    if before is None:
        return None
    seconds = (after.at - before.at).total_seconds()
    if not 0 < seconds <= longest_gap_seconds:
        return None
    increase = after.total - before.total if after.total >= before.total else after.total
    return answers.finite_number(increase / seconds)


def parse_uptime(text: str) -> float | None:
    """Return the seconds of an uptime written like a clock (`1:25:24.57`, `2 days, 0:00:03`), None for other texts."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    days, hours, minutes, seconds = match.groups(default="0")
    return int(days) * 86_400 + int(hours) * 3_600 + int(minutes) * 60 + float(seconds)


def _documents(others: Mapping[str, Exchange]) -> tuple[dict[str | None, object], dict[str | None, str]]:
    documents: dict[str | None, object] = {}
    problems: dict[str | None, str] = {}
    for path, exchange in others.items():
        problem = _problem_of(exchange)
        if problem is not None:
            problems[path] = problem
            continue
        content = answers.read_content(body=exchange.body, content_type=exchange.content_type)
        if content.is_json:
            documents[path] = content.document
        else:
            problems[path] = f"body: not valid JSON: {content.problem}"
    return documents, problems


def _problem_of(exchange: Exchange) -> str | None:
    """Return why no reading can be taken from an answer."""
    if exchange.failure is not None:
        return f"{exchange.failure.kind}: {exchange.failure.message}"
    if exchange.http_status is None or not 200 <= exchange.http_status <= 299:
        return f"http_status: HTTP status {exchange.http_status}"
    return None


def _measured(spec: ReadingSpec, exchange: Exchange | None) -> Measured:
    problem = "there is no answer to take it from" if exchange is None else _problem_of(exchange)
    if exchange is None or exchange.exposition is None or problem is not None:
        raise Unreadable(problem or "there is no Prometheus text to take it from")
    return measure(spec, exchange.exposition)


def _number(spec: ReadingSpec, documents: Mapping[str | None, object], problems: Mapping[str | None, str]) -> float:
    if spec.path in problems:
        raise Unreadable(problems[spec.path])
    document = documents.get(spec.path)
    if document is None:
        raise Unreadable("there is no JSON answer to take it from")
    found = search(expression=spec.expression, document=document)
    value = _uptime_or_number(found) if spec.name == UPTIME else answers.finite_number(found)
    if value is None:
        is_absent = found is None
        problem = "finds nothing in the answer" if is_absent else f"gives {_kind_of(found)}, not a number"
        raise Unreadable(f"the expression {problem}")
    if spec.kind is ReadingKind.COUNTER and value < 0:
        raise Unreadable("a counter cannot be negative")
    return value


def _kind_of(value: object) -> str:
    kinds = {bool: "a boolean", str: "a text", list: "a list", dict: "an object"}
    return kinds.get(type(value), "a number beyond range")


def _unregistered(health: object, *, registered: Collection[str]) -> dict[str, float]:
    """Return the numbers at the top level of a health document, the first MAX_UNREGISTERED that nobody registered."""
    unregistered: dict[str, float] = {}
    for name, value in health.items() if isinstance(health, dict) else ():
        number = answers.finite_number(value)
        if number is None or name == UPTIME or public_name(name) in registered or not _is_showable(name):
            continue
        unregistered.setdefault(public_name(name), number)
        if len(unregistered) == MAX_UNREGISTERED:
            break
    return unregistered


def _is_showable(name: str) -> bool:
    # Printable leaves out lone surrogates, which JSON can carry and UTF-8 cannot.
    return 0 < len(name) <= MAX_NAME_LENGTH and name.isprintable()


def _uptime(health: object) -> float | None:
    if not isinstance(health, dict):
        return None
    seconds = _uptime_or_number(health.get(UPTIME))
    if seconds is not None:
        return seconds
    text = health.get("uptime")
    # A bare number there could be of any unit, so it is shown as it is.
    return parse_uptime(text) if isinstance(text, str) else None


def _uptime_or_number(value: object) -> float | None:
    return parse_uptime(value) if isinstance(value, str) else answers.finite_number(value)
