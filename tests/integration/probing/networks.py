"""Network namespaces: machines of a test's own, with a wire between them that can be cut. For root on Linux only."""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000  # linux/sched.h


def reason_for_none() -> str | None:
    """Return why this machine has no namespaces for us, None when it has."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None:
        return "needs Linux, root and iproute2"
    name = f"try-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if made.returncode:
        return f"no network namespaces here: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return None


class Network:
    """A machine `near` with loopback, and one `far` that has `addresses`; the wire between them can be cut."""

    addresses = ("10.77.0.1", "10.77.0.2", "10.77.0.3")

    def __init__(self, name: str) -> None:
        self.near, self.far = f"{name}-near", f"{name}-far"

    def cut(self) -> None:
        """Have everything that is sent get lost, as when a cable is pulled further away."""
        _ip("-n", self.far, "link", "set", "wire", "down")

    def mend(self) -> None:
        _ip("-n", self.far, "link", "set", "wire", "up")

    def take_route(self) -> None:
        """Leave the near machine without any way out."""
        _ip("-n", self.near, "link", "set", "wire", "down")

    def in_near(self, work: Callable[[], T]) -> T:
        """Return what the work returns, done on the near machine; threads that it starts are there too."""
        return _in_namespace(self.near, work)

    def in_far(self, work: Callable[[], T]) -> T:
        return _in_namespace(self.far, work)


@contextmanager
def network() -> Iterator[Network]:
    made = Network(f"rt{os.getpid() % 10_000}")
    try:
        for name in (made.near, made.far):
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", made.near, "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", made.far)
        _ip("-n", made.near, "addr", "add", "10.77.0.9/24", "dev", "wire")
        for address in made.addresses:
            _ip("-n", made.far, "addr", "add", f"{address}/24", "dev", "wire")
        for name in (made.near, made.far):
            _ip("-n", name, "link", "set", "wire", "up")
        yield made
    finally:
        for name in (made.near, made.far):
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


@pytest.fixture(scope="module")
def _possible() -> None:
    reason = reason_for_none()
    if reason is not None:
        pytest.skip(reason)


@pytest.fixture
def wired(_possible: None) -> Iterator[Network]:
    with network() as made:
        yield made


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _in_namespace(name: str, work: Callable[[], T]) -> T:
    """Do the work in a thread of its own: a namespace is the thread's, and that of the threads which it starts."""

    def there() -> T:
        descriptor = os.open(Path("/run/netns") / name, os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        finally:
            os.close(descriptor)
        return work()

    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(there).result()
