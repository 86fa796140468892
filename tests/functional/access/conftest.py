"""Access as `key` has it: a key ring for each test, on a real Valkey, with a registry that the test holds."""

import dataclasses
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings as project
from django.db import OperationalError

from realtime.config import ReadAccess
from realtime.core import read_keys
from realtime.core.read_keys import KeyMark
from realtime.reporting import access, read_key_ring
from realtime.reporting.read_key_ring import ReadKeyRing
from realtime.store.read_key_sets import ReadKeySets, open_read_key_sets
from tests.embedded_store import clean_store, running_store  # noqa: F401
from tests.functional.api.conftest import publish, store  # noqa: F401
from tests.functional.live.conftest import newsroom  # noqa: F401

GOOD = read_keys.write(public_id="0123456789ab", secret="g" * 43)
OTHER = read_keys.write(public_id="ba9876543210", secret="o" * 43)
NEVER_MADE = read_keys.write(public_id="0123456789ab", secret="n" * 43)


def mark(key: str) -> KeyMark:
    found = read_keys.mark_of(key)
    assert found is not None
    return found


class Cupboard:
    """Where the keys are: the registry's table, as a test wants it, and the ring that follows it."""

    def __init__(self, read_key_sets: ReadKeySets) -> None:
        self.read_key_sets = read_key_sets
        self.digests: dict[str, str] = {}
        self.used: dict[str, datetime] = {}
        self.is_away = False
        self.asked = 0
        self._rings: list[ReadKeyRing] = []
        self.ring = self.new_ring()

    def new_ring(self, **options: Any) -> ReadKeyRing:
        """Return what another process would have."""
        options = {"read_key_sets": self.read_key_sets, **options}
        ring = ReadKeyRing(digests_in_registry=self.read, note_uses=self.used.update, **options)
        self._rings.append(ring)
        return ring

    def close(self) -> None:
        for ring in self._rings:
            ring.stop()

    def read(self) -> Mapping[str, str]:
        self.asked += 1
        if self.is_away:
            raise OperationalError("the database is away")
        return dict(self.digests)

    def make(self, key: str) -> None:
        self.digests[mark(key).public_id] = mark(key).digest

    def revoke(self, key: str) -> None:
        del self.digests[mark(key).public_id]

    def still(self) -> None:
        """Have nobody look for keys from here on."""
        self.ring.look()
        self.ring.stop()
        self.ring._thread = threading.main_thread()
        self.ring.stop = lambda: None  # type: ignore[method-assign]

    def publish(self) -> None:
        read_key_ring.publish(self.read_key_sets, digests_in_registry=self.read)


@pytest.fixture
def key_access(settings: Any) -> None:
    settings.REALTIME = dataclasses.replace(settings.REALTIME, read_access=ReadAccess.KEY)


@pytest.fixture
def cupboard(clean_store: object, key_access: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cupboard]:  # noqa: F811
    """A cupboard with one good key, known to this process."""
    cupboard = Cupboard(open_read_key_sets(project.REALTIME))
    cupboard.make(GOOD)
    monkeypatch.setattr(access, "process_read_key_ring", lambda: cupboard.ring)
    yield cupboard
    cupboard.close()
