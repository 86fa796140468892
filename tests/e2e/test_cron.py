"""Cron instead of beat on a fresh machine: what it says without a store, and that it collects beside `up`."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.running import answer_of, manage, running_up


@pytest.fixture
def var() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cron-") as folder:
        yield Path(folder) / "var"


def test_without_a_store_cron_is_told_what_runs_one(var: Path) -> None:
    ended = manage(var, "collect_metrics", "--interval", "60")

    assert (ended.returncode, ended.stderr) == (
        2,
        "CommandError: the store does not answer: REDIS_URL is not set, and no `manage.py up` runs on this data folder "
        "(`manage.py up --no-collector` runs the store and the web server for a cron that collects)\n",
    )


def test_cron_collects_beside_an_up_without_collector(var: Path) -> None:
    with running_up(var, "--no-collector", "--port", "0") as up:
        url = up.wait_for_url()
        up.wait_for("no collector runs here")
        up.wait_for("running;")
        # Whatever its store says of the machine, an ordinary start is no error.
        assert not [line for line in up.lines if " ERROR " in line]
        before = answer_of(url)

        ended = manage(var, "collect_metrics", "--interval", "60", "--fail-on", "error")

        assert (ended.returncode, ended.stderr) == (0, "")
        assert sorted(up.parts()) == ["store", "web"]
        assert before["error"]["code"] == "no_snapshot"
        assert answer_of(url)["refresh_interval_seconds"] == 60
