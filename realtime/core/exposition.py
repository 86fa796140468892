"""Takes the samples of a few metrics out of a Prometheus text while it arrives; nothing else of it is kept.

The text formats of Prometheus and OpenMetrics differ in nothing that a single sample without its exemplar shows, so
both are read alike, line by line. `prometheus_client` takes about 80 µs of CPU time for a line with four labels; a line
of the usual shape is therefore taken apart by one regular expression (9 µs), and only others go to it (November 2026).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from realtime.core import answers
from realtime.core.metric_selectors import Matcher, Selector

MAX_LINE_BYTES = 16 * 1024
# Of all wanted metrics of one answer together, a line that several selectors may want counted for each: that is how
# often lines are read, which takes 0.2 s of CPU time at most.
MAX_LINES = 20_000
MAX_KEPT_BYTES = 4 * 1024 * 1024
MAX_UNUSUAL_CHARACTERS = 128 * 1024
OPENMETRICS = "application/openmetrics-text"

_LABEL = r"[a-zA-Z_][a-zA-Z0-9_]*"
_QUOTED = r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|NaN|[+-]?Inf"
_USUAL_LINE = re.compile(
    rf"[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{{((?:{_LABEL}={_QUOTED}(?:,|(?=\}})))*)\}})?[ \t]+({_NUMBER})(?:[ \t]+[0-9.+-]+)?",
    re.ASCII,
)
_PAIR = re.compile(rf'({_LABEL})="([^"\\\n]*(?:\\.[^"\\\n]*)*)"', re.ASCII)
_ESCAPE = re.compile(r'\\([\\n"])')
_EXEMPLAR = re.compile(rf"((?:[^\"#]|{_QUOTED})*) # \{{.*")
# What makes a text one of Prometheus: a line of its metadata, or a sample.
_TELLING_LINE = re.compile(
    rb"\n[ \t]*(?:# (?:TYPE|HELP) |# EOF\r?\n|[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{[^\n]*\})?[ \t]+[-+]?(?:[0-9.]|NaN|Inf)\S*"
    rb"(?:[ \t]+[0-9.-]+)?[ \t]*\r?\n)"
)


class Unreadable(ValueError):
    """The samples of a metric cannot be read; the message is a clause that is safe to show."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exposition:
    """What was kept of a Prometheus text.

    lines: by metric, those that selectors of it may want. problems: by metric, why not all of them could be kept.
    problem: why the whole text cannot be used.
    """

    lines: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One sample; `value` may be any float, NaN included."""

    labels: Mapping[str, str]
    value: float


class LineFilter:
    """Keeps the lines of some metrics, out of pieces of a text in the order in which they come."""

    def __init__(self, selectors: Iterable[Selector]) -> None:
        self._literals: dict[bytes, list[tuple[bytes, ...]]] = {}
        for selector in selectors:
            self._literals.setdefault(selector.name.encode(), []).append(_literals(selector))
        names = b"|".join(map(re.escape, self._literals))
        self._wanted = re.compile(rb"\n[ \t]*(" + names + rb")(?=[ \t{])([^\n]*)")
        self._rest = b"\n"  # the beginning of a line that has not ended, with the line feed before it
        self._is_too_long = False
        self._is_exposition = False
        self._lines: dict[bytes, list[bytes]] = {name: [] for name in self._literals}
        self._problems: dict[bytes, str] = {}
        self._left_lines = MAX_LINES
        self._left_bytes = MAX_KEPT_BYTES
        self._tail = b""

    def feed(self, piece: bytes) -> None:
        """Take the next piece of the text."""
        self._tail = (self._tail + piece)[-8:]
        if self._is_too_long:
            _, line_feed, piece = piece.partition(b"\n")
            if not line_feed:
                return
            self._is_too_long, self._rest = False, b"\n"
        text = self._rest + piece
        end = text.rfind(b"\n")
        self._read(text[: end + 1])
        self._rest = text[end:]
        if len(self._rest) > MAX_LINE_BYTES:
            self._drop_line()

    def finish(self, *, content_type: str) -> Exposition:
        """Return what was kept, after the last piece."""
        self.feed(b"\n")
        return Exposition(
            lines={name.decode(): tuple(lines) for name, lines in self._lines.items()},
            problems={name.decode(): problem for name, problem in self._problems.items()},
            problem=self._problem(content_type),
        )

    def _problem(self, content_type: str) -> str | None:
        media_type = content_type.partition(";")[0].strip().lower()
        if answers.says_json(content_type) or media_type in ("text/html", "application/xhtml+xml"):
            return f"the answer is {media_type}, not Prometheus text"
        if not self._is_exposition:
            return "the answer holds nothing that Prometheus text has"
        if media_type == OPENMETRICS and not self._tail.rstrip().endswith(b"# EOF"):
            return "the answer lacks its last line, # EOF"
        return None

    def _read(self, lines: bytes) -> None:
        self._is_exposition = self._is_exposition or _TELLING_LINE.search(lines) is not None
        for match in self._wanted.finditer(lines):
            name, line = match[1], match[2]
            if len(line) > MAX_LINE_BYTES:
                self._problems[name] = _TOO_LONG
            else:
                readers = sum(all(literal in line for literal in literals) for literals in self._literals[name])
                if readers:
                    self._keep(name, name + line, readers=readers)

    def _keep(self, name: bytes, line: bytes, *, readers: int) -> None:
        self._left_lines -= readers
        self._left_bytes -= readers * len(line)
        if self._left_lines < 0 or self._left_bytes < 0:
            self._problems[name] = "the answer holds too many samples of it, or too long ones: narrow the matchers"
        else:
            self._lines[name].append(line)

    def _drop_line(self) -> None:
        match = self._wanted.match(self._rest)
        if match is not None:
            self._problems[match[1]] = _TOO_LONG
        self._is_too_long = True


_TOO_LONG = f"a line of it is longer than {MAX_LINE_BYTES // 1024} KiB"


def _literals(selector: Selector) -> tuple[bytes, ...]:
    """Return what a line must hold to be wanted, as far as this can be said of a line that was not read."""
    return tuple(filter(None, map(_literal, selector.matchers)))


def _literal(matcher: Matcher) -> bytes | None:
    if matcher.operator != "=" or re.search(r'[\\"\n]', matcher.value):
        return None
    return matcher.value.encode() or None


def matching_samples(exposition: Exposition, selector: Selector) -> tuple[Sample, ...]:
    """Return the samples that a selector wants; of those with the same labels the first, like Prometheus.

    Raises:
        Unreadable: they cannot be read, or not all of them.
    """
    problem = exposition.problem or exposition.problems.get(selector.name)
    if problem is not None:
        raise Unreadable(problem)
    found: dict[frozenset[tuple[str, str]], Sample] = {}
    unusual = 0
    literals = _literals(selector)
    for line in exposition.lines.get(selector.name, ()):
        if not all(literal in line for literal in literals):
            continue
        text = line.decode("utf-8", errors="replace").rstrip("\r\t ")
        sample = _usual_sample(text)
        if sample is None:
            unusual += len(text)
            if unusual > MAX_UNUSUAL_CHARACTERS:
                raise Unreadable("the answer holds too many samples of it in an unusual form")
            sample = _any_sample(text)
        if selector.matches(sample.labels):
            found.setdefault(frozenset(sample.labels.items()), sample)
    return tuple(found.values())


def _usual_sample(line: str) -> Sample | None:
    match = _USUAL_LINE.fullmatch(line)
    if match is None:
        return None
    pairs = _PAIR.findall(match[1]) if match[1] else ()
    labels = {name: _ESCAPE.sub(_unescaped, value) if "\\" in value else value for name, value in pairs}
    return Sample(labels=labels, value=float(match[2])) if len(labels) == len(pairs) else None


def _unescaped(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else match[1]


def _any_sample(line: str) -> Sample:
    exemplar = _EXEMPLAR.fullmatch(line)
    text = exemplar[1] if exemplar else line
    usual = _usual_sample(text) if exemplar else None
    if usual is not None:
        return usual
    try:
        (family,) = text_string_to_metric_families(text)
        (sample,) = family.samples
        return Sample(labels=sample.labels, value=float(sample.value))
    # Strange lines end in other exceptions than the ValueError that broken ones are meant to end in.
    except (ValueError, IndexError, OverflowError, KeyError, TypeError) as error:
        raise Unreadable("a line of it is no Prometheus sample") from error
