"""The supervisor with real processes: restarts, the order of stopping, stubborn parts, nothing left behind."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from metricsproj.supervision.parts import Part, Program, Wave
from metricsproj.supervision.supervisor import PartFailed, Supervisor

SLEEPS = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("child", child.pid, flush=True)
time.sleep(600)
"""
WAIT_SECONDS = 30


class Heard:
    """What was printed, and a way to wait for a line of it."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self._news = asyncio.Event()

    def write(self, name: str, line: str) -> None:
        self.lines.append((name, line))
        self._news.set()

    async def until(self, name: str, start: str, *, times: int = 1) -> str:
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                found = [line for who, line in self.lines if who == name and line.startswith(start)]
                if len(found) >= times:
                    return found[times - 1]
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def supervisor() -> AsyncIterator[tuple[Supervisor, Heard]]:
    heard = Heard()
    it = Supervisor(write=heard.write, own_name="up")
    try:
        yield it, heard
    finally:
        it.kill()
        await it.stop()


def part(name: str, code: str, **others: Any) -> Part:
    what = Program(command=(sys.executable, "-c", code), folder=Path.cwd())
    return Part(name=name, what=what, **{"stop_seconds": 20.0, **others})


def is_alive(pid: int) -> bool:
    """Return whether this process runs; a zombie that nobody has buried yet does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_part_that_is_killed_is_started_again_and_that_is_said() -> None:
    async with supervisor() as (it, heard):
        it.start(part("web", SLEEPS))
        await heard.until("web", "up")
        first = it.pid("web")
        assert first is not None

        os.kill(first, signal.SIGKILL)
        await heard.until("web", "up", times=2)

        assert it.pid("web") not in (None, first)
        assert ("up", "web ended (killed by SIGKILL)") in heard.lines
        assert ("up", "starting web again in 0.5 s") in heard.lines


async def test_a_part_that_keeps_failing_is_started_at_growing_intervals() -> None:
    async with supervisor() as (it, heard):
        it.start(part("web", "raise SystemExit(3)"))

        await heard.until("up", "starting web again in 0.5 s")
        await heard.until("up", "starting web again in 1 s")

        assert ("up", "web ended (exit code 3)") in heard.lines
        with pytest.raises(PartFailed, match="web does not stay up"):
            it.check("web")


async def test_a_program_that_is_not_there_is_told_to_the_caller() -> None:
    async with supervisor() as (it, _):
        with pytest.raises(PartFailed, match="store cannot be started"):
            it.start(Part(name="store", what=Program(command=("/no/such/program",), folder=Path.cwd())))


async def test_parts_stop_in_waves_users_before_the_fleet_before_the_store() -> None:
    ends_slowly = (
        "import signal, sys, time\n"
        "def end(*_):\n    time.sleep(0.2); print('ended', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True)\n"
        "while True: time.sleep(600)"
    )
    async with supervisor() as (it, heard):
        for name, wave in (("store", Wave.STORE), ("fleet", Wave.WATCHED), ("web", Wave.USERS)):
            it.start(part(name, ends_slowly, wave=wave))
            await heard.until(name, "up")

        await it.stop()

        assert [name for name, line in heard.lines if line == "ended"] == ["web", "fleet", "store"]


async def test_a_part_that_ignores_the_stop_signal_is_killed() -> None:
    async with supervisor() as (it, heard):
        it.start(part("worker", STUBBORN, stop_seconds=0.2))
        await heard.until("worker", "up")
        pid = it.pid("worker")

        await it.stop()

        assert pid is not None
        assert not is_alive(pid)
        assert ("up", "worker did not stop within 0.2 s, killing it") in heard.lines


async def test_a_part_takes_its_own_children_with_it() -> None:
    async with supervisor() as (it, heard):
        it.start(part("worker", PARENT))
        child = int((await heard.until("worker", "child")).split()[1])

        await it.stop()

        await until(lambda: not is_alive(child))


async def test_a_part_that_waits_for_its_restart_does_not_hold_up_the_stop() -> None:
    async with supervisor() as (it, heard):
        it.start(part("web", "raise SystemExit(3)"))
        await heard.until("up", "starting web again in 1 s")

        async with asyncio.timeout(WAIT_SECONDS):
            await it.stop()

        assert it.pid("web") is None


async def test_ctrl_c_in_the_terminal_does_not_reach_the_parts() -> None:
    async with supervisor() as (it, heard):
        it.start(part("web", SLEEPS))
        await heard.until("web", "up")
        pid = it.pid("web")

        assert pid is not None
        assert os.getsid(pid) == pid != os.getsid(0)


async def test_a_line_longer_than_any_buffer_and_bytes_that_are_no_text_are_passed_on() -> None:
    code = "import sys; o = sys.stdout.buffer; o.write(b'x' * 1_000_000 + b'\\n\\xff\\nlast'); o.flush(); input()"
    async with supervisor() as (it, heard):
        it.start(part("web", code))

        await heard.until("web", "last")

        assert sum(line.count("x") for _, line in heard.lines) >= 1_000_000
        assert ("web", "\N{REPLACEMENT CHARACTER}") in heard.lines


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ties lives together on Linux only")
def test_kill_9_of_the_supervisor_leaves_no_part_behind() -> None:
    code = f"""
import asyncio, pathlib
from metricsproj.supervision.parts import Part, Program
from metricsproj.supervision.supervisor import Supervisor
async def main():
    it = Supervisor(write=lambda name, line: None, own_name="up")
    it.start(Part(name="web", what=Program(command=({sys.executable!r}, "-c", {SLEEPS!r}), folder=pathlib.Path("."))))
    print(it.pid("web"), flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as it:
        assert it.stdout is not None
        pid = int(it.stdout.readline())
        assert is_alive(pid)

        it.kill()

    asyncio.run(until(lambda: not is_alive(pid)))


FORKING = """
import asyncio, os, pathlib, signal, socket, sys, threading
from metricsproj.supervision.parts import Fork, Part
from metricsproj.supervision.supervisor import Supervisor

sockets = [socket.socket() for _ in range(3)]

def work():
    own = [descriptor for _ in range(20) for descriptor in os.pipe()]
    sockets.clear()
    print("still has its own", len([os.fstat(descriptor) for descriptor in own]))
    for descriptor in own:
        os.close(descriptor)
    links = {int(entry.name): os.path.realpath(entry) for entry in pathlib.Path("/proc/self/fd").iterdir()}
    print("name", pathlib.Path("/proc/self/comm").read_text().strip())
    print("leads its session", os.getsid(0) == os.getpid())
    print("descriptors", sorted(number for number, link in links.items() if "pipe" in link or "socket" in link))
    signal.pause()

async def main():
    ended = asyncio.Event()
    lines = []
    def write(name, line):
        lines.append(line)
        print(name, line, flush=True)
        if line.startswith("descriptors"):
            ended.set()
    it = Supervisor(write=write, own_name="up")
    receiving, kept = os.pipe()
    os.dup2(kept, 40)
    it.start(Part(name="web", what=Fork(run=work), inherited=(40,)))
    await ended.wait()
    os.kill(it.pid("web"), signal.SIGTERM)
    while not any("ended" in line for line in lines):
        await asyncio.sleep(0.01)
    await it.stop()
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    try:
        it.start(Part(name="late", what=Fork(run=work)))
    except RuntimeError as error:
        print(str(error).partition(":")[0], flush=True)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_fork_keeps_nothing_of_its_supervisor_but_what_it_inherits() -> None:
    ended = subprocess.run([sys.executable, "-c", FORKING], capture_output=True, text=True, timeout=WAIT_SECONDS)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        "web still has its own 40",
        "web name web",
        "web leads its session True",
        "web descriptors [1, 2, 40]",
        "up web ended (killed by SIGTERM)",
        "up starting web again in 0.5 s",
        "late cannot be forked beside other threads",
    ]
