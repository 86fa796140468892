"""`manage.py up --demo` as a newcomer starts it, in one run: the first answer, the parts, and the end of it all."""

import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.e2e.running import Up, answer_of, is_alive, manage, running_up, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes through /proc")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a folder with spaces") / "var"


@pytest.fixture(scope="module")
def demo(data_dir: Path) -> Iterator[tuple[Up, str]]:
    with running_up(data_dir, "--demo", "--port", "0") as up:
        yield up, up.wait_for_url()


def test_the_first_answer_shows_a_living_fleet_with_its_troubles(demo: tuple[Up, str]) -> None:
    _, url = demo

    answer = answer_of(url)

    statuses = {entry["service"]: entry["status"] for entry in answer["api_metrics"]}
    assert statuses["websocket-ingestion"] == statuses["admin-api"] == "healthy"
    assert statuses["energy-forecast"] == "degraded"
    assert statuses["weather-api"] == statuses["log-aggregator"] == "unhealthy"
    assert statuses["sports-api"] == statuses["device-intelligence"] == "error"
    assert answer["events_per_second"] > 0
    assert answer["data_sources_active"] == ["home-assistant", "influxdb", "websocket"]
    assert [entry["service"] for entry in answer["other_services"]] == ["influxdb"]
    assert answer["stale"] is False
    assert answer["refresh_interval_seconds"] == 5


def test_the_numbers_move_and_snapshots_follow_each_other(demo: tuple[Up, str]) -> None:
    _, url = demo
    first = answer_of(url)

    wait_until(lambda: answer_of(url)["snapshot_id"] > first["snapshot_id"], what="a snapshot made by beat and worker")
    later = answer_of(url)

    assert later["events_per_second"] != first["events_per_second"]
    assert later["stale"] is False
    (pipeline,) = (entry for entry in later["api_metrics"] if entry["service"] == "enrichment-pipeline")
    assert pipeline["enriched_per_second"] > 0


def test_the_admin_opens_with_the_password_that_was_printed_once(demo: tuple[Up, str]) -> None:
    up, url = demo
    (line,) = (line for line in up.lines if "password" in line)
    user, password = re.search(r"user (\S+) with the password (\S+) ", line).groups()  # type: ignore[union-attr]

    with requests.Session() as browser:
        login = url.replace("/api/v1/real-time-metrics", "/admin/login/?next=/admin/realtime/service/")
        browser.get(login, timeout=10)
        page = browser.post(
            login,
            data={"username": user, "password": password, "csrfmiddlewaretoken": browser.cookies["csrftoken"]},
            timeout=10,
        )

    assert page.status_code == 200
    assert "websocket-ingestion" in page.text


def test_the_admins_files_and_the_liveness_answer_are_served_for_any_host(demo: tuple[Up, str]) -> None:
    origin = demo[1].removesuffix("/api/v1/real-time-metrics")

    assert requests.get(f"{origin}/static/admin/css/base.css", timeout=10).status_code == 200
    assert requests.get(f"{origin}/livez", headers={"Host": "10.0.0.7:8003"}, timeout=10).status_code == 200
    assert requests.get(f"{origin}/admin/", headers={"Host": "10.0.0.7:8003"}, timeout=10).status_code == 400


def test_every_other_command_finds_the_running_store(demo: tuple[Up, str], data_dir: Path) -> None:
    ended = manage(data_dir, "collect_metrics", "--json", "--fail-on", "error")

    assert ended.returncode == 1, ended.stderr
    assert '"websocket-ingestion"' in ended.stdout


def test_a_second_up_on_the_same_data_folder_says_so(demo: tuple[Up, str], data_dir: Path) -> None:
    ended = manage(data_dir, "up", "--port", "0")

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"up: already running on {data_dir} (process {demo[0].process.pid})")
    assert len(ended.stderr.splitlines()) == 1


def test_a_port_in_use_is_one_line(demo: tuple[Up, str], tmp_path: Path) -> None:
    port = demo[1].split(":")[2].split("/")[0]

    ended = manage(tmp_path / "var", "up", "--port", port)

    assert ended.returncode == 2
    assert ended.stderr == f"up: port {port} on 127.0.0.1 is already in use (choose another with --port)\n"


@pytest.mark.parametrize("name", ["web", "worker", "store", "fleet", "beat"])
def test_a_part_that_is_killed_comes_back_and_all_goes_on(demo: tuple[Up, str], name: str) -> None:
    up, url = demo
    wait_until(lambda: name in up.parts(), what=f"{name} runs")

    os.kill(up.parts()[name], signal.SIGKILL)

    up.wait_for(f"{name} ended (killed by SIGKILL)")
    wait_until(lambda: name in up.parts(), what=f"{name} runs again")
    before = answer_of(url)["snapshot_id"]
    wait_until(lambda: answer_of(url)["snapshot_id"] > before, what="a new snapshot")


def test_ctrl_c_ends_all_within_10_s_and_the_next_start_goes_on_where_it_stopped(tmp_path: Path) -> None:
    data_dir = tmp_path / "var"
    with running_up(data_dir, "--demo", "--port", "0") as up:
        last_id = answer_of(up.wait_for_url())["snapshot_id"]
        wait_until(lambda: len(up.parts()) == 5, what="all parts run")
        pids = up.parts().values()

        took_seconds = up.stop()

        assert took_seconds < 10
        assert up.process.returncode == 0
        assert not [pid for pid in pids if is_alive(pid)]
    assert "websocket-ingestion" in manage(data_dir, "export_services").stdout
    assert "enabled: true" not in manage(data_dir, "export_services").stdout

    with running_up(data_dir, "--port", "0") as up:
        answer = answer_of(up.wait_for_url())

        assert answer["snapshot_id"] > last_id
        assert answer["total_apis"] == 0


def test_kill_9_leaves_no_process_behind_and_the_next_start_works(tmp_path: Path) -> None:
    with running_up(tmp_path / "var", "--port", "0") as up:
        up.wait_for_url()
        pids = up.parts().values()
        up.process.kill()
        wait_until(lambda: not [pid for pid in pids if is_alive(pid)], what="all parts are gone")

    with running_up(tmp_path / "var", "--port", "0") as up:
        assert answer_of(up.wait_for_url())["status"] == "unknown"


def test_a_term_signal_while_starting_leaves_no_process_behind(tmp_path: Path) -> None:
    with running_up(tmp_path / "var", "--demo", "--port", "0") as up:
        up.wait_for("store ")
        pids = up.parts().values()

        assert up.stop(signal.SIGTERM) < 10
        assert not [pid for pid in pids if is_alive(pid)]


def test_a_data_folder_with_a_very_long_path_works(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    with running_up(deep / "var", "--port", "0") as up:
        assert answer_of(up.wait_for_url())["total_apis"] == 0


def test_a_redis_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]

        ended = manage(tmp_path / "var", "up", "--port", "0", REDIS_URL=f"redis://:hunter2@127.0.0.1:{port}/0")

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"up: REDIS_URL: no answer from 127.0.0.1:{port}: ")
    assert len(ended.stderr.splitlines()) == 1
    assert "hunter2" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "0.0.0.0"), "up: --host 0.0.0.0 opens the site to other machines: set ALLOWED_HOSTS"),
        (("--host", "203.0.113.7"), "up: --host 203.0.113.7 opens the site to other machines: set ALLOWED_HOSTS"),
        (("--port", "70000"), "'70000' is not a port from 1 to 65535"),
    ],
)
def test_what_cannot_be_served_is_refused_in_one_line(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    ended = manage(tmp_path / "var", "up", *arguments)

    assert ended.returncode == 2
    assert said in ended.stderr.splitlines()[-1]
