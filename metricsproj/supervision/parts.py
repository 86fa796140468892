"""What a part of the running whole is, and how long to wait before one that died is started again."""

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from socket import socket

FIRST_DELAY_SECONDS = 0.5
# With the start itself this has all run again within 30 s, however long what killed a part has lasted.
LONGEST_DELAY_SECONDS = 15.0
STEADY_AFTER_SECONDS = 30.0  # a part that lived this long has earned a quick restart
# Requests under way have 4 s (`web.py`); what is still running then is ended within another.
WEB_STOP_SECONDS = 6.0


class Wave(IntEnum):
    """The order of stopping, lowest first; parts of one wave stop together.

    The fleet stops after those who watch it, or the last sweep would report its end; the store after all who use it.
    """

    USERS = 1
    WATCHED = 2
    STORE = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """A program with a command line of its own; one that is started again runs the code that is installed then."""

    command: tuple[str, ...]
    folder: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Fork:
    """A copy of the supervising process that runs a function.

    It starts within milliseconds and shares the memory of all modules that the supervisor has loaded. The supervisor
    must run one thread only: a copy has no other, and would wait for ever for a lock that one held.
    """

    run: Callable[[], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Something to keep running in a process of its own.

    inherited: file descriptors that it finds open under the same number; all others are closed.
    stop_seconds: how long it may take to end after the stop signal before it is killed.
    """

    name: str
    what: Program | Fork
    wave: Wave = Wave.USERS
    inherited: tuple[int, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 3.0


def python_program(*words: str, project_dir: Path) -> Program:
    """Return a module as a program of this very Python."""
    return Program(command=(sys.executable, "-m", *words), folder=project_dir)


def web_part(*, name: str, what: Program | Fork, listener: socket) -> Part:
    """Return a web process that serves on this socket."""
    return Part(name=name, what=what, inherited=(listener.fileno(),), stop_seconds=WEB_STOP_SECONDS)


def restart_delay(*, previous_seconds: float | None, lived_seconds: float) -> float:
    """Return the seconds until a part is started again: 0.5, 1, 2, ... 15; back to 0.5 once it was steady."""
    if previous_seconds is None or lived_seconds >= STEADY_AFTER_SECONDS:
        return FIRST_DELAY_SECONDS
    return min(LONGEST_DELAY_SECONDS, 2 * previous_seconds)


def describe_end(return_code: int) -> str:
    """Return how a process ended, in words: its exit code, or the signal where the code is negative."""
    if return_code >= 0:
        return f"exit code {return_code}"
    try:
        return f"killed by {signal.Signals(-return_code).name}"
    except ValueError:
        return f"killed by signal {-return_code}"
