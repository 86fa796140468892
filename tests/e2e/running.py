"""`manage.py up` as a person starts it: a process, what it prints, and the answers of its endpoint."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from metricsproj import env

PROJECT_DIR = Path(env.__file__).parent.parent
ENDPOINT = "/api/v1/real-time-metrics"
WAIT_SECONDS = 60


def clean_environment(data_dir: Path, **variables: str) -> dict[str, str]:
    """Return the environment of a newcomer's shell: none of our settings but the data folder and those given."""
    kept = {name: value for name, value in os.environ.items() if name not in env.NAMES | {"DJANGO_SETTINGS_MODULE"}}
    return {**kept, "REALTIME_DATA_DIR": str(data_dir), **variables}


class Up:
    """A running `manage.py up`, or another command that stays in the foreground."""

    command = "up"

    def __init__(self, data_dir: Path, *arguments: str, **variables: str) -> None:
        self.lines: list[str] = []
        self._news: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, str(PROJECT_DIR / "manage.py"), self.command, *arguments],
            cwd=data_dir.parent,
            env=clean_environment(data_dir, **variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self._news.put(line.rstrip("\n"))
        self._news.put(None)

    def close(self) -> None:
        """End it, whatever state it is in."""
        if self.process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self.process.terminate()
                self.process.wait(timeout=15)
            self.process.kill()
        self.process.wait()
        self._listener.join()

    def wait_for(self, words: str) -> str:
        """Return the next line that holds these words."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            line = self._news.get(timeout=max(0.0, deadline - time.monotonic()))
            assert line is not None, "\n".join([*self.lines, f"{self.command} has ended, without saying: {words}"])
            self.lines.append(line)
            if words in line:
                return line

    def wait_for_url(self) -> str:
        """Wait until it says that it answers; return the endpoint's URL."""
        return self.wait_for(ENDPOINT).split()[-1]

    def parts(self) -> dict[str, int]:
        """Return the process ids of its parts by their names."""
        found = {}
        for pid in children(self.process.pid):
            with suppress(OSError):
                name = Path(f"/proc/{pid}/comm").read_text().strip()
                # Forks bear the name of their part; the other two are programs.
                found["store" if name == "valkey-server" else "fleet" if name.startswith("python") else name] = pid
        return found

    def stop(self, number: signal.Signals = signal.SIGINT) -> float:
        """Send the signal, wait for the end, and return how many seconds that took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=WAIT_SECONDS)
        return time.monotonic() - began


@contextmanager
def running_up(data_dir: Path, *arguments: str, **variables: str) -> Iterator[Up]:
    """Run `manage.py up` until the block ends; whatever happens in the block, nothing is left behind."""
    up = Up(data_dir, *arguments, **variables)
    try:
        yield up
    finally:
        up.close()


def children(pid: int) -> list[int]:
    """Return the processes whose parent is this one."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name_end = stat.read_text().rpartition(")")[2].split()
            if int(name_end[1]) == pid and name_end[0] != "Z":
                found.append(int(stat.parent.name))
    return found


def is_alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def answer_of(url: str) -> dict[str, Any]:
    """Return the document behind a URL; a 503 has one as well."""
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            document = json.load(response)
    except urllib.error.HTTPError as error:
        document = json.load(error)
    assert isinstance(document, dict)
    return document


def wait_until(condition: Callable[[], bool], *, what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {WAIT_SECONDS} s: {what}"
        time.sleep(0.05)


def manage(data_dir: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run another `manage.py` command to its end."""
    return subprocess.run(
        [sys.executable, str(PROJECT_DIR / "manage.py"), *arguments],
        env=clean_environment(data_dir, **variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
    )
