"""Whatever lies under our keys costs at most what lay there: the collector starts afresh and says so."""

from collections.abc import Callable
from dataclasses import fields

import pytest
import redis

from realtime.core.history import EMPTY
from realtime.store.redis_keys import RedisKeys
from realtime.store.snapshots import Acquired, Published, Store
from tests.integration.store.sweeps import SERVICE, acquired, changed, publish, publish_next, seconds_later

Spoil = Callable[[redis.Redis, str], object]


def as_text(client: redis.Redis, key: str) -> None:
    client.set(key, b"\xff\x00 not ours")


def as_huge_number(client: redis.Redis, key: str) -> None:
    client.set(key, "1e300")


def as_list(client: redis.Redis, key: str) -> None:
    client.rpush(key, "not ours")


def as_hash(client: redis.Redis, key: str) -> None:
    client.hset(key, mapping={"id": "not ours", "at": "nan", "not a bucket": "x", "29345": "x"})


SPOILS: tuple[Spoil, ...] = (as_text, as_huge_number, as_list, as_hash)


def all_keys(keys: RedisKeys) -> dict[str, str]:
    plain = {name: getattr(keys, name) for name in ("lease", "sequence", "started", "head", "snapshot", "memory")}
    return {**plain, "totals": keys.totals, "history": keys.history[0], "changes": keys.changes(SERVICE)}


NAMES = tuple(all_keys(RedisKeys("any")))


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("name", NAMES)
def test_a_spoilt_key_stops_neither_collector_nor_reader(
    store: Store, clean_store: redis.Redis, keys: RedisKeys, name: str, spoil: Spoil
) -> None:
    number = publish_next(store, changes=[changed()])
    key = all_keys(keys)[name]
    clean_store.delete(key)
    spoil(clean_store, key)

    store.read(known_id=None)
    found = acquired(store)
    publish(store, found.lease, at=seconds_later(5), totals=found.totals, changes=[changed()])

    assert found.lease.number > number
    after = store.read(known_id=None)
    assert isinstance(after, Published)
    assert after.id == found.lease.number
    assert len(store.status_changes(SERVICE)) == (1 if name == "changes" else 2)
    assert not acquired(store).problems


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("name", ["snapshot", "memory", "totals"])
def test_what_the_collector_cannot_read_starts_afresh_with_a_message(
    store: Store, clean_store: redis.Redis, keys: RedisKeys, name: str, spoil: Spoil
) -> None:
    publish_next(store)
    key = all_keys(keys)[name]
    clean_store.delete(key)
    spoil(clean_store, key)

    found = acquired(store)

    assert len(found.problems) == 1
    assert "cannot be read" in found.problems[0]
    left = {"snapshot": found.previous is not None, "memory": bool(found.memory), "totals": found.totals != EMPTY}
    assert left == {part: part != name for part in left}


def test_an_empty_store_is_no_problem(store: Store) -> None:
    found = store.acquire(lease_seconds=60)

    assert isinstance(found, Acquired)
    assert found.problems == ()
    assert {field.name: getattr(found, field.name) for field in fields(found)} | {"lease": None} == {
        "lease": None,
        "previous": None,
        "memory": {},
        "totals": EMPTY,
        "woken": frozenset(),
        "problems": (),
    }
