"""Installations for tests of whole programs; a folder below may have services or an installation of its own."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.installation import Installation, installation
from tests.functional.small_services import SmallServices, small_services


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """The data folder of a running store with a snapshot in it, for the web servers of a module."""
    # A short path: unix sockets have no room for pytest's.
    with tempfile.TemporaryDirectory(prefix="serve-") as name, installation(Path(name)) as found:
        found.manage("collect_metrics", "--interval", "60")
        yield Path(name)


@pytest.fixture
def services() -> Iterator[SmallServices]:
    """Services that nobody has registered yet."""
    with small_services() as services:
        yield services


@pytest.fixture(scope="module")
def _installation() -> Iterator[Installation]:
    # A short path: unix sockets have no room for pytest's.
    with tempfile.TemporaryDirectory(prefix="programs-") as folder, installation(Path(folder)) as found:
        yield found


@pytest.fixture
def installed_programs(_installation: Installation) -> Installation:
    """A database and an empty store, on which the test starts the programs it wants."""
    _installation.client.flushall()
    return _installation
