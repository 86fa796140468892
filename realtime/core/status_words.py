"""A service's own status words: which words it uses for healthy, degraded and unhealthy."""

from collections.abc import Mapping

from realtime.core.records import Status
from realtime.core.words import normalised

STATUSES = (Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY)
MAX_WORDS = 100
MAX_WORD_LENGTH = 64


class BadStatusWords(ValueError):
    """Status words that cannot be used; the message is a sentence without its subject."""


def parse(raw: object) -> Mapping[str, Status]:
    """Return the status of each normalised word of `{"degraded": ["quiescing"], ...}`.

    Raises:
        BadStatusWords: another shape, an unknown status, too many words, or one word under two statuses.
    """
    if not isinstance(raw, Mapping):
        raise BadStatusWords(f"must be a mapping of {_choices()} to lists of words")
    found: dict[str, Status] = {}
    for key, words in raw.items():
        if key not in STATUSES:
            raise BadStatusWords(f"has the unknown status {str(key)[:40]!r} (choose {_choices()})")
        if not isinstance(words, list):
            raise BadStatusWords(f"must have a list of words under {key}")
        for word in words:
            _add(word, status=Status(key), found=found)
    if len(found) > MAX_WORDS:
        raise BadStatusWords(f"must be at most {MAX_WORDS} words, not {len(found)}")
    return found


def _add(word: object, *, status: Status, found: dict[str, Status]) -> None:
    if not isinstance(word, str) or not word.isprintable() or not 0 < len(word) <= MAX_WORD_LENGTH:
        raise BadStatusWords(f"must have texts of 1 to {MAX_WORD_LENGTH} characters under {status}, not {_shown(word)}")
    key = normalised(word)
    if not key:
        raise BadStatusWords(f"has {word!r} under {status}, which is not a word")
    if found.setdefault(key, status) is not status:
        raise BadStatusWords(f"has {word!r} under both {found[key]} and {status}")


def _shown(word: object) -> str:
    if isinstance(word, str):
        return f"{word[:20] + '…'!r}, which has {len(word)}" if len(word) > MAX_WORD_LENGTH else repr(word)
    if isinstance(word, bool):
        return 'true or false (put words such as "yes", "no", "on" and "off" in quotes)'
    return f"{word!r:.80}{' (put it in quotes)' if isinstance(word, int | float) else ''}"


def _choices() -> str:
    return ", ".join(STATUSES)
