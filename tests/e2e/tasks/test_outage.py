"""An outage of the store in the logs of beat and worker: one line when it begins, one when it ends."""

import re
import socket
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import ANY

import pytest
import redis

from metricsproj import embedded
from tests.e2e.installation import PATIENCE_SECONDS, Installation, wait_until
from tests.embedded_store import started_store
from tests.functional.small_services import small_services

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?P<rest>[A-Z]+ [\w.]+: .*)")
OF_SWEEPS = "INFO realtime.tasks: sweep skipped"  # two collectors, or the lease of a killed sweep


class Site:
    """An installation with a beat and a worker, whose store can be killed and started again."""

    def __init__(self, data_dir: Path, stack: ExitStack) -> None:
        self._data_dir = data_dir
        self._url = embedded.store_url(data_dir)
        self._store = stack.enter_context(ExitStack())
        self.client = stack.enter_context(redis.Redis.from_url(self._url))
        self.start_store()
        self.installation = Installation(data_dir, self.client)
        self.installation.manage("migrate", "--verbosity=0")
        self.installation.set_interval(1)
        self.logs = {
            "worker": stack.enter_context(self.installation.worker()),
            "beat": stack.enter_context(self.installation.beat()),
        }
        self.installation.next_snapshot()
        self.forget_lines()

    def forget_lines(self) -> None:
        """Have `lines` begin here."""
        self._read = {program: len(log()) for program, log in self.logs.items()}

    def start_store(self) -> None:
        self._store.enter_context(started_store(self._data_dir, url=self._url))

    def kill_store(self) -> None:
        self._store.close()

    def wait_for(self, words: str, *programs: str) -> None:
        wait_until(lambda: all(words in self.logs[program]()[self._read[program] :] for program in programs))

    def lines(self, program: str) -> list[str]:
        """Return what it logged since it was well, without what is said of sweeps and without times."""
        found = [LINE.fullmatch(line) for line in self.logs[program]()[self._read[program] :].splitlines()]
        assert None not in found, self.logs[program]()
        return [match["rest"] for match in found if match and not match["rest"].startswith(OF_SWEEPS)]

    def refusals(self, code: str) -> int:
        statistics: dict[str, dict[str, int]] = self.client.info("errorstats")
        return statistics.get(f"errorstat_{code}", {"count": 0})["count"]

    def wait_for_refusals(self, code: str, *, number: int) -> None:
        before = self.refusals(code)
        wait_until(lambda: self.refusals(code) >= before + number)


@pytest.fixture
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="outage-") as folder, ExitStack() as stack:
        yield Site(Path(folder), stack)


@contextmanager
def counting_callers(path: Path) -> Iterator[Callable[[], Counter[int]]]:
    """Take the place of a killed store: hang up on every caller, and count the attempts of each process."""
    attempts: Counter[int] = Counter()
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                with caller:
                    credentials = caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
                    attempts[int.from_bytes(credentials[:4], "little")] += 1

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield lambda: attempts
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            path.unlink()


def ending(line: str) -> str:
    return re.sub(r"after \d+ s$", "after N s", line)


def be_away(site: Site) -> None:
    """Keep the killed store away until beat and worker have tried to reach it several times, and let it come back."""
    with counting_callers(embedded.store_socket(site._data_dir)) as attempts:
        wait_until(lambda: len([pid for pid, number in attempts().items() if number >= 5]) >= 2)
    site.start_store()
    site.wait_for("answers again", "beat", "worker")
    site.installation.next_snapshot()


AWAY_AND_BACK = {
    "beat": [
        "WARNING realtime.tasks.outage: the store does not answer; until this ends, no sweep is sent",
        "INFO realtime.tasks.outage: the store answers again, after N s",
    ],
    "worker": [
        "WARNING realtime.tasks.outage: the store does not answer; until this ends, no sweep is made",
        "INFO realtime.tasks.outage: the store answers again, after N s",
    ],
}


@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="Linux only")
def test_a_killed_store_is_one_line_when_it_goes_and_one_when_it_is_back(site: Site) -> None:
    site.kill_store()
    be_away(site)

    assert {program: [ending(line) for line in site.lines(program)] for program in site.logs} == AWAY_AND_BACK


@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="Linux only")
def test_a_store_that_dies_in_the_middle_of_a_sweep_is_no_more_lines_than_that(site: Site) -> None:
    with small_services() as services:
        site.installation.register(services.registry("slow"))
        site.installation.next_snapshot()
        site.installation.next_snapshot()  # it was in this one, if not in the one before
        site.forget_lines()
        services.may_answer.clear()
        services.is_asked.clear()
        assert services.is_asked.wait(PATIENCE_SECONDS)
        site.kill_store()
        services.may_answer.set()
        be_away(site)

    assert {program: [ending(line) for line in site.lines(program)] for program in site.logs} == AWAY_AND_BACK


def test_a_full_store_is_one_line_when_it_refuses_and_one_when_it_has_room_again(site: Site) -> None:
    site.client.config_set("maxmemory", "1")
    site.wait_for("refused: OOM", "beat")
    site.wait_for_refusals("OOM", number=5)
    site.client.config_set("maxmemory", "0")
    site.wait_for("answers again", "beat")
    site.installation.next_snapshot()

    assert [ending(line) for line in site.lines("beat")] == [
        "WARNING realtime.tasks.outage: the store refused: OOM; until this ends, no sweep is sent",
        "INFO realtime.tasks.outage: the store answers again, after N s",
    ]
    assert site.lines("worker") in ([], 2 * [ANY])  # it notices only if a sweep of its own was refused


def test_a_worker_outlives_a_store_that_refuses_every_command(site: Site) -> None:
    site.client.replicaof("127.0.0.1", "1")
    site.wait_for("the store refused", "beat", "worker")
    site.wait_for_refusals("READONLY", number=20)
    site.client.replicaof("NO", "ONE")
    site.wait_for("answers again", "beat", "worker")
    site.installation.next_snapshot()

    for program in ("beat", "worker"):
        assert [re.sub(r": the store refused: \w+", "", ending(line)) for line in site.lines(program)] == [
            f"WARNING realtime.tasks.outage; until this ends, no sweep is {'sent' if program == 'beat' else 'made'}",
            "INFO realtime.tasks.outage: the store answers again, after N s",
        ]
