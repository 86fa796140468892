"""What is known of one service, in words: the same in the list, on the service's page and on *probe now*."""

from collections.abc import Sequence
from datetime import datetime

from realtime.admin.live import next_check_words
from realtime.core.phrases import EVIDENCE_WORDS, FAILURE_WORDS
from realtime.core.records import Evidence, Failure, ServiceState, Status
from realtime.core.wording import ago

NOT_KNOWN = "–"
HOW_TO_SETTLE = (
    "Only the HTTP status says so. With a preset, a status path or status words, the answer itself is judged."
)

# A label, and the lines beside it.
Row = tuple[str, tuple[str, ...]]


def failure_words(failure: Failure) -> str:
    return f"{FAILURE_WORDS[failure.kind]}: {failure.message}"


def reason_words(state: ServiceState) -> str:
    """Return why a service has its status; empty when it is healthy."""
    return failure_words(state.failure) if state.failure else state.reason or ""


def unread_words(state: ServiceState) -> str:
    """Return which readings could not be read, and why; empty when all could."""
    return "; ".join(f"{name}: {problem}" for name, problem in state.reading_errors.items())


def evidence_words(evidence: Evidence | None, *, status: Status) -> str:
    """Return what a status rests on. One that nothing was asked for, such as `unknown`, rests on nothing."""
    if evidence is None:
        return "no answer" if status.is_bad else NOT_KNOWN
    return EVIDENCE_WORDS[evidence]


def unknown_word_words(word: str | None) -> str:
    return f"“{word}” is not a known status word" if word else ""


def certificate_words(days: int | None) -> str:
    """Return for how long a server's certificate is still valid; empty where there is none."""
    if days is None:
        return ""
    if days < 0:
        return "expired"
    return "expires today" if days == 0 else f"valid for {days} {'day' if days == 1 else 'days'}"


def time_words(seconds: float | None) -> str:
    return NOT_KNOWN if seconds is None else f"{seconds * 1000:.1f} ms"


def checked_words(state: ServiceState, *, now: datetime) -> str:
    """Return when a service was last probed, and when it is probed next if it sits sweeps out."""
    if state.checked_at is None:
        return NOT_KNOWN
    checked = ago((now - state.checked_at).total_seconds())
    return f"{checked}, {next_check_words(state.next_check_at, now=now)}" if state.next_check_at else checked


def rows_of(*rows: tuple[str, Sequence[str]]) -> tuple[Row, ...]:
    """Return the rows that have something to say, without their empty lines."""
    return tuple((label, tuple(filter(None, lines))) for label, lines in rows if any(lines))


def evidence_row(evidence: Evidence | None, *, unknown_word: str | None, status: Status) -> Row:
    """Return what a status rests on, the word that nobody knows, and what to do about a green by HTTP alone."""
    advice = HOW_TO_SETTLE if evidence is Evidence.HTTP and status.is_good else ""
    return "Evidence", (evidence_words(evidence, status=status), unknown_word_words(unknown_word), advice)


def described(state: ServiceState, *, now: datetime) -> tuple[Row, ...]:
    """Return what is known of a service beside its status."""
    since = state.status_since
    return rows_of(
        ("Last change", [ago((now - since).total_seconds()) if since else ""]),
        ("Reason", [reason_words(state)]),
        evidence_row(state.evidence, unknown_word=state.unknown_word, status=state.status),
        ("Cannot be read", [unread_words(state)]),
        ("Server certificate", [certificate_words(state.certificate_days)]),
        ("Response time", [time_words(state.response_time_seconds)]),
        ("Checked", [checked_words(state, now=now)]),
    )
