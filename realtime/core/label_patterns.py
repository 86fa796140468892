"""Regular expressions on label values whose time is linear in the value, whatever an exporter has sent.

Python's own engine backtracks: `(a+)+b` against forty letters does not end, and the values are a stranger's. The
syntax is the part of RE2's that matchers use, anchored at both ends, as in Prometheus ("Querying: basics").
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_STATES = 2000
MAX_NESTING = 20
MAX_REPEATS = 100
MAX_TABLE_ROWS = 1000

_ANY = ((0, 0x10FFFF),)
_DIGITS = ((0x30, 0x39),)
_SPACES = ((0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20))
_WORD = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_CLASSES = {"d": _DIGITS, "s": _SPACES, "w": _WORD}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_SYNTAX = "letters, . [a-z] \\d \\w \\s ( ) | * + ? {2,3}"

_Ranges = tuple[tuple[int, int], ...]
_States = frozenset[int]


class BadPattern(ValueError):
    """A text that is not such an expression; the message is a clause without its subject."""


@dataclass(frozen=True, slots=True)
class _Char:
    """One character within (or, negated, outside) these ranges of code points."""

    ranges: _Ranges
    is_negated: bool = False

    def accepts(self, code: int) -> bool:
        return any(low <= code <= high for low, high in self.ranges) != self.is_negated


@dataclass(frozen=True, slots=True)
class _Sequence:
    parts: tuple["_Node", ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    options: tuple["_Node", ...]


@dataclass(frozen=True, slots=True)
class _Repeat:
    """`most` None: without end."""

    part: "_Node"
    least: int
    most: int | None


_Node = _Char | _Sequence | _Choice | _Repeat


class Pattern:
    """A compiled expression: a table from state and kind of character to the next state, made once."""

    def __init__(self, text: str) -> None:
        """Compile it. Raises BadPattern."""
        automaton = _Automaton()
        first, last = automaton.add(_PatternReader(text).read())
        self._edges = automaton.edges()
        found = [automaton.reached({first})]
        numbers = {found[0]: 0}
        self._table: list[list[int]] = []
        for states in found:  # which grows meanwhile
            row = []
            for code in (0, *self._edges):
                after = automaton.after(states, code)
                if after not in numbers:
                    numbers[after] = len(found)
                    found.append(after)
                row.append(numbers[after])
            self._table.append(row)
            if len(found) > MAX_TABLE_ROWS:
                raise BadPattern("needs too large a table (use fewer {2,3}, or several matchers)")
        self._ends = frozenset(number for states, number in numbers.items() if last in states)

    def matches(self, value: str) -> bool:
        """Return whether the whole value is of this pattern."""
        state = 0
        for char in value:
            state = self._table[state][bisect_right(self._edges, ord(char))]
        return state in self._ends


@dataclass(slots=True)
class _Automaton:
    """States as numbers (Thompson's construction): `chars` lead on by a character, `free` without any."""

    chars: dict[int, tuple[_Char, int]] = field(default_factory=dict)
    free: dict[int, list[int]] = field(default_factory=dict)
    size: int = 0

    def add(self, node: _Node) -> tuple[int, int]:
        """Add a node and return its first and its last state."""
        if isinstance(node, _Char):
            first, last = self._state(), self._state()
            self.chars[first] = (node, last)
            return first, last
        if isinstance(node, _Choice):
            first, last = self._state(), self._state()
            for option in node.options:
                begin, end = self.add(option)
                self._join(first, begin)
                self._join(end, last)
            return first, last
        return self._chained(node.parts) if isinstance(node, _Sequence) else self._repeated(node)

    def edges(self) -> list[int]:
        """Return the code points at which characters begin to mean something else, sorted, without 0."""
        ranges = (bounds for char, _ in self.chars.values() for bounds in char.ranges)
        return sorted({edge for low, high in ranges for edge in (low, high + 1)} - {0})

    def after(self, states: _States, code: int) -> _States:
        """Return the states after one more character."""
        edges = (self.chars[state] for state in states if state in self.chars)
        return self.reached({target for char, target in edges if char.accepts(code)})

    def reached(self, states: set[int]) -> _States:
        """Return the states with those that no further character is needed for."""
        reached, waiting = set(states), list(states)
        while waiting:
            new = [state for state in self.free.get(waiting.pop(), ()) if state not in reached]
            reached.update(new)
            waiting.extend(new)
        return frozenset(reached)

    def _chained(self, parts: tuple[_Node, ...]) -> tuple[int, int]:
        first = last = self._state()
        for part in parts:
            begin, end = self.add(part)
            self._join(last, begin)
            last = end
        return first, last

    def _repeated(self, node: _Repeat) -> tuple[int, int]:
        first, last = self._chained((node.part,) * node.least)
        exits = [last]
        for _ in range((node.most or 0) - node.least):
            begin, end = self.add(node.part)
            self._join(last, begin)
            last = end
            exits.append(last)
        if node.most is None:
            begin, end = self.add(node.part)
            self._join(last, begin)
            self._join(end, last)
        end = self._state()
        for state in exits:
            self._join(state, end)
        return first, end

    def _state(self) -> int:
        if self.size == MAX_STATES:
            raise BadPattern("is too large")
        self.size += 1
        return self.size

    def _join(self, source: int, target: int) -> None:
        self.free.setdefault(source, []).append(target)


class _PatternReader:
    """Reads the text of an expression, one character after the other."""

    def __init__(self, text: str) -> None:
        self._text = text.removeprefix("^")
        if self._text.endswith("$") and not self._is_escaped(len(self._text) - 1):
            self._text = self._text[:-1]
        self._position = 0
        self._depth = 0

    def read(self) -> _Node:
        node = self._choice()
        if self._next():
            raise BadPattern("has a ) without its (")
        return node

    def _is_escaped(self, position: int) -> bool:
        before = self._text[:position]
        return (len(before) - len(before.rstrip("\\"))) % 2 == 1

    def _next(self) -> str:
        return self._text[self._position : self._position + 1]

    def _take(self) -> str:
        char = self._next()
        if not char:
            raise BadPattern("ends too early")
        self._position += 1
        return char

    def _takes(self, expected: str) -> bool:
        found = self._text.startswith(expected, self._position)
        self._position += len(expected) * found
        return found

    def _choice(self) -> _Node:
        options = [self._sequence()]
        while self._takes("|"):
            options.append(self._sequence())
        return _Choice(tuple(options)) if len(options) > 1 else options[0]

    def _sequence(self) -> _Node:
        parts: list[_Node] = []
        while self._next() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return _Sequence(tuple(parts))

    def _repeated(self, atom: _Node) -> _Node:
        bounds = self._repeats()
        if bounds is None:
            return atom
        self._takes("?")  # how little it takes is no matter where the whole value must match
        if self._next() in ("*", "+", "?"):
            raise BadPattern(f"repeats a repetition at “{self._text[self._position :][:10]}”")
        return _Repeat(atom, *bounds)

    def _repeats(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._takes(sign):
                return bounds
        return self._counts() if self._takes("{") else None

    def _counts(self) -> tuple[int, int | None]:
        least, comma, most = self._until("}").partition(",")
        if not least.isdecimal() or not (most.isdecimal() or not most):
            raise BadPattern("has a { that begins no {2} or {2,3} (write \\{ for the character)")
        low = int(least[:9])
        high = (int(most[:9]) if most else None) if comma else low
        if low > MAX_REPEATS or (high is not None and not low <= high <= MAX_REPEATS):
            raise BadPattern(f"repeats {{{least}{comma}{most}}} (choose from 0 to {MAX_REPEATS}, the lower first)")
        return low, high

    def _until(self, end: str) -> str:
        taken = ""
        while (char := self._take()) != end:
            taken += char
        return taken

    def _atom(self) -> _Node:
        char = self._take()
        if char == "(":
            return self._group()
        if char == "[":
            return self._class()
        if char == ".":
            return _Char(_ANY)
        if char == "\\":
            return self._escape()
        if char in "*+?{^$":
            raise BadPattern(f"has a {char} out of place (it takes {_SYNTAX})")
        return _Char(((ord(char), ord(char)),))

    def _group(self) -> _Node:
        if self._takes("?") and not self._takes(":"):
            raise BadPattern(f"has a group (?{self._next()}, which is not supported (it takes {_SYNTAX})")
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise BadPattern(f"is nested deeper than {MAX_NESTING} groups")
        node = self._choice()
        self._depth -= 1
        if not self._takes(")"):
            raise BadPattern("has a ( without its )")
        return node

    def _escape(self) -> _Char:
        char = self._take()
        if char.lower() in _CLASSES:
            return _Char(_CLASSES[char.lower()], is_negated=char.isupper())
        literal = ord(self._literal(char))
        return _Char(((literal, literal),))

    def _literal(self, char: str) -> str:
        """Return the character that an escaped one stands for."""
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char.isalnum():
            raise BadPattern(f"has \\{char}, which is not supported (it takes {_SYNTAX})")
        return char

    def _class(self) -> _Char:
        is_negated = self._takes("^")
        ranges = [*self._class_item()]  # a ] that comes first is a character
        while not self._takes("]"):
            ranges += self._class_item()
        return _Char(tuple(ranges), is_negated=is_negated)

    def _class_item(self) -> Iterator[tuple[int, int]]:
        char = self._take()
        if char == "\\":
            char = self._take()
            if char in _CLASSES:
                yield from _CLASSES[char]
                return
            char = self._literal(char)
        elif char == "[" and self._next() == ":":
            raise BadPattern("has a [: class, which is not supported (write [a-z])")
        last = self._range_end() or char
        if last < char:
            raise BadPattern(f"has a range {char}-{last} backwards")
        yield ord(char), ord(last)

    def _range_end(self) -> str | None:
        if self._next() != "-" or self._text[self._position + 1 : self._position + 2] in ("", "]"):
            return None
        self._take()
        char = self._take()
        return self._literal(self._take()) if char == "\\" else char
