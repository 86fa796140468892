"""An installation for the web servers of a module: a database, a store, and a snapshot in it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.tasks.installation import installation


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    # A short path: unix sockets have no room for pytest's.
    with tempfile.TemporaryDirectory(prefix="serve-") as name, installation(Path(name)) as found:
        found.manage("collect_metrics", "--interval", "60")
        yield Path(name)
