"""Both windows of an answer, all the way through the store, against a mean over the plain list of samples.

The refresh interval changes on the way.
"""

import json
import random
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

import pytest

from realtime.core.history import BUCKETS_PER_PERIOD, PERIODS, bucket_seconds
from tests.functional.reporting.conftest import Desk
from tests.integration.store.sweeps import acquired, grown, snapshot
from tests.unit.core.weighing import seconds_stood_for


@dataclass(frozen=True)
class Kept:
    """One sample as it was: when, its value, and the seconds that it stands for."""

    at: float
    value: float
    seconds: Fraction


def brute_force(samples: list[Kept], *, start: float, end: float) -> tuple[int, float | None]:
    """Number and mean over time of the samples in [start, end)."""
    inside = [sample for sample in samples if start <= sample.at < end]
    covered = sum(sample.seconds for sample in inside)
    return len(inside), float(sum(one.seconds * Fraction(one.value) for one in inside) / covered) if covered else None


def sweep(desk: Desk, *, events_per_second: float, interval_seconds: int = 5) -> float:
    """Publish one sweep now and return its time."""
    found = acquired(desk.store)
    at = desk.clocks.now
    desk.store.publish(
        lease=found.lease,
        snapshot=snapshot(found.lease.number, at=at, interval_seconds=interval_seconds),
        memory={},
        totals=grown(found.totals, at=at, events_per_second=events_per_second, interval_seconds=interval_seconds),
    )
    return at.timestamp()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("period_seconds", [60, 300, 86_400])
def test_windows_are_those_of_a_plain_list_of_samples(desk: Desk, period_seconds: int, seed: int) -> None:
    rng = random.Random(seed)
    size = bucket_seconds(period_seconds)
    samples: list[Kept] = []
    interval, last_interval, last_at = max(1, size), None, None
    for _ in range(150):
        # Mostly a steady pace, sometimes a gap of some buckets.
        desk.clocks.go_on(size * (rng.uniform(0.3, 1.2) if rng.random() < 0.9 else rng.uniform(2, 20)))
        desk.clocks.now = desk.clocks.now.replace(microsecond=rng.choice([0, 499_600, 999_999]))
        value = rng.choice([0.0, rng.uniform(0, 1e6), 12.5])
        at = sweep(desk, events_per_second=value, interval_seconds=interval)
        seconds = seconds_stood_for(
            interval=interval, since_last=None if last_at is None else at - last_at, last_interval=last_interval
        )
        samples.append(Kept(at=at, value=value, seconds=seconds))
        last_at, last_interval = at, interval
        if rng.random() < 0.1:
            interval = rng.choice([1, size, 3 * size])
        if rng.random() < 0.7:
            continue

        answer = json.loads(desk.ask(period_seconds=period_seconds).rendered.body)

        comparison = answer["comparison"]
        figure = comparison["metrics"]["events_per_second"]
        end = (at // size + 1) * size
        for window, begin in (("current", end - period_seconds), ("previous", end - 2 * period_seconds)):
            count, mean = brute_force(samples, start=begin, end=begin + period_seconds)
            assert comparison[window]["samples"] == count
            assert figure[window] == (None if mean is None else pytest.approx(mean, rel=1e-8, abs=1e-9))


def test_a_window_is_whole_buckets(desk: Desk) -> None:
    sweep(desk, events_per_second=1)

    comparison = json.loads(desk.ask(period_seconds=60).rendered.body)["comparison"]

    assert comparison["current"]["start"] == "2025-10-18T18:44:34.000Z"
    assert comparison["current"]["end"] == "2025-10-18T18:45:34.000Z"
    assert comparison["previous"]["end"] == comparison["current"]["start"]
    assert comparison["previous"]["start"] == "2025-10-18T18:43:34.000Z"


@pytest.mark.parametrize("period_seconds", PERIODS.values())
def test_after_a_clock_was_set_back_the_comparison_heals_within_two_periods(desk: Desk, period_seconds: int) -> None:
    size = bucket_seconds(period_seconds)
    for _ in range(10):
        desk.clocks.go_on(size)
        sweep(desk, events_per_second=1000)
    desk.clocks.now -= timedelta(days=400)
    for _ in range(2 * BUCKETS_PER_PERIOD + 1):
        desk.clocks.go_on(size)
        sweep(desk, events_per_second=10)

    figure = json.loads(desk.ask(period_seconds=period_seconds).rendered.body)["comparison"]["metrics"]

    assert (figure["events_per_second"]["current"], figure["events_per_second"]["previous"]) == (10, 10)
