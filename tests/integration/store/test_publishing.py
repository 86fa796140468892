"""What a publication leaves in Redis: all of it or nothing, bounded in size and in time."""

from dataclasses import replace
from typing import Any

import pytest
import redis

from realtime.core import history
from realtime.core.codec import RECORDS_VERSION
from realtime.core.history import BUCKETS_PER_PERIOD, EMPTY, PERIODS, SweepSample, bucket_seconds
from realtime.store.redis_keys import RedisKeys
from realtime.store.snapshots import LeaseLost, Published, Store
from tests.integration.store.sweeps import (
    NOW,
    SERVICE,
    acquired,
    changed,
    grown,
    publish,
    publish_next,
    seconds_later,
    snapshot,
)

DAY = 86_400
RING = 2 * BUCKETS_PER_PERIOD + 1


def content(client: redis.Redis) -> dict[Any, Any]:
    return {key: client.dump(key) for key in client.scan_iter()}


def ring(client: redis.Redis, keys: RedisKeys, period: str) -> dict[int, Any]:
    """The totals kept for a period, by the number of their bucket."""
    key = keys.history[list(PERIODS).index(period)]
    return {int(bucket): totals for bucket, totals in client.hgetall(key).items()}


def test_what_was_published_is_read(store: Store) -> None:
    number = publish_next(store)

    found = store.read(known_id=None)

    assert isinstance(found, Published)
    assert found.id == number


def test_the_next_collector_finds_what_the_last_one_left(store: Store) -> None:
    number = publish_next(store)

    found = acquired(store)

    assert found.previous is not None
    assert found.previous.id == number
    assert set(found.memory) == {SERVICE}
    assert found.totals == grown(EMPTY, at=NOW)
    assert found.problems == ()


def test_a_refused_publication_changes_nothing(store: Store, clean_store: redis.Redis) -> None:
    publish_next(store)
    late = acquired(store).lease
    store.release(late)
    before = content(clean_store)

    with pytest.raises(LeaseLost):
        publish(store, late, at=seconds_later(60), changes=[changed()])

    assert content(clean_store) == before


# Lifetimes in seconds; None: for ever. `lease` and `started` are there while a sweep runs.
LIFETIMES = {
    "lease": 60,
    "started": DAY,
    "sequence": None,
    "head": 4 * DAY,
    "snapshot": DAY + 14,  # two intervals of 5 s and the deadline of 4 s until it is stale, and a day
    "memory": 4 * DAY,
    "totals": 4 * DAY,
    **{f"history:{seconds}": 4 * DAY for seconds in PERIODS.values()},
    f"changes:{SERVICE}": 30 * DAY,
}


def test_every_key_has_its_lifetime(store: Store, clean_store: redis.Redis) -> None:
    publish_next(store, changes=[changed()])
    acquired(store)

    found = {bytes(key).decode().split(":", 2)[2]: clean_store.ttl(key) for key in clean_store.scan_iter()}

    assert found.keys() == LIFETIMES.keys()
    for name, lifetime in LIFETIMES.items():
        assert found[name] == -1 if lifetime is None else lifetime - 30 <= found[name] <= lifetime, name


def test_the_snapshot_of_a_daily_cron_is_outlived_by_what_leads_to_it(
    store: Store, clean_store: redis.Redis, keys: RedisKeys
) -> None:
    publish(store, acquired(store).lease, interval_seconds=DAY)

    assert 3 * DAY < clean_store.ttl(keys.snapshot) <= clean_store.ttl(keys.head)


def test_all_keys_lie_in_one_slot_of_a_cluster(store: Store, clean_store: redis.Redis) -> None:
    publish_next(store, changes=[changed()])

    assert all(bytes(key).startswith(b"{realtime}:%d:" % RECORDS_VERSION) for key in clean_store.scan_iter())


@pytest.mark.parametrize("period", PERIODS)
def test_two_periods_and_a_bucket_are_kept(
    store: Store, clean_store: redis.Redis, keys: RedisKeys, period: str
) -> None:
    size = bucket_seconds(PERIODS[period])

    for index in range(RING + 10):
        publish_next(store, at=seconds_later(index * size))

    kept = ring(clean_store, keys, period)
    last = int(seconds_later((RING + 9) * size).timestamp() // size)
    assert sorted(kept) == list(range(last - RING + 1, last + 1))


def test_buckets_without_a_sweep_hold_the_totals_of_the_sweep_before(
    store: Store, clean_store: redis.Redis, keys: RedisKeys
) -> None:
    publish_next(store)
    first = int(NOW.timestamp() // 2)
    before = clean_store.get(keys.totals)

    publish_next(store, at=seconds_later(20))

    kept = ring(clean_store, keys, "1m")
    assert sorted(kept) == list(range(first, first + 11))
    assert all(kept[bucket] == before for bucket in range(first, first + 10))
    assert kept[first + 10] == clean_store.get(keys.totals) != before


def test_a_long_gap_fills_no_more_than_the_ring(store: Store, clean_store: redis.Redis, keys: RedisKeys) -> None:
    publish_next(store)

    publish_next(store, at=seconds_later(10 * DAY))

    assert {len(ring(clean_store, keys, period)) for period in PERIODS} == {RING}


def test_a_clock_set_back_leaves_no_bucket_in_the_future(
    store: Store, clean_store: redis.Redis, keys: RedisKeys
) -> None:
    for seconds in (0, 2, 4, 6):
        publish_next(store, at=seconds_later(seconds))

    publish_next(store, at=seconds_later(1.9))

    assert max(ring(clean_store, keys, "1m")) == int(seconds_later(1.9).timestamp() // 2)


def test_a_clock_that_jumped_ahead_and_back_heals(store: Store, clean_store: redis.Redis, keys: RedisKeys) -> None:
    publish_next(store)
    publish_next(store, at=seconds_later(365 * DAY))
    for index in range(RING):
        publish_next(store, at=seconds_later(index * 2))

    kept = ring(clean_store, keys, "1m")

    last = int(seconds_later((RING - 1) * 2).timestamp() // 2)
    assert sorted(kept) == list(range(last - RING + 1, last + 1))


def test_totals_that_begin_anew_begin_a_new_history(store: Store, clean_store: redis.Redis, keys: RedisKeys) -> None:
    for index in range(10):
        publish_next(store, at=seconds_later(2 * index))
    clean_store.delete(keys.totals)

    publish_next(store, at=seconds_later(30))

    assert [len(ring(clean_store, keys, period)) for period in PERIODS] == [1] * len(PERIODS)


def test_the_bucket_is_the_one_that_the_comparison_looks_for(
    store: Store, clean_store: redis.Redis, keys: RedisKeys
) -> None:
    at = NOW.replace(second=31, microsecond=999_999)  # rounded to milliseconds it would be in the next bucket

    publish_next(store, at=at)

    assert list(ring(clean_store, keys, "1m")) == [int(at.timestamp() // 2)]


def test_the_last_twenty_status_changes_are_kept(store: Store) -> None:
    for index in range(25):
        publish_next(store, changes=[changed(seconds_later(index))])

    kept = store.status_changes(SERVICE)

    times = [int((change.at - NOW).total_seconds() + 0.001) for change in kept]
    assert times == list(range(5, 25))


def test_a_service_without_a_change_has_none(store: Store) -> None:
    assert store.status_changes("nobody") == ()


def test_memory_is_bounded_by_the_number_of_services(store: Store, clean_store: redis.Redis) -> None:
    services = [f"service-number-{index}" for index in range(50)]
    values = {history.FAILED: (0.0,), history.RESPONSE_TIME: (0.0452,), history.reading_series("rate"): (740.25,)}
    sample = SweepSample(
        started_at=0.0,
        at=0.0,
        interval_seconds=5,
        fleet={history.SWEEPS: (1.0,)},
        services=dict.fromkeys(services, values),
    )
    seconds = 0
    for size in (bucket_seconds(period) for period in sorted(PERIODS.values(), reverse=True)):
        for _ in range(RING + 1):
            seconds += size
            found = acquired(store)
            at = seconds_later(seconds)
            swept = replace(sample, started_at=at.timestamp(), at=at.timestamp())
            totals = history.grow(found.totals, sample=swept, tracked=dict.fromkeys(services, ("rate",)))
            store.publish(lease=found.lease, snapshot=snapshot(found.lease.number, at=at), memory={}, totals=totals)

    size_bytes = sum(clean_store.memory_usage(key, samples=0) or 0 for key in clean_store.scan_iter())

    assert size_bytes / len(services) < 30_000
