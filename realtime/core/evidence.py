"""Finds the evidence in an answer: the status words and booleans that say how a service is, and where they stand.

What a word means is decided by `core.words`, and what follows from the evidence by `core.verdict`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from realtime.core.answers import Content
from realtime.core.expressions import search
from realtime.core.records import Evidence, Status
from realtime.core.words import HEALTHY_WORDS, MAX_SHOWN_LENGTH, SEVERITY, Vocabulary, Word, public_text

STATUS_NAMES = ("status", "state", "health")
# JSON booleans under these names say how the service is.
BOOLEAN_NAMES = frozenset({"ok", "healthy", "success", "alive", "ready", "up"})
# One level down, the other names are too often said of something else: {"update": {"ready": false}}.
MEMBER_BOOLEAN_NAMES = frozenset({"ok", "healthy"})
PART_BOOLEAN_NAMES = HEALTHY_WORDS - {"true"}
# It only says that the call succeeded, as a true boolean does, so that the members are read as well.
CALL_SUCCEEDED = "success"
MAX_LISTED = 1_000
# Of an answer that is not meant to be read by anyone, the rest is left unread: it bounds the time.
MAX_VALUES = 3_000
MAX_TEXT_WORDS = 4

# What a service consists of and depends on; a checksum, a checkpoint and a checkout are no checks.
_PARTS = re.compile(r"check(?!sum|point|out)|component|dependenc|service", re.IGNORECASE)
_SETTING = re.compile(r"level|mode|log", re.IGNORECASE)
_NO_SETTING = re.compile(r"model|catalog|login|logic|logistic|logstash|syslog|dialog|blog", re.IGNORECASE)
# An object with one of these describes a thing, and its other members need not be checks: {"debug": false}.
_DESCRIPTIVE_NAMES = frozenset({"name", "version"})
_HTTP_STATUS = re.compile(r"[2-5]\d\d", re.ASCII)
_LISTED = "[]"

_Keys = tuple[str, ...]
_Said = list[tuple[str, object]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A word with a known meaning; `word` and `place` are safe to show to anyone, `exact_place` to staff."""

    status: Status
    word: str
    place: str
    exact_place: str


@dataclass(frozen=True, kw_only=True, slots=True)
class UnknownWord:
    """A text without a known meaning at the place of a status word; `public` is None where only staff may see it."""

    word: str
    public: str | None
    exact_place: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What an answer says of the service.

    kind: what was evaluated, None where the HTTP status is all there is.
    worst: the first of the worst known words; unknown: the first word that is not known.
    """

    kind: Evidence | None = None
    worst: Finding | None = None
    unknown: UnknownWord | None = None


def find(*, content: Content, status_path: str | None, status_words: Mapping[str, Status]) -> Findings:
    """Return what an answer says of the service, from the first place that says anything."""
    look = _Look(Vocabulary(own=status_words))
    if status_path is not None:
        return _at_path(look, content, status_path)
    if content.is_json:
        look.at_document(content.document)
    else:
        look.at_text(content.text)
    findings = look.findings()
    return findings if findings.worst is None else replace(findings, kind=Evidence.WORD)


def _at_path(look: "_Look", content: Content, status_path: str) -> Findings:
    if not content.is_json:
        return Findings()
    for value in _flattened(search(expression=status_path, document=content.document)):
        look.at_value(value, ("status_path",), numbers=True)
    findings, exact_place = look.findings(), " ".join(status_path.split())
    worst, unknown = findings.worst, findings.unknown
    return Findings(
        kind=Evidence.PATH,
        worst=None if worst is None else replace(worst, exact_place=exact_place),
        unknown=None if unknown is None else replace(unknown, exact_place=exact_place),
    )


def _flattened(value: object) -> Iterator[object]:
    """Yield what is in lists of lists, nulls left out; without recursion, whose depth a service would choose."""
    waiting = [value]
    while waiting:
        first = waiting.pop()
        if isinstance(first, list):
            waiting.extend(reversed(first))
        elif first is not None:
            yield first


class _Stated(NamedTuple):
    """What an object says of itself, by key: the values under each name for a status, and its booleans.

    Not a dataclass, which takes three times as long to make, and there can be thousands.
    """

    by_name: list[_Said]
    booleans: _Said


def _stated(document: Mapping[str, object], *, names: frozenset[str]) -> _Stated:
    by_name: dict[str, _Said] = {}
    booleans: _Said = []
    for key, value in document.items():
        name = key.lower()
        if name in STATUS_NAMES:
            by_name.setdefault(name, []).extend((key, scalar) for scalar in _scalars(value))
        elif _bare_name(name) in names and (isinstance(value, bool) or _is_false_text(value)):
            booleans.append((key, value is True))
    return _Stated(by_name=[by_name[name] for name in STATUS_NAMES if by_name.get(name)], booleans=booleans)


def _bare_name(name: str) -> str:
    """Return `ready` for `is_ready` and `isready`."""
    return name.removeprefix("is").removeprefix("_") if name.startswith("is") else name


def _is_false_text(value: object) -> bool:
    # A text that says true is no evidence: it can be a setting just as well.
    return isinstance(value, str) and len(value) < 10 and value.strip().lower() == "false"


def _scalars(value: object) -> list[object]:
    """Return a scalar, or the scalars of a list of them, nulls left out; nothing for anything else."""
    if not isinstance(value, list):
        return [] if value is None or isinstance(value, dict) else [value]
    if any(isinstance(item, dict | list) for item in value):
        return []
    return [item for item in value if item is not None]


class _Look:
    """One look at an answer: keeps the worst known word, the first unknown one, and where they stood."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._worst: tuple[Word, _Keys] | None = None
        self._unknown: tuple[object, _Keys] | None = None
        self._values_left = MAX_VALUES

    def findings(self) -> Findings:
        return Findings(
            worst=None if self._worst is None else _finding(*self._worst),
            unknown=None if self._unknown is None else _unknown_word(*self._unknown),
        )

    def at_text(self, text: str) -> None:
        if 0 < len(text.split(maxsplit=MAX_TEXT_WORDS)) <= MAX_TEXT_WORDS:
            self.at_value(text, ("the text",))

    def at_document(self, document: object) -> None:
        if isinstance(document, dict):
            if not self._at_own_word(document):
                self._at_members(document)
        elif isinstance(document, list):
            self._at_objects(document, (_LISTED,))
        elif isinstance(document, bool | str):
            self.at_value(document, ("the answer",))

    def at_value(self, value: object, keys: _Keys, *, numbers: bool = False) -> Word | None:
        """Take a value at the place of a status word, and return what it means; numbers: a number can be one."""
        word = None if self._is_done else self._meaning(value, numbers=numbers)
        if word is not None:
            self._note(word, keys)
        elif self._unknown is None:
            self._unknown = (value, keys)
        return word

    def _meaning(self, value: object, *, numbers: bool) -> Word | None:
        if isinstance(value, bool):
            return self._vocabulary.of_boolean(value)
        if isinstance(value, int | float):
            return self._vocabulary.of_number(value, is_http_status=numbers)
        if not isinstance(value, str):
            return None
        self._values_left -= 1
        if numbers and _HTTP_STATUS.fullmatch(value):
            return self._vocabulary.of_number(int(value), is_http_status=True)
        return self._vocabulary.judged(value)

    def _note(self, word: Word | None, keys: _Keys) -> None:
        if word is not None and (self._worst is None or SEVERITY[word.status] > SEVERITY[self._worst[0].status]):
            self._worst = (word, keys)

    @property
    def _is_done(self) -> bool:
        return self._values_left <= 0 or (self._worst is not None and self._worst[0].status is Status.UNHEALTHY)

    def _at_own_word(self, document: Mapping[str, object]) -> bool:
        """Take what an answer says of itself, and return whether that decides, whatever its members say."""
        stated = _stated(document, names=BOOLEAN_NAMES)
        decides = False
        for key, value in next(iter(stated.by_name), ()):
            word = self.at_value(value, (key,), numbers=key.lower() == "status")
            decides = decides or not (word is None or value is True or word.text == CALL_SUCCEEDED)
        if not decides:
            self._at_booleans(stated, ())
        return decides or self._is_done

    def _at_booleans(self, stated: _Stated, keys: _Keys) -> None:
        for key, value in stated.booleans:
            # Beside a status word that decides nothing, true is no evidence, but false is.
            if value is False or not stated.by_name:
                self.at_value(value, (*keys, key))

    def _at_members(self, document: Mapping[str, object]) -> None:
        for key, value in document.items():
            if self._is_done:
                return
            if isinstance(value, str):
                self._at_text_member(key, value)
            elif isinstance(value, dict):
                self._at_object_member(key, value)
            elif isinstance(value, list):
                self._at_list_member(key, value)

    def _at_text_member(self, key: str, text: str) -> None:
        self._values_left -= 1
        head = text.partition(":")[0]
        is_status = key.lower().endswith(STATUS_NAMES)  # {"overall_status": "HEALTH_ERR"}
        word = self._vocabulary.judged(head) if is_status else self._vocabulary.known(head)
        if word is not None and word.text not in ("true", "false") and not _is_setting(key):
            self._note(word, (key,))

    def _at_object_member(self, key: str, value: Mapping[str, object]) -> None:
        if _PARTS.search(key):
            self._at_object(value, (key,), names=PART_BOOLEAN_NAMES)
            self._at_parts(value, (key,))
        else:
            self._at_object(value, (key,))

    def _at_list_member(self, key: str, values: list[object]) -> None:
        keys = (key, _LISTED)
        if _PARTS.search(key):
            self._at_objects(values, keys, names=PART_BOOLEAN_NAMES)
            self._at_listed_parts(values, keys)
        else:
            self._at_other_objects(values, keys)

    def _at_other_objects(self, values: list[object], keys: _Keys) -> None:
        """Take a list that the service need not depend on as degraded at worst: of orders, some fail on any day."""
        before = self._worst
        self._worst = None
        self._at_objects(values, keys)
        self._worst, listed = before, self._worst
        if listed is not None:
            self._note(_at_worst_degraded(listed[0]), listed[1])

    def _at_objects(self, values: list[object], keys: _Keys, *, names: frozenset[str] = MEMBER_BOOLEAN_NAMES) -> None:
        for value in islice(values, MAX_LISTED):
            if self._is_done:
                return
            if isinstance(value, dict):
                self._at_object(value, keys, names=names)

    def _at_object(
        self, document: Mapping[str, object], keys: _Keys, *, names: frozenset[str] = MEMBER_BOOLEAN_NAMES
    ) -> None:
        self._values_left -= 1
        stated = _stated(document, names=names)
        for said in stated.by_name:
            words = [self.at_value(value, (*keys, key)) for key, value in said]
            if any(words):
                return
        self._at_booleans(stated, keys)

    def _at_parts(self, parts: Mapping[str, object], keys: _Keys) -> None:
        """Take what an object under a key such as `checks` holds: words and booleans by name, and one more level."""
        is_map = _DESCRIPTIVE_NAMES.isdisjoint(parts)
        for key, value in parts.items():
            if self._is_done:
                return
            if isinstance(value, bool | str) and is_map:
                self._at_check(key, value, (*keys, key))
            else:
                self._at_part(value, (*keys, key))

    def _at_check(self, key: str, value: bool | str, keys: _Keys) -> None:
        if isinstance(value, str):
            self._values_left -= 1
            if not _is_setting(key):
                self._note(self._vocabulary.judged(value.partition(":")[0]), keys)
            return
        self._values_left -= 1
        named = self._vocabulary.judged(key)
        if named is None or named.status is Status.HEALTHY:
            self._note(self._vocabulary.of_boolean(value), keys)
        elif value:
            self._note(named, keys)  # {"is_down": true}

    def _at_listed_parts(self, parts: list[object], keys: _Keys) -> None:
        for part in islice(parts, MAX_LISTED):
            if self._is_done:
                return
            if isinstance(part, bool):
                self.at_value(part, keys)
            elif isinstance(part, str):
                self._values_left -= 1
                self._note(self._vocabulary.known(part.partition(":")[0]), keys)
            elif isinstance(part, dict):
                self._at_members_of_part(part, keys)

    def _at_members_of_part(self, part: Mapping[str, object], keys: _Keys) -> None:
        for key, value in part.items():
            if self._is_done:
                return
            self._at_part(value, (*keys, key))

    def _at_part(self, value: object, keys: _Keys) -> None:
        if isinstance(value, dict):
            self._at_object(value, keys, names=PART_BOOLEAN_NAMES)
        elif isinstance(value, list):
            self._at_objects(value, (*keys, _LISTED), names=PART_BOOLEAN_NAMES)


def _at_worst_degraded(word: Word) -> Word:
    return replace(word, status=Status.DEGRADED) if word.status is Status.UNHEALTHY else word


def _is_setting(key: str) -> bool:
    return bool(_SETTING.search(key)) and not _NO_SETTING.search(key)


def _finding(word: Word, keys: _Keys) -> Finding:
    return Finding(
        status=word.status,
        word=word.text,
        place=_path(key if key == _LISTED else public_text(key[:MAX_SHOWN_LENGTH]) for key in keys),
        exact_place=_path(map(_printable, keys)),
    )


def _unknown_word(value: object, keys: _Keys) -> UnknownWord:
    text = "an object" if isinstance(value, dict) else str(value)
    return UnknownWord(
        word=_printable(text) or "what cannot be shown",
        public=public_text(value) if isinstance(value, str) else None,
        exact_place=_path(map(_printable, keys)),
    )


def _path(names: Iterable[str | None]) -> str:
    return ".".join(name or "a member" for name in names).replace(f".{_LISTED}", _LISTED)


def _printable(text: str) -> str | None:
    # Printable leaves out lone surrogates, which JSON can carry and UTF-8 cannot.
    return text[:MAX_SHOWN_LENGTH] if text.isprintable() else None
