"""What a part of the running whole is, and how long to wait before one that died is started again."""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
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
class Part:
    """One program to keep running.

    inherited: file descriptors that the program finds open under the same number.
    stop_seconds: how long it may take to end after the stop signal before it is killed.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    wave: Wave
    environment: Mapping[str, str] = field(default_factory=dict)
    inherited: tuple[int, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 3.0


def python_part(
    name: str,
    *words: str,
    project_dir: Path,
    wave: Wave = Wave.USERS,
    inherited: tuple[int, ...] = (),
    stop_seconds: float = 3.0,
) -> Part:
    """Return a part that runs a module with this very Python."""
    command = (sys.executable, "-m", *words)
    return Part(
        name=name, command=command, folder=project_dir, wave=wave, inherited=inherited, stop_seconds=stop_seconds
    )


def web_part(*, name: str, listener: socket, project_dir: Path) -> Part:
    """Return a web process that serves on this socket."""
    descriptor = listener.fileno()
    return python_part(
        name,
        *("metricsproj.supervision.web", str(descriptor)),
        project_dir=project_dir,
        inherited=(descriptor,),
        stop_seconds=WEB_STOP_SECONDS,
    )


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
