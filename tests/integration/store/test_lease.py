"""The lease: one collector publishes at a time, under a number that grows, whatever becomes of the others."""

import time

import pytest
import redis

from realtime.store.redis_keys import RedisKeys
from realtime.store.snapshots import Acquired, Lease, LeaseLost, NotAcquired, Store
from tests.integration.store.sweeps import acquired, publish, publish_next

PATIENCE_SECONDS = 10.0


def let_lease_end(client: redis.Redis, keys: RedisKeys) -> None:
    """Have the lease expire now, and wait until it has."""
    client.pexpire(keys.lease, 1)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while client.exists(keys.lease):
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_the_lease_has_one_holder(store: Store) -> None:
    holder = acquired(store)

    refused = store.acquire(lease_seconds=60)

    assert isinstance(refused, NotAcquired)
    assert refused.number == holder.lease.number
    assert 0 < refused.remaining_seconds <= 60
    assert refused.reason == "another collector holds the lease"


def test_a_lease_that_ran_out_goes_to_the_next(store: Store, clean_store: redis.Redis, keys: RedisKeys) -> None:
    first = acquired(store).lease
    let_lease_end(clean_store, keys)

    assert acquired(store).lease.number > first.number


def test_a_lease_ends_when_its_seconds_are_over(store: Store, clean_store: redis.Redis, keys: RedisKeys) -> None:
    store.acquire(lease_seconds=9.0)

    assert 8_000 < clean_store.pttl(keys.lease) <= 9_000


def test_the_number_grows_with_each_lease(store: Store) -> None:
    numbers = []
    for _ in range(5):
        lease = acquired(store).lease
        store.release(lease)
        numbers.append(lease.number)

    assert numbers == list(range(numbers[0], numbers[0] + 5))


def test_numbering_starts_at_unix_milliseconds_on_an_empty_store(store: Store, clean_store: redis.Redis) -> None:
    seconds, microseconds = clean_store.time()

    number = acquired(store).lease.number

    assert 0 <= number - (seconds * 1000 + microseconds // 1000) < 60_000


def test_numbering_goes_on_above_the_highest_number_seen_when_the_store_was_emptied(
    store: Store, clean_store: redis.Redis, keys: RedisKeys
) -> None:
    clean_store.set(keys.sequence, 900_000_000_000_000)
    publish_next(store)
    clean_store.flushall()

    assert acquired(store).lease.number == 900_000_000_000_002


def test_a_reader_has_seen_the_number_it_read(store: Store, clean_store: redis.Redis, keys: RedisKeys) -> None:
    publish_next(store)
    clean_store.hset(keys.head, "id", 900_000_000_000_000)
    store.read(known_id=None)
    clean_store.flushall()

    assert acquired(store).lease.number == 900_000_000_000_001


def test_a_late_collector_cannot_publish(store: Store, clean_store: redis.Redis, keys: RedisKeys) -> None:
    late = acquired(store).lease
    let_lease_end(clean_store, keys)

    with pytest.raises(LeaseLost):
        publish(store, late)

    assert store.read(known_id=None) is None


def test_a_late_collector_cannot_publish_over_its_successor(
    store: Store, clean_store: redis.Redis, keys: RedisKeys
) -> None:
    late = acquired(store).lease
    let_lease_end(clean_store, keys)
    successor = publish_next(store)

    with pytest.raises(LeaseLost):
        publish(store, late)

    assert store.read(known_id=successor) == successor


def test_a_collector_cannot_publish_after_the_store_was_emptied(store: Store, clean_store: redis.Redis) -> None:
    late = acquired(store).lease
    clean_store.flushall()

    with pytest.raises(LeaseLost):
        publish(store, late)


def test_a_collector_cannot_publish_under_a_lease_of_the_same_number(
    store: Store, clean_store: redis.Redis, keys: RedisKeys
) -> None:
    late = acquired(store).lease
    clean_store.flushall()
    clean_store.set(keys.sequence, late.number - 1)
    other = Store(connect=lambda: clean_store, prefix=keys.prefix)
    assert acquired(other).lease.number == late.number

    with pytest.raises(LeaseLost):
        publish(store, late)


def test_publishing_gives_the_lease_back(store: Store) -> None:
    publish_next(store)

    assert isinstance(store.acquire(lease_seconds=60), Acquired)


def test_one_lease_publishes_one_snapshot(store: Store) -> None:
    lease = acquired(store).lease
    publish(store, lease)

    with pytest.raises(LeaseLost):
        publish(store, lease)


def test_only_its_owner_gives_a_lease_back(store: Store) -> None:
    lease = acquired(store).lease

    store.release(Lease(number=lease.number, token="another"))

    assert isinstance(store.acquire(lease_seconds=60), NotAcquired)


def test_the_token_is_not_shown() -> None:
    assert "hunter2" not in repr(Lease(number=1, token="hunter2"))


def test_a_sweep_that_began_too_recently_does_for_this_one(store: Store) -> None:
    number = publish_next(store)

    refused = store.acquire(lease_seconds=60, least_gap_seconds=60)

    assert refused == NotAcquired(reason="another sweep has just begun", number=number, remaining_seconds=0)


def test_the_gap_is_over_by_the_clock_of_redis(store: Store, clean_store: redis.Redis, keys: RedisKeys) -> None:
    publish_next(store)
    clean_store.decrby(keys.started, 60_001)

    assert isinstance(store.acquire(lease_seconds=60, least_gap_seconds=60), Acquired)


def test_a_start_in_the_future_stops_nobody(store: Store, clean_store: redis.Redis, keys: RedisKeys) -> None:
    publish_next(store)
    clean_store.incrby(keys.started, 3_600_000)

    assert isinstance(store.acquire(lease_seconds=60, least_gap_seconds=60), Acquired)
