"""What a web process reads: one round trip, whatever there is."""

from collections.abc import Mapping

import pytest
import redis

from realtime.core import codec, history
from realtime.core.history import EMPTY, PERIODS
from realtime.store.redis_keys import RedisKeys
from realtime.store.snapshots import Published, Store
from tests.integration.store.sweeps import NOW, grown, publish_next, seconds_later


def calls(client: redis.Redis) -> Mapping[str, int]:
    """How often each command ran since the last CONFIG RESETSTAT, those inside scripts included."""
    stats = client.info("commandstats")
    return {name.removeprefix("cmdstat_"): stat["calls"] for name, stat in stats.items()}


def test_an_empty_store_has_nothing(store: Store) -> None:
    assert store.read(known_id=None) is None


def test_an_emptied_store_has_nothing_even_for_who_knows_a_snapshot(store: Store, clean_store: redis.Redis) -> None:
    number = publish_next(store)
    clean_store.flushall()

    assert store.read(known_id=number) is None


def test_a_known_snapshot_is_not_sent_again(store: Store) -> None:
    number = publish_next(store)

    assert store.read(known_id=number) == number


def test_another_snapshot_is_sent_also_when_its_id_is_lower(store: Store) -> None:
    number = publish_next(store)

    found = store.read(known_id=number + 1)

    assert isinstance(found, Published)
    assert found.id == number


def test_the_edges_of_both_windows_come_with_it(store: Store) -> None:
    totals = EMPTY
    kept = {}
    for index in range(61):
        at = seconds_later(2 * index)
        publish_next(store, at=at)
        totals = kept[index] = grown(totals, at=at)

    found = store.read(known_id=None)

    assert isinstance(found, Published)
    current, previous = found.edges[60]
    assert current is not None
    assert previous is not None
    assert codec.decode_totals(current) == kept[30]
    assert codec.decode_totals(previous) == kept[0]


def test_the_windows_of_a_period_that_is_not_over_have_no_edges(store: Store) -> None:
    publish_next(store)

    found = store.read(known_id=None)

    assert isinstance(found, Published)
    assert found.edges == dict.fromkeys(PERIODS.values(), (None, None))


def test_a_read_is_one_command(store: Store, clean_store: redis.Redis) -> None:
    number = publish_next(store)
    store.read(known_id=number)  # the connection is made
    clean_store.config_resetstat()

    for known_id in (None, number):
        store.read(known_id=known_id)

    seen = calls(clean_store)
    outside = set(seen) - {"get", "hmget", "config|resetstat", "info"}
    assert outside == {"eval_ro"}
    assert seen["eval_ro"] == 2


def test_a_whole_cycle_is_two_commands(store: Store, clean_store: redis.Redis) -> None:
    publish_next(store)
    clean_store.config_resetstat()

    publish_next(store, at=seconds_later(5))

    assert calls(clean_store)["eval"] == 2


def test_a_snapshot_that_was_evicted_is_as_if_nothing_was_published(
    store: Store, clean_store: redis.Redis, keys: RedisKeys
) -> None:
    publish_next(store)
    clean_store.delete(keys.snapshot)

    assert store.read(known_id=None) is None


@pytest.mark.parametrize("lost", range(len(PERIODS)))
def test_a_history_that_was_evicted_leaves_its_edges_unknown(
    store: Store, clean_store: redis.Redis, keys: RedisKeys, lost: int
) -> None:
    for index in range(61):
        publish_next(store, at=seconds_later(2880 * index))
    clean_store.delete(keys.history[lost])

    found = store.read(known_id=None)

    assert isinstance(found, Published)
    assert [edges == (None, None) for edges in found.edges.values()] == [index == lost for index in range(len(PERIODS))]


def test_edges_are_those_of_the_bucket_that_holds_the_snapshot(store: Store) -> None:
    publish_next(store)
    at = seconds_later(60)
    publish_next(store, at=at)

    found = store.read(known_id=None)

    assert isinstance(found, Published)
    edge = found.edges[60][0]
    assert edge is not None
    current, _ = history.windows(
        now=codec.decode_totals(found.totals),
        at_current_start=codec.decode_totals(edge),
        at_previous_start=None,
        period_seconds=60,
    )
    assert current.fleet[history.SWEEPS].samples == 1
    assert codec.decode_totals(edge).at == NOW.timestamp()
