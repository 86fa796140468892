"""What a newcomer's commands say and leave: a missing migration, a private database, the rest of a demo."""

import json
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.running import manage, running_up

DEMO_ROW = """
from realtime.models import Service
Service.objects.create(name="sample", base_url="http://127.0.0.1:9", is_demo=True, enabled=False)
Service.objects.create(name="own", base_url="http://127.0.0.1:9")
"""


@pytest.fixture
def var() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="first-") as folder:
        yield Path(folder) / "var"


def test_a_registry_without_tables_names_the_database_and_the_remedy(var: Path) -> None:
    ended = manage(var, "export_services")

    assert ended.stderr == (
        f"CommandError: the registry cannot be read: tables are missing in the SQLite database {var}/db.sqlite3 "
        "(run `manage.py migrate`)\n"
    )


def test_the_database_is_its_owners_alone_wherever_it_lies(var: Path) -> None:
    elsewhere = var.parent / "elsewhere.sqlite3"
    elsewhere.touch(mode=0o644)

    for variables in ({}, {"DATABASE_URL": f"sqlite:///{elsewhere}"}):
        assert manage(var, "migrate", "--verbosity=0", **variables).returncode == 0

    files = [*var.glob("db.sqlite3*"), *var.parent.glob("elsewhere.sqlite3*")]
    assert len(files) >= 2
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_up_says_how_to_remove_what_a_demo_left_and_that_removes_nothing_else(var: Path) -> None:
    assert manage(var, "migrate", "--verbosity=0").returncode == 0
    assert manage(var, "shell", "-v", "0", "-c", DEMO_ROW).returncode == 0
    with running_up(var, "--no-collector", "--port", "0") as up:
        up.wait_for("1 sample services of --demo are disabled; manage.py remove_demo_services removes them")

    assert manage(var, "remove_demo_services").stdout == "1 sample services removed\n"

    exported = json.loads(manage(var, "export_services", "--format", "json").stdout)
    assert [service["name"] for service in exported["services"]] == ["own"]
