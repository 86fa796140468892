"""The registry on PostgreSQL: its own tests, and the commands of a newcomer, on a real server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from metricsproj import env
from tests import postgresql

pytestmark = pytest.mark.slow

PROJECT_DIR = Path(env.__file__).parent.parent
REGISTRY_TESTS = (
    "tests/functional/registry",
    "tests/functional/commands/test_import_services.py",
    "tests/functional/commands/test_export_services.py",
)


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    bin_dir = postgresql.programs()
    if bin_dir is None:
        pytest.skip("no PostgreSQL server on this machine")
    with postgresql.running_server(bin_dir) as server:
        yield server.url


def run(database_url: str, data_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    variables = {"DATABASE_URL": database_url, "TESTS_DATABASE_URL": database_url, "REALTIME_DATA_DIR": str(data_dir)}
    inherited = {name: value for name, value in os.environ.items() if name not in {"PYTEST_ADDOPTS", *env.NAMES}}
    return subprocess.run(
        [sys.executable, *words],
        cwd=PROJECT_DIR,
        env={**inherited, **variables, "DJANGO_SETTINGS_MODULE": "metricsproj.settings"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.timeout(300)
def test_all_tests_of_the_registry_hold_on_postgresql_too(database_url: str, tmp_path: Path) -> None:
    ended = run(database_url, tmp_path, "-m", "pytest", "-q", "--ds", "tests.settings", *REGISTRY_TESTS)

    assert ended.returncode == 0, ended.stdout[-3000:]
    assert "passed" in ended.stdout


def test_what_is_imported_is_exported_again(database_url: str, tmp_path: Path) -> None:
    assert run(database_url, tmp_path, "manage.py", "migrate", "--verbosity", "0").returncode == 0
    assert run(database_url, tmp_path, "manage.py", "import_services", "services.example.yaml").returncode == 0

    exported = run(database_url, tmp_path, "manage.py", "export_services")
    (tmp_path / "again.yaml").write_text(exported.stdout, encoding="utf-8")
    again = run(database_url, tmp_path, "manage.py", "import_services", str(tmp_path / "again.yaml"))

    assert again.returncode == 0, again.stderr
    assert "0 created, 0 updated" in again.stdout
