"""Decides what one answer says of a service, before flap damping: the status rules of the health check."""

from dataclasses import dataclass

from realtime.core import answers
from realtime.core.expressions import search
from realtime.core.records import Exchange, Failure, FailureKind, Status, Target

# fmt: off
HEALTHY_WORDS = frozenset({
    "healthy", "ok", "pass", "passing", "passed", "up", "green", "active", "running", "ready", "alive", "true",
    "working", "online", "available", "serving",
})
DEGRADED_WORDS = frozenset({"degraded", "warn", "warning", "yellow", "partial"})
UNHEALTHY_WORDS = frozenset({
    "unhealthy", "down", "fail", "failed", "failing", "failure", "error", "critical", "red", "out_of_service", "false",
    "offline", "unavailable", "stopped", "dead", "not_serving",
})
# fmt: on
STATUS_MEMBERS = ("status", "state", "health")

_STATUS_OF_WORD = (
    dict.fromkeys(HEALTHY_WORDS, Status.HEALTHY)
    | dict.fromkeys(DEGRADED_WORDS, Status.DEGRADED)
    | dict.fromkeys(UNHEALTHY_WORDS, Status.UNHEALTHY)
)

_SEVERITY = {Status.HEALTHY: 0, Status.DEGRADED: 1, Status.UNHEALTHY: 2, Status.ERROR: 3}
_SHOWN_NAME_LENGTH = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What one probe says of a service.

    rule: a sentence that names the rule which decided, for a person to read.
    document: the JSON of the health answer, None where there is none.
    """

    status: Status
    rule: str
    failure: Failure | None = None
    document: object = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Word:
    """A known status word and where in the answer it stood."""

    status: Status
    word: str
    place: str


def judge(*, exchange: Exchange, target: Target) -> Verdict:
    """Return the verdict on a health exchange: healthy, degraded, unhealthy or error."""
    unexpected = exchange.http_status is not None and not _is_expected(exchange.http_status, target)
    if exchange.failure is not None:
        if unexpected and exchange.failure.kind is FailureKind.TOO_LARGE:
            return _unexpected_status(exchange, target, word=None)
        return Verdict(status=Status.ERROR, failure=exchange.failure, rule="no usable answer")
    content = answers.read_content(body=exchange.body, content_type=exchange.content_type)
    word = _status_word(content=content, target=target)
    if unexpected:
        return _unexpected_status(exchange, target, word=word, document=content.document)
    if not content.is_json and content.text.strip() and _needs_json(exchange, target):
        failure = Failure(
            kind=FailureKind.BODY, message=f"not valid JSON: {content.problem}", http_status=exchange.http_status
        )
        return Verdict(status=Status.ERROR, failure=failure, rule="JSON was promised, and the answer is none")
    return _slow(exchange, target, _by_word(exchange, word, content.document))


def _by_word(exchange: Exchange, word: _Word | None, document: object) -> Verdict:
    if word is None:
        rule = f"HTTP status {exchange.http_status} is expected, and the answer names no known status word"
        return Verdict(status=Status.HEALTHY, rule=rule, document=document)
    failure = _reported(exchange, word) if word.status.is_bad else None
    return Verdict(status=word.status, failure=failure, rule=f"{word.place} says “{word.word}”", document=document)


def _unexpected_status(exchange: Exchange, target: Target, *, word: _Word | None, document: object = None) -> Verdict:
    rule = f"HTTP status {exchange.http_status} is not among the expected {_ranges_text(target)}"
    if word is not None and word.status.is_bad:
        failure = _reported(exchange, word)
        rule = f"{rule}, and {word.place} says “{word.word}”"
    else:
        failure = Failure(
            kind=FailureKind.HTTP_STATUS,
            message=f"HTTP status {exchange.http_status}, expected {_ranges_text(target)}",
            http_status=exchange.http_status,
        )
    return Verdict(status=Status.UNHEALTHY, failure=failure, rule=rule, document=document)


def _reported(exchange: Exchange, word: _Word) -> Failure:
    message = f"the service reports “{word.word}” ({word.place})"
    return Failure(kind=FailureKind.REPORTED, message=message, http_status=exchange.http_status)


def _slow(exchange: Exchange, target: Target, verdict: Verdict) -> Verdict:
    limit, took = target.degraded_above_seconds, exchange.elapsed_seconds
    if verdict.status is not Status.HEALTHY or limit is None or took is None or took <= limit:
        return verdict
    rule = f"answered in {took * 1000:.0f} ms, slower than {limit * 1000:.0f} ms ({verdict.rule})"
    return Verdict(status=Status.DEGRADED, rule=rule, document=verdict.document)


def _is_expected(http_status: int, target: Target) -> bool:
    return any(low <= http_status <= high for low, high in target.expected_status)


def _ranges_text(target: Target) -> str:
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in target.expected_status)


def _needs_json(exchange: Exchange, target: Target) -> bool:
    return target.status_path is not None or answers.says_json(exchange.content_type)


def _status_word(*, content: answers.Content, target: Target) -> _Word | None:
    if not content.is_json:
        return None if target.status_path else _known(content.text, place="the text")
    if target.status_path:
        return _known(search(expression=target.status_path, document=content.document), place=target.status_path)
    if not isinstance(content.document, dict):
        return _known(content.document, place="the answer")
    if any(member in content.document for member in STATUS_MEMBERS):
        return _word_of_object(content.document)
    return _worst_of_members(content.document)


def _worst_of_members(document: dict[str, object]) -> _Word | None:
    words = []
    for name, member in document.items():
        if isinstance(member, dict):
            # Printable leaves out lone surrogates, which JSON can carry and UTF-8 cannot.
            label = name[:_SHOWN_NAME_LENGTH] if name.isprintable() else "a member"
            words.append(_word_of_object(member, prefix=f"{label}."))
    return max(filter(None, words), key=lambda word: _SEVERITY[word.status], default=None)


def _word_of_object(document: dict[str, object], *, prefix: str = "") -> _Word | None:
    """Return the word at the first usual place that is present; None where there is none, or no known word."""
    for member in STATUS_MEMBERS:
        if member in document:
            return _known(document[member], place=f"{prefix}{member}")
    return None


def _known(value: object, *, place: str) -> _Word | None:
    if isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    word = value.strip().removesuffix(".").lower()
    status = _STATUS_OF_WORD.get(word)
    return None if status is None else _Word(status=status, word=word, place=place)
