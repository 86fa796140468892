"""The child processes: how each is started, what it prints line by line, and when it ended."""

import asyncio
import contextlib
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from io import TextIOWrapper
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import cast

from metricsproj.supervision.kernel import die_with_parent, name_process
from metricsproj.supervision.parts import Fork, Part, Program
from metricsproj.supervision.stop_signals import SIGNALS

LONGEST_LINE_BYTES = 64 * 1024
LAST_WORDS_SECONDS = 1.0  # for the output of a process that has ended; a stray child may hold the pipe open

_HANDLED_BY_SUPERVISOR = (*SIGNALS, signal.SIGCHLD)


class Child:
    """A running part. It leads a session of its own, so that it can be killed together with its children.

    Not asyncio's own `Process`: its `wait()` returns only when the last stray child has let go of the pipe, and before
    Python 3.12 it starts a thread for each process, beside which nothing can be forked safely.
    """

    def __init__(self, process: subprocess.Popen[bytes] | BaseProcess, *, output: int, write: Callable[[str], None]):
        self.pid = cast(int, process.pid)
        self._process = process
        self._write = write
        self._rest = b""
        self._output = output
        self._ended = asyncio.Event()
        self._silent = asyncio.Event()
        self._return_code = 0
        os.set_blocking(output, False)
        asyncio.get_running_loop().add_reader(output, self._read)

    async def ended(self) -> int:
        """Wait until the process has ended, end what it left behind, and return its return code."""
        await self._ended.wait()
        self.kill()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._silent.wait(), LAST_WORDS_SECONDS)
        self._close()
        return self._return_code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone; what is gone is gone."""
        if not self._ended.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill the process and its children; what is gone is gone."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def reap(self) -> bool:
        """Return whether the process has ended, and take its return code from the kernel."""
        if not self._ended.is_set():
            process = self._process
            code = process.poll() if isinstance(process, subprocess.Popen) else process.exitcode
            if code is not None:
                self._return_code = code
                self._ended.set()
        return self._ended.is_set()

    def _read(self) -> None:
        try:
            data = os.read(self._output, LONGEST_LINE_BYTES)
        except BlockingIOError:
            return
        if not data:
            self._close()
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE_BYTES:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self._write(line.decode("utf-8", "replace").rstrip("\r"))

    def _close(self) -> None:
        if self._silent.is_set():
            return
        self._silent.set()
        asyncio.get_running_loop().remove_reader(self._output)
        os.close(self._output)
        if self._rest:
            self._write(self._rest.decode("utf-8", "replace"))


class Children:
    """Starts child processes and notices their ends. Belongs to the running event loop of the main thread."""

    def __init__(self) -> None:
        self._living: set[Child] = set()
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._reap)

    def start(self, part: Part, *, write: Callable[[str], None]) -> Child:
        """Return the part's new process.

        Raises:
            OSError: its program cannot be started.
        """
        output, input_end = os.pipe()
        try:
            process = _started(part, input_end)
        except OSError:
            os.close(output)
            raise
        finally:
            os.close(input_end)
        child = Child(process, output=output, write=write)
        self._living.add(child)
        return child

    def _reap(self) -> None:
        self._living = {child for child in self._living if not child.reap()}


def _started(part: Part, output: int) -> subprocess.Popen[bytes] | BaseProcess:
    match part.what:
        case Program():
            return _spawned(part, part.what, output)
        case Fork():
            return _forked(part, part.what, output)


def _spawned(part: Part, program: Program, output: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        program.command,
        cwd=program.folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        pass_fds=part.inherited,
        start_new_session=True,
        preexec_fn=partial(die_with_parent, os.getpid()),
    )


def _forked(part: Part, fork: Fork, output: int) -> BaseProcess:
    if threading.active_count() > 1:
        raise RuntimeError(f"{part.name} cannot be forked beside other threads: {threading.enumerate()}")
    gc.freeze()  # the copies' garbage collectors leave these objects alone, so that their memory stays shared
    process = multiprocessing.get_context("fork").Process(target=_run_fork, args=(part, fork, output, os.getpid()))
    # Until the child has handlers of its own, a signal to it would look like one to the supervisor.
    former = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED_BY_SUPERVISOR)
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
    return process


def _run_fork(part: Part, fork: Fork, output: int, parent_pid: int) -> None:
    """Run in the copy: let go of all that belongs to the supervisor, then do the part's work."""
    signal.set_wakeup_fd(-1)
    for number in _HANDLED_BY_SUPERVISOR:
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    die_with_parent(parent_pid)
    name_process(part.name)
    for stream in (sys.__stdout__, sys.__stderr__):
        if isinstance(stream, TextIOWrapper):
            os.dup2(output, stream.fileno())
            stream.reconfigure(line_buffering=True)
    _release_all_but({0, 1, 2, *part.inherited})
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HANDLED_BY_SUPERVISOR)
    fork.run()


def _release_all_but(kept: set[int]) -> None:
    """Let go of what the other descriptors lead to, and keep their numbers taken.

    Objects from the supervisor still own these numbers, and some close theirs later: a Redis client for example, when
    it sees that it has been forked. A number that had been given away by then would be closed under its new owner.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in [int(entry.name) for entry in Path("/dev/fd").iterdir()]:
        if descriptor not in {nothing, *kept}:
            os.dup2(nothing, descriptor, inheritable=False)
