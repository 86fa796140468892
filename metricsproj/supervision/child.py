"""One child process: how it is started, and what it prints, line by line."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from functools import partial
from typing import Self, cast

from metricsproj.supervision.parent_death import die_with_parent
from metricsproj.supervision.parts import Part

LONGEST_LINE_BYTES = 64 * 1024
LAST_WORDS_SECONDS = 1.0  # for the output of a process that has ended; a stray child may hold the pipe open


class Child(asyncio.SubprocessProtocol):
    """A running part. It leads a session of its own, so that it can be killed together with its children.

    Not asyncio's own `Process`: its `wait()` returns only when the last stray child has let go of the pipe.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._rest = b""
        self._exited = asyncio.Event()
        self._silent = asyncio.Event()
        self._transport: asyncio.SubprocessTransport

    @classmethod
    async def started(cls, part: Part, *, write: Callable[[str], None]) -> Self:
        """Return the part's new process.

        Raises:
            OSError: its program cannot be started.
        """
        _, child = await asyncio.get_running_loop().subprocess_exec(
            lambda: cls(write),
            *part.command,
            cwd=part.folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **part.environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            pass_fds=part.inherited,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, os.getpid()),
        )
        return child

    @property
    def pid(self) -> int:
        return self._transport.get_pid()

    async def ended(self) -> int:
        """Wait until the process has ended, end what it left behind, and return its return code."""
        await self._exited.wait()
        self.kill()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._silent.wait(), LAST_WORDS_SECONDS)
        self._transport.close()
        return self._transport.get_returncode() or 0

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone; what is gone is gone."""
        with contextlib.suppress(ProcessLookupError):
            self._transport.send_signal(number)

    def kill(self) -> None:
        """Kill the process and its children; what is gone is gone."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE_BYTES:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self._write(line.decode("utf-8", "replace").rstrip("\r"))

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if self._rest:
            self._write(self._rest.decode("utf-8", "replace"))
        self._silent.set()

    def process_exited(self) -> None:
        self._exited.set()
