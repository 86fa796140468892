"""Prints the lines of all parts to one stream, each with the name of its part in front."""

import io
import threading
import time
from collections.abc import Mapping
from typing import TextIO

from metricsproj.log_lines import without_time

COLOURS = (36, 33, 32, 35, 34, 96)  # foreground codes of ECMA-48
WIDTH = 7


class Printer:
    """Writes whole lines, from any thread; goes quiet when nobody reads any more, so that the parts run on."""

    def __init__(self, *, output: TextIO, in_colour: bool) -> None:
        self._output = output
        self._in_colour = in_colour
        self._colours: dict[str, int] = {}
        self._lock = threading.Lock()

    def write(self, name: str, line: str) -> None:
        prefix = f"{time.strftime('%H:%M:%S')} {name:<{WIDTH}} |"
        with self._lock:
            try:
                self._output.write(f"{self._coloured(name, prefix)} {without_time(line)}\n")
                self._output.flush()
            except (BrokenPipeError, ValueError):
                self._output = io.StringIO()

    def stream(self, name: str) -> TextIO:
        """Return a text stream whose lines are printed under this name."""
        return _NamedStream(self, name)

    def _coloured(self, name: str, text: str) -> str:
        if not self._in_colour:
            return text
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        return f"\x1b[{colour}m{text}\x1b[0m"


def wants_colour(output: TextIO, variables: Mapping[str, str]) -> bool:
    """Return whether to colour: on a terminal only, and never with NO_COLOR (no-color.org) or TERM=dumb."""
    return output.isatty() and not variables.get("NO_COLOR") and variables.get("TERM") != "dumb"


class _NamedStream(io.StringIO):
    def __init__(self, printer: Printer, name: str) -> None:
        super().__init__()
        self._printer = printer
        self._name = name
        self._rest = ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if line.strip():
                self._printer.write(self._name, line)
        return len(text)
