"""What a process answers from: the store asked rarely, an answer made once, memory when the store is away."""

import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings

from realtime.core.history import PERIODS
from realtime.core.records import Fault, FaultCode
from realtime.reporting import rendering
from realtime.reporting.reader import Answer, CacheState
from realtime.store.redis_keys import RedisKeys
from tests.functional.reporting.conftest import PATIENCE_SECONDS, Desk
from tests.integration.store.sweeps import NOW, acquired, publish, publish_next, seconds_later

AWAY = Fault(code=FaultCode.STORE_UNAVAILABLE, message="the store does not answer")


def told(answer: Answer) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answer.rendered.body)
    return document


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture
def renderings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The period of every rendering of a snapshot."""
    periods: list[int] = []
    real = rendering.render

    def render(*args: Any, period_seconds: int, **options: Any) -> rendering.Rendered:
        periods.append(period_seconds)
        return real(*args, period_seconds=period_seconds, **options)

    monkeypatch.setattr(rendering, "render", render)
    return periods


def test_an_answer_is_made_once_per_snapshot_and_period(desk: Desk, renderings: list[int]) -> None:
    for _ in range(2):
        publish_next(desk.store)
        for _ in range(3):
            desk.clocks.go_on(1)
            for period in PERIODS.values():
                desk.ask(period_seconds=period)

    assert renderings == 2 * list(PERIODS.values())


def test_an_answer_is_made_once_however_many_ask_for_it_at_the_same_time(desk: Desk, renderings: list[int]) -> None:
    publish_next(desk.store)
    desk.reader.latest(now=desk.clocks.now)

    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = [future.result() for future in [pool.submit(desk.ask) for _ in range(32)]]

    assert renderings == [300]
    assert len({id(answer.rendered) for answer in answers}) == 1
    assert [answer.cache_state for answer in answers].count(CacheState.MISS) == 1


def test_answers_of_an_older_snapshot_are_not_kept(desk: Desk) -> None:
    for _ in range(5):
        publish_next(desk.store)
        desk.clocks.go_on(1)
        desk.ask()

    assert len(desk.reader._rendered) == 1


def test_the_store_is_asked_at_most_every_100_ms(desk: Desk) -> None:
    for _ in range(10):
        desk.ask()
        desk.clocks.go_on(1 / 32)  # asked at 0, 4/32 and 8/32

    assert desk.store.reads == 3


def test_a_new_snapshot_is_answered_100_ms_later_at_most(desk: Desk) -> None:
    publish_next(desk.store)
    desk.ask()
    number = publish_next(desk.store)
    desk.clocks.go_on(0.1)

    assert told(desk.ask())["snapshot_id"] == number


def test_nobody_waits_while_one_asks_the_store(desk: Desk) -> None:
    number = publish_next(desk.store)
    desk.ask()
    desk.clocks.go_on(1)
    desk.store.is_asked.clear()
    desk.store.may_answer.clear()
    with ThreadPoolExecutor(max_workers=1) as pool:
        asking = pool.submit(desk.ask)
        assert desk.store.is_asked.wait(PATIENCE_SECONDS)

        assert told(desk.ask())["snapshot_id"] == number

        assert not asking.done()
        desk.store.may_answer.set()
    assert desk.store.reads == 2


def test_who_comes_while_the_first_snapshot_is_read_waits_for_it(desk: Desk) -> None:
    number = publish_next(desk.store)
    desk.store.may_answer.clear()
    with ThreadPoolExecutor(max_workers=4) as pool:
        asking = [pool.submit(desk.ask) for _ in range(4)]
        assert desk.store.is_asked.wait(PATIENCE_SECONDS)
        desk.store.may_answer.set()

        assert {told(future.result())["snapshot_id"] for future in asking} == {number}
    assert desk.store.reads == 1


def test_an_answer_says_how_it_came_about(desk: Desk) -> None:
    publish_next(desk.store)
    states = [desk.ask().cache_state, desk.ask().cache_state]
    desk.clocks.go_on(60)
    states += [desk.ask().cache_state, desk.ask().cache_state]

    assert states == [CacheState.MISS, CacheState.HIT, CacheState.STALE, CacheState.STALE]


def test_with_the_store_away_the_last_snapshot_is_answered(desk: Desk) -> None:
    number = publish_next(desk.store)
    before = told(desk.ask())
    desk.store.is_away = True
    desk.clocks.go_on(1)

    answer = desk.ask()

    document = told(answer)
    assert document["snapshot_id"] == number
    assert document["error"] == {"code": "store_unavailable", "message": "the store does not answer"}
    assert (document["stale"], document["status"]) == (True, "unknown")
    same = before.keys() - {"stale", "status"}
    assert {name: document[name] for name in same} == {name: before[name] for name in same}
    assert answer.cache_state is CacheState.STALE


def test_only_the_request_that_finds_the_store_away_waits_for_it(desk: Desk) -> None:
    number = publish_next(desk.store)
    desk.ask()
    desk.store.is_away = True
    desk.clocks.go_on(1)
    desk.ask()
    desk.store.is_asked.clear()
    desk.store.may_answer.clear()
    desk.clocks.go_on(1)

    document = told(desk.ask())

    assert desk.store.is_asked.wait(PATIENCE_SECONDS)  # from a thread beside the request
    assert document["snapshot_id"] == number
    assert document["error"]["code"] == "store_unavailable"


def test_a_store_that_is_away_is_asked_every_half_second(desk: Desk) -> None:
    desk.store.is_away = True
    desk.ask()
    for _ in range(9):
        desk.clocks.go_on(0.125)
        desk.ask()
        wait_until(lambda: not desk.reader._asking.locked())

    assert desk.store.reads == 3


def test_a_store_that_comes_back_is_believed_again(desk: Desk) -> None:
    publish_next(desk.store)
    desk.ask()
    desk.store.is_away = True
    desk.clocks.go_on(1)
    desk.ask()
    desk.store.is_away = False
    number = publish_next(desk.store, at=desk.clocks.now)
    desk.clocks.go_on(1)
    desk.ask()

    wait_until(lambda: not told(desk.ask())["stale"])

    document = told(desk.ask())
    assert document["snapshot_id"] == number
    assert "error" not in document


def test_the_store_going_and_coming_is_logged_once_each(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.ask()
    caplog.set_level(logging.INFO, logger="realtime")
    for is_away in (True, False):
        desk.store.is_away = is_away
        for _ in range(3):
            desk.clocks.go_on(1)
            desk.ask()
            wait_until(lambda: not desk.reader._asking.locked())

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_an_emptied_store_leaves_the_last_snapshot_standing(desk: Desk, clean_store: redis.Redis) -> None:
    number = publish_next(desk.store)
    desk.ask()
    clean_store.flushall()
    desk.clocks.go_on(1)

    document = told(desk.ask())

    assert document["snapshot_id"] == number
    assert not document["stale"]
    assert "error" not in document


def test_the_store_is_believed_also_when_its_numbering_fell_back(desk: Desk, clean_store: redis.Redis) -> None:
    before = publish_next(desk.store)
    desk.ask()
    clean_store.set(RedisKeys(settings.REALTIME.key_prefix).sequence, before - 1000)
    desk.store._highest_seen = 0
    number = publish_next(desk.store)
    desk.clocks.go_on(1)

    assert told(desk.ask())["snapshot_id"] == number < before


@pytest.mark.parametrize("is_away", [False, True])
def test_a_process_that_never_saw_a_snapshot_says_so(desk: Desk, is_away: bool) -> None:
    desk.store.is_away = is_away

    answer = desk.ask()

    document = told(answer)
    assert answer.latest.snapshot is None
    assert document["error"]["code"] == "no_snapshot"
    assert (document["snapshot_id"], document["stale"], document["status"]) == (0, True, "unknown")
    assert document["timestamp"] == "2025-10-18T18:45:32.123Z"


# A snapshot made under 5 s with a sweep deadline of 4 s is stale after 14 s.
def test_a_snapshot_is_stale_by_the_wall_clock(desk: Desk) -> None:
    desk.clocks.now = NOW.replace(microsecond=0)
    publish_next(desk.store, at=desk.clocks.now)
    ages = []
    for _ in range(2):
        desk.clocks.now += timedelta(seconds=7)
        ages.append((desk.ask().latest.age_seconds, desk.ask().latest.stale))
    desk.clocks.now += timedelta(seconds=0.001)

    assert ages == [(7.0, False), (14.0, False)]
    assert desk.ask().latest.stale


def test_a_snapshot_is_stale_by_the_monotonic_clock_when_the_wall_clock_was_set_back(desk: Desk) -> None:
    publish_next(desk.store)
    desk.ask()
    desk.clocks.now -= timedelta(days=1)
    desk.clocks.monotonic += 14.001

    latest = desk.ask().latest

    assert latest.stale
    assert latest.age_seconds == pytest.approx(14.001)


def test_a_snapshot_of_a_clock_that_is_ahead_has_no_negative_age(desk: Desk) -> None:
    publish_next(desk.store, at=seconds_later(3600))

    latest = desk.ask().latest

    assert latest.age_seconds == 0
    assert not latest.stale


def test_a_wall_clock_that_jumped_ahead_makes_it_stale_until_the_next_snapshot(desk: Desk) -> None:
    publish_next(desk.store)
    desk.ask()
    desk.clocks.now += timedelta(hours=1)
    desk.clocks.monotonic += 1
    assert desk.ask().latest.stale
    publish_next(desk.store, at=desk.clocks.now)
    desk.clocks.go_on(1)

    assert not desk.ask().latest.stale


def test_a_slow_schedule_is_not_stale_early(desk: Desk) -> None:
    publish(desk.store, acquired(desk.store).lease, interval_seconds=3600)
    desk.clocks.go_on(7200)

    assert not desk.ask().latest.stale


def test_a_snapshot_that_cannot_be_read_leaves_the_one_before_and_is_logged_once(
    desk: Desk, clean_store: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    number = publish_next(desk.store)
    desk.ask()
    publish_next(desk.store)
    clean_store.set(RedisKeys(settings.REALTIME.key_prefix).snapshot, b"not ours")

    for _ in range(3):
        desk.clocks.go_on(1)
        assert told(desk.ask())["snapshot_id"] == number

    assert [record.message for record in caplog.records] == [
        "the stored snapshot cannot be read; answering with the one before"
    ]


def test_a_history_that_cannot_be_read_costs_its_comparison_only(desk: Desk, clean_store: redis.Redis) -> None:
    for index in range(40):
        publish_next(desk.store, at=seconds_later(2 * index))
    key = RedisKeys(settings.REALTIME.key_prefix).history[0]
    for bucket in clean_store.hkeys(key):
        clean_store.hset(key, bucket, b"not ours")

    figure = told(desk.ask(period_seconds=60))["comparison"]["metrics"]["events_per_second"]

    assert (figure["current"], figure["trend"]) == (None, "unknown")
    assert told(desk.ask())["comparison"]["metrics"]["events_per_second"]["current"] == 10


def test_readers_and_a_publisher_side_by_side_never_see_half_an_answer(desk: Desk) -> None:
    documents = []
    with ThreadPoolExecutor(max_workers=3) as pool:
        for _ in range(30):
            desk.clocks.go_on(0.1)
            asked = [pool.submit(desk.ask) for _ in range(3)]
            publish_next(desk.store)
            documents += [told(future.result()) for future in asked]

    assert all(len(document["api_metrics"]) == (document["snapshot_id"] > 0) for document in documents)
