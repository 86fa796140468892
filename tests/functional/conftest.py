"""What tests of whole programs begin with; a folder below may have services or an installation of its own."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.small_services import SmallServices, small_services
from tests.functional.tasks.installation import Installation, installation


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
