"""The pure parts of supervision: back-off, words, printing, which hosts are ours alone."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metricsproj.supervision.listening import is_loopback
from metricsproj.supervision.parts import describe_end, restart_delay
from metricsproj.supervision.printer import Printer, wants_colour


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class GoneReader(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_part_that_keeps_dying_waits_twice_as_long_each_time_up_to_15_s() -> None:
    delays, delay = [], None
    for _ in range(9):
        delay = restart_delay(previous_seconds=delay, lived_seconds=0.1)
        delays.append(delay)

    assert delays == [0.5, 1, 2, 4, 8, 15, 15, 15, 15]


def test_a_part_that_lived_long_is_started_again_quickly() -> None:
    assert restart_delay(previous_seconds=15, lived_seconds=31) == 0.5


@given(previous=st.none() | st.floats(0.5, 15), lived=st.floats(0, 1e6))
def test_a_restart_never_comes_at_once_and_never_after_more_than_15_s(previous: float | None, lived: float) -> None:
    assert 0.5 <= restart_delay(previous_seconds=previous, lived_seconds=lived) <= 15


@pytest.mark.parametrize(
    ("code", "words"), [(0, "exit code 0"), (3, "exit code 3"), (-9, "killed by SIGKILL"), (-99, "killed by signal 99")]
)
def test_an_end_is_told_in_words(code: int, words: str) -> None:
    assert describe_end(code) == words


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("localhost.example.com", False),
    ],
)
def test_only_loopback_addresses_are_ours_alone(host: str, ours: bool) -> None:
    assert is_loopback(host) is ours


def test_each_line_has_the_name_of_its_part_in_front() -> None:
    output = io.StringIO()
    printer = Printer(output=output, in_colour=False)

    printer.write("web", "started")
    printer.stream("up").write("first\nsec")
    printer.stream("worker").write("alone\n")

    lines = [line.split(" ", 1)[1] for line in output.getvalue().splitlines()]
    assert lines == ["web     | started", "up      | first", "worker  | alone"]


def test_each_part_keeps_its_own_colour() -> None:
    output = io.StringIO()
    printer = Printer(output=output, in_colour=True)

    for name in ("web", "worker", "web"):
        printer.write(name, "x")

    first, second, third = (line.partition("m")[0] for line in output.getvalue().splitlines())
    assert first == third != second
    assert output.getvalue().count("\x1b[0m x\n") == 3


def test_a_reader_that_went_away_stops_no_part() -> None:
    printer = Printer(output=GoneReader(), in_colour=False)

    printer.write("web", "x")
    printer.write("web", "y")


def test_colour_is_for_terminals_only_and_can_be_refused() -> None:
    assert wants_colour(Terminal(), {})
    assert not wants_colour(io.StringIO(), {})
    assert not wants_colour(Terminal(), {"NO_COLOR": "1"})
    assert not wants_colour(Terminal(), {"TERM": "dumb"})
