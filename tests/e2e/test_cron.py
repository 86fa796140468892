"""Cron instead of beat: what it says without a store, its exit codes, and that it collects beside `up`."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from metricsproj import embedded
from tests.e2e.running import answer_of, manage, running_up
from tests.embedded_store import started_store
from tests.functional.small_services import UNHEALTHY, small_services


@pytest.fixture
def var() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cron-") as folder:
        yield Path(folder) / "var"


def test_without_a_store_cron_is_told_what_runs_one(var: Path) -> None:
    ended = manage(var, "collect_metrics", "--interval", "60")

    assert (ended.returncode, ended.stdout, ended.stderr) == (
        2,
        "",
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


def test_cron_sees_the_exit_codes(tmp_path: Path) -> None:
    with started_store(tmp_path, url=embedded.store_url(tmp_path)), small_services() as services:
        assert manage(tmp_path, "migrate", "--verbosity=0").returncode == 0
        (tmp_path / "services.yaml").write_text(services.registry("good", "poor"))
        assert manage(tmp_path, "import_services", str(tmp_path / "services.yaml")).returncode == 0
        services.answers["/poor"] = UNHEALTHY

        well = manage(tmp_path, "collect_metrics", "--json", "--interval", "60")
        failing = manage(tmp_path, "collect_metrics", "--fail-on", "unhealthy")

    assert well.returncode == 0
    assert json.loads(well.stdout)["total_apis"] == 2
    assert failing.returncode == 1
    assert "poor" in failing.stdout
    assert "Traceback" not in well.stderr + failing.stderr


def test_bad_arguments_are_exit_code_2(tmp_path: Path) -> None:
    done = manage(tmp_path, "collect_metrics", "--interval", "soon")

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("'soon' is not a whole number of seconds")
