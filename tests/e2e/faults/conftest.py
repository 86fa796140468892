"""One installation for all tests of this folder: each does it some harm, and leaves it well again."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import redis

from tests.e2e.faults.site import Site, running_site, running_store


class Victim(NamedTuple):
    """The installation, its store's process, and a client of the store."""

    site: Site
    store: subprocess.Popen[bytes]
    client: redis.Redis


@pytest.fixture(scope="package")
def victim() -> Iterator[Victim]:
    # A short path: unix sockets have no room for pytest's.
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        folder = Path(name)
        with running_store(folder / "store") as (client, store), running_site(folder) as site:
            yield Victim(site, store, client)


@pytest.fixture
def site(victim: Victim) -> Iterator[Site]:
    """The installation, well; whatever a test does to it, it has to get well again by itself."""
    victim.site.wait_until_well()
    yield victim.site
    victim.site.wait_until_well()
