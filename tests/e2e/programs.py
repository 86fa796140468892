"""An installation that asks for a key, with web servers as programs of their own."""

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metricsproj import embedded, env
from tests.e2e.running import clean_environment, wait_until
from tests.embedded_store import started_store

CHECKOUT = Path(env.__file__).parents[1]
ENDPOINT = "/api/v1/real-time-metrics"


class Programs:
    """Runs this project's programs on one data folder; what each prints is kept in a file."""

    def __init__(self, data_dir: Path, variables: dict[str, str]) -> None:
        self.data_dir = data_dir
        self.environment = clean_environment(data_dir, **variables)

    def manage(self, *arguments: str, expected: tuple[int, ...] = (0, 1)) -> str:
        """Run a command to its end, with one of these exit codes, and return what it printed on stdout."""
        return self._run("manage.py", *arguments, expected=expected)

    def shell(self, *lines: str) -> str:
        """Run lines of Python in a process of their own."""
        prelude = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'metricsproj.settings'; django.setup()"
        return self._run("-c", "\n".join((prelude, *lines)))

    def _run(self, *words: str, expected: tuple[int, ...] = (0, 1)) -> str:
        command = [sys.executable, *words]
        ended = subprocess.run(
            command, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        with (self.data_dir / "commands.log").open("a") as log:
            log.write(ended.stdout + ended.stderr)
        assert ended.returncode in expected, ended.stderr
        return ended.stdout

    @contextmanager
    def web(self, name: str) -> Iterator[int]:
        """Run a web server until the block ends; yields its port."""
        with socket.create_server(("127.0.0.1", 0)) as listener, (self.data_dir / f"{name}.log").open("wb") as log:
            listener.set_inheritable(True)
            port, descriptor = listener.getsockname()[1], listener.fileno()
            command = [sys.executable, "-m", "metricsproj.supervision.web", str(descriptor)]
            with subprocess.Popen(
                command, cwd=CHECKOUT, env=self.environment, stdout=log, stderr=log, pass_fds=(descriptor,)
            ) as process:
                try:
                    wait_until(lambda: ask(port, "/livez")[0] == 200, what=f"{name} answers")
                    yield port
                finally:
                    process.send_signal(signal.SIGTERM)
                    process.wait(30)

    def printed(self) -> str:
        """Return all that any program printed."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.data_dir.glob("*.log")))


@contextmanager
def programs(data_dir: Path, **variables: str) -> Iterator[Programs]:
    """Run a store, make the tables, and yield what starts the rest."""
    data_dir.mkdir(exist_ok=True)
    with started_store(data_dir, url=embedded.store_url(data_dir)):
        running = Programs(data_dir, variables)
        running.manage("migrate", "--verbosity=0")
        yield running


def ask(
    port: int, path: str = ENDPOINT, *, headers: dict[str, str] | None = None, data: bytes | None = None
) -> tuple[int, str]:
    """Return status, and head and body together, of an answer; 0 while nobody listens yet."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers or {}, data=data)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, f"{response.headers}{response.read().decode(errors='replace')}"
    except urllib.error.HTTPError as error:
        with error:
            return error.code, f"{error.headers}{error.read().decode(errors='replace')}"
    except OSError:
        return 0, ""
