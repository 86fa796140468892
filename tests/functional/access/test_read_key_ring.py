"""How a process knows which keys are good, also while the store, the database or both are away."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from realtime.reporting.read_key_ring import KeysUnknown
from realtime.store.read_key_sets import ReadKeySet, ReadKeySets
from realtime.store.redis_keys import RedisKeys
from tests.functional.access.conftest import GOOD, NEVER_MADE, OTHER, Cupboard, mark

GONE = ReadKeySets(connect=lambda: redis.Redis(port=1, retry=Retry(NoBackoff(), 0)), prefix="gone")


def known_version(cupboard: Cupboard) -> int:
    found = cupboard.read_key_sets.read(known_version=None)
    assert isinstance(found, ReadKeySet)
    return found.version


def test_a_key_is_good_when_all_of_it_is_right(cupboard: Cupboard) -> None:
    assert cupboard.ring.holds(mark(GOOD))
    assert not cupboard.ring.holds(mark(NEVER_MADE))
    assert not cupboard.ring.holds(mark(OTHER))


def test_a_published_change_is_seen_at_the_next_look(cupboard: Cupboard) -> None:
    ring = cupboard.new_ring()
    ring.look()
    cupboard.make(OTHER)
    cupboard.revoke(GOOD)
    cupboard.publish()
    asked = cupboard.asked

    ring.look()

    assert ring.holds(mark(OTHER))
    assert not ring.holds(mark(GOOD))
    assert cupboard.asked == asked


def test_an_emptied_store_gets_the_keys_again_from_whoever_notices(
    cupboard: Cupboard, clean_store: redis.Redis
) -> None:
    ring = cupboard.new_ring(monotonic=iter(range(0, 1000, 10)).__next__)
    ring.look()
    before = known_version(cupboard)
    clean_store.flushall()

    ring.look()

    assert known_version(cupboard) > before
    assert cupboard.new_ring().holds(mark(GOOD))


def test_a_change_that_nobody_published_is_found_and_published(cupboard: Cupboard) -> None:
    seconds = [0.0]
    ring = cupboard.new_ring(monotonic=lambda: seconds[0])
    ring.look()
    cupboard.digests.clear()
    seconds[0] = 4.9
    ring.look()
    published = cupboard.read_key_sets.read(known_version=None)
    assert isinstance(published, ReadKeySet)
    assert published.digests

    seconds[0] = 5.1
    ring.look()

    published = cupboard.read_key_sets.read(known_version=None)
    assert isinstance(published, ReadKeySet)
    assert not published.digests


def test_while_the_store_is_away_the_database_tells(cupboard: Cupboard) -> None:
    ring = cupboard.new_ring(read_key_sets=GONE, monotonic=iter(range(1000)).__next__)
    ring.look()
    assert ring.holds(mark(GOOD))
    cupboard.revoke(GOOD)

    ring.look()

    assert not ring.holds(mark(GOOD))


def test_while_neither_tells_the_keys_last_known_go_on(cupboard: Cupboard, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = cupboard.new_ring(monotonic=iter(range(1000)).__next__)
    ring.look()
    monkeypatch.setattr(ring, "_key_sets", GONE)
    cupboard.is_away = True

    ring.look()

    assert ring.holds(mark(GOOD))
    assert not ring.holds(mark(OTHER))


def test_a_process_that_never_learned_the_keys_says_so(cupboard: Cupboard) -> None:
    cupboard.is_away = True
    ring = cupboard.new_ring(read_key_sets=GONE)

    with pytest.raises(KeysUnknown):
        ring.holds(mark(GOOD))


def test_what_was_published_late_never_replaces_what_is_newer(cupboard: Cupboard) -> None:
    early = cupboard.read_key_sets.next_version()
    cupboard.publish()

    assert not cupboard.read_key_sets.publish(ReadKeySet(version=early, digests={}))
    assert cupboard.new_ring().holds(mark(GOOD))


def test_a_full_store_still_takes_a_revocation(cupboard: Cupboard, clean_store: redis.Redis) -> None:
    ring = cupboard.new_ring(monotonic=lambda: 0.0)
    ring.look()
    clean_store.config_set("maxmemory", "1")
    try:
        with pytest.raises(redis.OutOfMemoryError):
            clean_store.set("anything", "x")
        cupboard.revoke(GOOD)
        cupboard.publish()
        ring.look()
    finally:
        clean_store.config_set("maxmemory", "0")

    assert not ring.holds(mark(GOOD))


@pytest.mark.parametrize("rubbish", [b"not json", b"[1]"])
def test_rubbish_in_the_store_is_replaced(cupboard: Cupboard, clean_store: redis.Redis, rubbish: bytes) -> None:
    cupboard.publish()
    clean_store.hset(RedisKeys(settings.REALTIME.key_prefix).read_keys, "keys", rubbish)

    cupboard.new_ring().look()

    assert cupboard.new_ring().holds(mark(GOOD))


def test_the_last_use_is_written_down_at_once_and_then_once_a_minute(cupboard: Cupboard) -> None:
    at, seconds = datetime(2026, 11, 23, tzinfo=UTC), [0.0]
    ring = cupboard.new_ring(monotonic=lambda: seconds[0], clock=lambda: at + timedelta(seconds=seconds[0]))
    public_id = mark(GOOD).public_id
    written = []
    for seconds[0] in (1.0, 30.0, 62.0):
        ring.note_use(mark(GOOD))
        ring.look()
        written.append((cupboard.used[public_id] - at).total_seconds())

    assert written == [1.0, 1.0, 62.0]


def test_the_ring_tells_whoever_watches_that_the_keys_have_changed(cupboard: Cupboard) -> None:
    changed = threading.Event()
    assert cupboard.ring.holds(mark(GOOD))
    with cupboard.ring.watched(changed.set):
        cupboard.revoke(GOOD)
        cupboard.publish()

        assert changed.wait(20)
    assert not cupboard.ring.holds(mark(GOOD))
