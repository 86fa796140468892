"""Status words: what a word that a service sent says of its status, however it is spelled or put together.

Where such words are looked for is the business of `core.evidence`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from realtime.core.records import Status

# fmt: off
HEALTHY_WORDS = frozenset({
    "healthy", "ok", "good", "pass", "passing", "passed", "up", "green", "active", "running", "ready", "alive", "true",
    "working", "online", "available", "serving", "success", "succeeded", "normal", "operational", "in_service",
})
DEGRADED_WORDS = frozenset({
    "degraded", "warn", "warning", "warnings", "yellow", "partial", "partially", "draining", "starting",
    "initializing", "stopping", "restarting", "recovering", "maintenance", "unknown",
})
UNHEALTHY_WORDS = frozenset({
    "unhealthy", "down", "fail", "failed", "failing", "failure", "failures", "error", "errors", "err", "critical",
    "fatal", "red", "out_of_service", "false", "offline", "unavailable", "unreachable", "disconnected", "inactive",
    "broken", "outage", "shutdown", "stopped", "dead", "terminated", "crashed",
})
# fmt: on
KNOWN_WORDS: Mapping[str, Status] = (
    dict.fromkeys(HEALTHY_WORDS, Status.HEALTHY)
    | dict.fromkeys(DEGRADED_WORDS, Status.DEGRADED)
    | dict.fromkeys(UNHEALTHY_WORDS, Status.UNHEALTHY)
)
# Of "not critical" and "non-critical" neither is a failure, and of "not ready" and "non-operational" both are.
NEGATIONS = frozenset({"not", "no", "never", "without", "non"})
SEVERITY: Mapping[Status, int] = {Status.HEALTHY: 0, Status.DEGRADED: 1, Status.UNHEALTHY: 2, Status.ERROR: 3}

MAX_PARTS = 4
# Longer text is no status word; it bounds the work on each text that a service sends.
MAX_WORD_LENGTH = 80
MAX_SHOWN_LENGTH = 40

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PHRASE = re.compile(r"(?<![^_])(?:out_of_service|in_service)(?![^_])")
_CLEAN = re.compile(r"[a-z0-9_]*")
# “Up 3 hours (unhealthy)”, “Up 5 seconds (health: starting)”: how Docker says that a health check fails.
_REMARK = re.compile(r"\((?:(?:status|state|health): ?)?([A-Za-z _-]+)\)$")
_PUNCTUATION = ".,;:!?()[]{}<>\"'*+"
_PUBLIC = re.compile(rf"[A-Za-z][A-Za-z_ -]{{0,{MAX_SHOWN_LENGTH - 1}}}")
_NOTHING = frozenset({"0", "zero"})  # "0 errors" is no failure, and "up 0" is a metric that says down
_PARTICIPLE_ENDINGS = ("ing", "ed")  # "warming up", "backed up": no statement that something is up


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """A word whose meaning is known; `text` is safe to show to anyone."""

    status: Status
    text: str


def normalised(text: str) -> str:
    """Return the form in which words are compared: `NotReady.` and `not-ready` both become `not_ready`."""
    return _plain(_CAMEL.sub("_", text))


def worst_word(words: Iterable[Word | None]) -> Word | None:
    """Return the first of the words with the worst status, None where there is none."""
    return max((word for word in words if word is not None), key=lambda word: SEVERITY[word.status], default=None)


def public_text(text: str) -> str | None:
    """Return a word that a service sent as it may be shown to anyone, None where it could be more than a word."""
    stripped = text.strip().removesuffix(".")
    return stripped if _PUBLIC.fullmatch(stripped) else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """The known words, and before them a service's own: normalised words and what each means."""

    own: Mapping[str, Status] = field(default_factory=dict)

    def known(self, text: str) -> Word | None:
        """Return the meaning of a text that is itself one of the words, None for anything else, compounds included."""
        return self._whole(_spellings(text))

    def judged(self, text: str) -> Word | None:
        """Return the meaning of a text of up to MAX_PARTS words, None where it has none."""
        spellings = _spellings(text)
        whole = self._whole(spellings)
        if whole is not None or not spellings:
            return whole
        words = [self._compound(spelling) for spelling in spellings]
        if text.endswith(")"):
            words.append(self._remark(text))
        # The worse, because “readyButUnhealthy” says so where it is split, and “running unHealthy” where it is not.
        return worst_word(words) if any(words) else None

    def of_boolean(self, value: bool) -> Word:
        """Return what a JSON boolean says: the same as the word `true` or `false`."""
        text = "true" if value else "false"
        return Word(status=self.own.get(text) or KNOWN_WORDS[text], text=text)

    def of_number(self, number: float, *, is_http_status: bool) -> Word | None:
        """Return what a number says: it can be one of the service's own words, or else an HTTP status."""
        text = str(number) if isinstance(number, int) else f"{number:.15g}"
        status = self.own.get(text) or (_of_http_status(number) if is_http_status else None)
        return None if status is None else Word(status=status, text=text)

    def _whole(self, spellings: tuple[str, ...]) -> Word | None:
        for spelling in spellings:
            status = self._meaning(spelling)
            if status is not None:
                return Word(status=status, text=spelling)
        return None

    def _meaning(self, word: str) -> Status | None:
        return self.own.get(word) or KNOWN_WORDS.get(word)

    def _compound(self, plain: str) -> Word | None:
        parts = _parts(plain)
        if len(parts) > MAX_PARTS:
            return None
        is_clean = _CLEAN.fullmatch(plain) is not None
        bare = parts if is_clean else [part.strip(_PUNCTUATION) for part in parts]
        found = self._joined(parts) or self._of_parts(bare)
        if found is None or (found.status is Status.HEALTHY and not is_clean):
            # Whoever writes “0/3 ready” or “ok (failover)” says more than that all is well.
            return None
        return Word(status=found.status, text=plain) if public_text(plain) else found

    def _remark(self, text: str) -> Word | None:
        """Return the meaning of a known word in parentheses at the end of a text, unless it is a good one."""
        remark = _REMARK.search(text)
        word = None if remark is None else self.known(remark[1])
        return None if word is None or word.status is Status.HEALTHY else word

    def _joined(self, parts: list[str]) -> Word | None:
        """Return the meaning of a word that was taken apart, such as `un-healthy`, unless it is a good one."""
        if len(parts) != 2:
            return None
        text = "".join(parts)
        status = self._meaning(text)
        return None if status is None or status is Status.HEALTHY else Word(status=status, text=text)

    def _of_parts(self, parts: list[str]) -> Word | None:
        if KNOWN_WORDS.keys().isdisjoint(parts) and self.own.keys().isdisjoint(parts):
            return None
        meanings = [self._meaning(part) for part in parts]
        if parts[-1] == "up" and len(parts) > 1 and parts[-2].endswith(_PARTICIPLE_ENDINGS):
            meanings[-1] = None
        words = [Word(status=status, text=part) for status, part in zip(meanings, parts, strict=True) if status]
        worst = worst_word(words)
        if worst is None or not _NOTHING.isdisjoint(parts):
            return None
        if not NEGATIONS.isdisjoint(parts):
            text = f"not_{worst.text}"
            return Word(status=Status.UNHEALTHY, text=text) if worst.status is Status.HEALTHY else None
        return None if _is_ambiguous(parts, meanings) else worst


def _spellings(text: str) -> tuple[str, ...]:
    """Return the forms in which a text is looked up: as it is, and with camelCase split where there is any."""
    if len(text) > MAX_WORD_LENGTH:
        return ()
    plain = _plain(text)
    if text.islower() or text.isupper():
        return (plain,)
    split = normalised(text)
    return (plain,) if split == plain else (plain, split)


def _plain(text: str) -> str:
    # Without a regular expression, since a hostile answer can hold thousands of such texts.
    return "_".join(text.strip().removesuffix(".").lower().replace("-", " ").replace("_", " ").split())


def _parts(plain: str) -> list[str]:
    if "in_service" not in plain and "of_service" not in plain:
        return plain.split("_")
    return [part.replace("-", "_") for part in _PHRASE.sub(lambda found: found[0].replace("_", "-"), plain).split("_")]


def _is_ambiguous(parts: list[str], meanings: list[Status | None]) -> bool:
    if len(parts) < 3 or "with" in parts or Status.HEALTHY not in meanings:
        return False
    return Status.UNHEALTHY in meanings or (parts[-1] == "up" and Status.HEALTHY in meanings[:-1])


def _of_http_status(number: float) -> Status | None:
    if 200 <= number <= 299:
        return Status.HEALTHY
    return Status.UNHEALTHY if 400 <= number <= 599 else None
