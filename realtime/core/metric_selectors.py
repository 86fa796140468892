"""Selectors of Prometheus metrics as the registry writes them: a name and label matchers, `queue_ready{queue="in"}`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from realtime.core.label_patterns import BadPattern, Pattern

MAX_SELECTOR_LENGTH = 500
OPERATORS = ("=", "!=", "=~", "!~")

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
_SPACE = re.compile(r"[ \t]*")
_OPERATOR = re.compile(r"[=!~<>]+")
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "t": "\t"}


class BadSelector(ValueError):
    """A text that is no selector; the message is a sentence without its subject, for the person who wrote it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Matcher:
    """A condition on one label; a label that is absent has the empty value, as in Prometheus."""

    label: str
    operator: str
    value: str
    pattern: Pattern | None = None

    def matches(self, value: str) -> bool:
        """Return whether a label of this value is wanted."""
        found = self.pattern.matches(value) if self.pattern else value == self.value
        return found != self.operator.startswith("!")


@dataclass(frozen=True, kw_only=True, slots=True)
class Selector:
    """The samples of one metric whose labels fulfil all matchers."""

    name: str
    matchers: tuple[Matcher, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether a sample of this metric with these labels is wanted."""
        return all(matcher.matches(labels.get(matcher.label, "")) for matcher in self.matchers)


@lru_cache(maxsize=4096)
def parse(text: str) -> Selector:
    """Return the selector that a text such as `queue_ready{queue="in", host=~"a|b"}` stands for.

    Raises:
        BadSelector: the text is none.
    """
    if len(text) > MAX_SELECTOR_LENGTH:
        raise BadSelector(f"must be at most {MAX_SELECTOR_LENGTH} characters")
    reader = _SelectorReader(text.strip())
    name = reader.takes(_NAME)
    if name is None:
        raise BadSelector(f"must begin with the name of a metric, such as queue_ready, not {reader.rest()}")
    matchers = _matchers(reader) if reader.takes_text("{") else ()
    if not reader.is_at_end():
        raise BadSelector(f'has {reader.rest()} behind the selector (write {name}{{label="value"}})')
    return Selector(name=name, matchers=matchers)


class _SelectorReader:
    """What is left of the text; spaces between its parts do not count."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    def takes(self, pattern: re.Pattern[str]) -> str | None:
        self._skip_space()
        match = pattern.match(self._text, self._position)
        if match is None:
            return None
        self._position = match.end()
        return match.group()

    def takes_text(self, text: str) -> bool:
        self._skip_space()
        found = self._text.startswith(text, self._position)
        self._position += len(text) * found
        return found

    def is_at_end(self) -> bool:
        self._skip_space()
        return self._position == len(self._text)

    def rest(self) -> str:
        """Return the beginning of what is left, for a message."""
        left = self._text[self._position :]
        return f"“{left[:20]}…”" if len(left) > 20 else f"“{left}”" if left else "its end"

    def _skip_space(self) -> None:
        space = _SPACE.match(self._text, self._position)
        self._position = space.end() if space else self._position


def _matchers(reader: _SelectorReader) -> tuple[Matcher, ...]:
    matchers: list[Matcher] = []
    while not reader.takes_text("}"):
        if matchers and not reader.takes_text(","):
            raise BadSelector(f"needs a comma or a }} before {reader.rest()}")
        if matchers and reader.takes_text("}"):
            break
        matchers.append(_matcher(reader))
    return tuple(matchers)


def _matcher(reader: _SelectorReader) -> Matcher:
    label = reader.takes(_LABEL)
    if label is None:
        raise BadSelector(f"needs the name of a label before {reader.rest()}")
    operator = reader.takes(_OPERATOR)
    if operator not in OPERATORS:
        found = f"“{operator}”" if operator else reader.rest()
        raise BadSelector(f"needs one of {' '.join(OPERATORS)} behind the label {label}, not {found}")
    quoted = reader.takes(_QUOTED)
    if quoted is None:
        raise BadSelector(f"needs the value of {label} in quotes, not {reader.rest()}")
    value = _ESCAPE.sub(_unescaped, quoted[1:-1])
    return Matcher(
        label=label, operator=operator, value=value, pattern=_pattern(label, value) if "~" in operator else None
    )


def _unescaped(match: re.Match[str]) -> str:
    if match[1] not in _ESCAPED:
        raise BadSelector(f'has {match[0]} in a value (in quotes write \\\\ for a backslash, and \\" \\n \\t)')
    return _ESCAPED[match[1]]


def _pattern(label: str, value: str) -> Pattern:
    try:
        return Pattern(value)
    except BadPattern as error:
        raise BadSelector(f"has an expression for {label} that {error}") from error
