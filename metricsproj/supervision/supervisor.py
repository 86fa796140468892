"""Keeps parts running: starts them, passes on what they print, starts again what died, stops all of them in order.

Every part leads a session of its own, so that Ctrl-C reaches only us and a stubborn part is killed with its children.
"""

import asyncio
import contextlib
import os
import signal
import time
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from metricsproj.supervision.parent_death import die_with_parent
from metricsproj.supervision.parts import Part, Wave, describe_end, restart_delay

CHUNK_BYTES = 64 * 1024
LAST_WORDS_SECONDS = 1.0  # for the output of a part that has ended; a stray child may hold the pipe open

Write = Callable[[str, str], None]


class PartFailed(Exception):
    """A part could not be started, or ended while others still waited for it."""


@dataclass(kw_only=True, slots=True)
class _Kept:
    """A part that is kept running: its present process, None between two, and how often one ended."""

    part: Part
    process: Process | None = None
    ends: int = 0
    keeper: asyncio.Task[None] | None = None


class Supervisor:
    """Runs parts on the current event loop. `write(name, line)` gets each line that a part prints, or that we say."""

    def __init__(self, *, write: Write, own_name: str) -> None:
        self._write = write
        self._say = partial(write, own_name)
        self._kept: dict[str, _Kept] = {}
        self._stopping = asyncio.Event()

    async def start(self, part: Part) -> None:
        """Start a part and keep it running.

        Raises:
            PartFailed: its program cannot be started at all.
        """
        kept = _Kept(part=part)
        self._kept[part.name] = kept
        try:
            kept.process = await _spawn(part)
        except OSError as error:
            raise PartFailed(f"{part.name} cannot be started: {error}") from error
        kept.keeper = asyncio.create_task(self._keep(kept))

    def check(self, name: str) -> None:
        """Raise `PartFailed` if this part has ended since it was started."""
        if self._kept[name].ends:
            raise PartFailed(f"{name} does not stay up")

    def pid(self, name: str) -> int | None:
        """Return the process id of a part, None while it is down."""
        process = self._kept[name].process
        return process.pid if process else None

    async def stop(self) -> None:
        """Stop all parts, wave by wave; a part that does not end in its time is killed with all its children."""
        self._stopping.set()
        for wave in Wave:
            await asyncio.gather(*(self._end(kept) for kept in self._kept.values() if kept.part.wave is wave))

    def kill(self) -> None:
        """Kill all parts at once."""
        self._stopping.set()
        for kept in self._kept.values():
            if kept.process:
                _kill_session(kept.process.pid)

    async def _keep(self, kept: _Kept) -> None:
        delay_seconds = None
        while True:
            started = time.monotonic()
            if kept.process:
                await self._outlive(kept, kept.process)
            if self._stopping.is_set():
                return
            delay_seconds = restart_delay(previous_seconds=delay_seconds, lived_seconds=time.monotonic() - started)
            self._say(f"starting {kept.part.name} again in {delay_seconds:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay_seconds)
            if self._stopping.is_set():
                return
            try:
                kept.process = await _spawn(kept.part)
            except OSError as error:
                self._say(f"{kept.part.name} cannot be started: {error}")

    async def _outlive(self, kept: _Kept, process: Process) -> None:
        """Pass on what the process prints until it has ended, and end what it left behind."""
        pump = asyncio.create_task(self._pump(kept.part.name, process))
        return_code = await process.wait()
        kept.process = None
        kept.ends += 1
        _kill_session(process.pid)
        await asyncio.wait({pump}, timeout=LAST_WORDS_SECONDS)
        pump.cancel()
        if not self._stopping.is_set():
            self._say(f"{kept.part.name} ended ({describe_end(return_code)})")

    async def _pump(self, name: str, process: Process) -> None:
        # Not readline(): it fails on a line longer than its buffer, and then the part blocks on a full pipe.
        assert process.stdout is not None
        rest = b""
        while chunk := await process.stdout.read(CHUNK_BYTES):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._write(name, line.decode("utf-8", "replace").rstrip("\r"))
            if len(rest) > CHUNK_BYTES:
                lines, rest = [rest], b""
                self._write(name, lines[0].decode("utf-8", "replace"))
        if rest:
            self._write(name, rest.decode("utf-8", "replace"))

    async def _end(self, kept: _Kept) -> None:
        if kept.keeper is None:
            return
        if kept.process:
            with contextlib.suppress(ProcessLookupError):
                kept.process.send_signal(kept.part.stop_signal)
        done, _ = await asyncio.wait({kept.keeper}, timeout=kept.part.stop_seconds)
        if not done and kept.process:
            self._say(f"{kept.part.name} did not stop within {kept.part.stop_seconds:g} s, killing it")
            _kill_session(kept.process.pid)
        await kept.keeper


async def _spawn(part: Part) -> Process:
    return await asyncio.create_subprocess_exec(
        *part.command,
        cwd=part.folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **part.environment},
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        pass_fds=part.inherited,
        start_new_session=True,
        preexec_fn=partial(die_with_parent, os.getpid()),
    )


def _kill_session(pid: int) -> None:
    """Kill the process group that this process leads or led; what is gone is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
