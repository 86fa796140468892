"""Keeps parts running: starts them, starts again what died, stops all of them in order."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from metricsproj.supervision.child import Child, Children
from metricsproj.supervision.parts import Part, Wave, describe_end, restart_delay

Write = Callable[[str, str], None]


class PartFailed(Exception):
    """A part could not be started, or ended while others still waited for it."""


@dataclass(kw_only=True, slots=True)
class _Kept:
    """A part that is kept running: its present process, None between two, and how often one ended."""

    part: Part
    child: Child | None = None
    ends: int = 0
    keeper: asyncio.Task[None] | asyncio.Task[int] | None = None


class Supervisor:
    """Runs parts on the running event loop. `write(name, line)` gets each line that a part prints, or that we say."""

    def __init__(self, *, write: Write, own_name: str) -> None:
        self._write = write
        self._say = partial(write, own_name)
        self._children = Children()
        self._kept: dict[str, _Kept] = {}
        self._stopping = asyncio.Event()

    def start(self, part: Part) -> None:
        """Start a part and keep it running.

        Raises:
            PartFailed: its program cannot be started at all.
        """
        kept = _Kept(part=part)
        self._kept[part.name] = kept
        try:
            kept.child = self._started(part)
        except OSError as error:
            raise PartFailed(f"{part.name} cannot be started: {error}") from error
        kept.keeper = asyncio.create_task(self._keep(kept))

    def check(self, name: str) -> None:
        """Raise `PartFailed` if this part has ended since it was started."""
        if self._kept[name].ends:
            raise PartFailed(f"{name} does not stay up")

    def pid(self, name: str) -> int | None:
        """Return the process id of a part, None while it is down."""
        child = self._kept[name].child
        return child.pid if child else None

    async def stop(self) -> None:
        """Stop all parts, wave by wave; a part that does not end in its time is killed with all its children."""
        self._stopping.set()
        for wave in Wave:
            await asyncio.gather(*(self._end(kept) for kept in self._kept.values() if kept.part.wave is wave))

    def kill(self) -> None:
        """Kill all parts at once."""
        self._stopping.set()
        for kept in self._kept.values():
            if kept.child:
                kept.child.kill()

    async def run_once(self, part: Part) -> int:
        """Run a part until it ends by itself, and return its return code; `stop` and `kill` end it like the others."""
        child = self._started(part)
        kept = _Kept(part=part, child=child)
        self._kept[part.name] = kept
        kept.keeper = keeper = asyncio.create_task(self._end_of(kept, child))
        return await asyncio.shield(keeper)

    def _started(self, part: Part) -> Child:
        return self._children.start(part, write=partial(self._write, part.name))

    async def _keep(self, kept: _Kept) -> None:
        delay_seconds = None
        while True:
            started = time.monotonic()
            await self._outlive(kept)
            if self._stopping.is_set():
                return
            delay_seconds = restart_delay(previous_seconds=delay_seconds, lived_seconds=time.monotonic() - started)
            self._say(f"starting {kept.part.name} again in {delay_seconds:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay_seconds)
            if self._stopping.is_set():
                return
            try:
                kept.child = self._started(kept.part)
            except OSError as error:
                self._say(f"{kept.part.name} cannot be started: {error}")

    async def _outlive(self, kept: _Kept) -> None:
        """Return when the part's process has ended, at once when it has none."""
        if kept.child is None:
            return
        return_code = await self._end_of(kept, kept.child)
        kept.ends += 1
        if not self._stopping.is_set():
            self._say(f"{kept.part.name} ended ({describe_end(return_code)})")

    async def _end_of(self, kept: _Kept, child: Child) -> int:
        return_code = await child.ended()
        kept.child = None
        return return_code

    async def _end(self, kept: _Kept) -> None:
        if kept.keeper is None:
            return
        if kept.child:
            kept.child.signal(kept.part.stop_signal)
        done, _ = await asyncio.wait({kept.keeper}, timeout=kept.part.stop_seconds)
        if not done and kept.child:
            self._say(f"{kept.part.name} did not stop within {kept.part.stop_seconds:g} s, killing it")
            kept.child.kill()
        await kept.keeper
