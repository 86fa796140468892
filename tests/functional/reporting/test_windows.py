"""Both windows of an answer, all the way through the store, against a mean over the plain list of samples."""

import json
import math
import random
from datetime import timedelta

import pytest

from realtime.core.history import BUCKETS_PER_PERIOD, PERIODS, bucket_seconds
from tests.functional.reporting.conftest import Desk
from tests.integration.store.sweeps import acquired, grown, snapshot

Samples = list[tuple[float, float]]


def brute_force(samples: Samples, *, start: float, end: float) -> tuple[int, float | None]:
    """Count and mean of the samples in [start, end)."""
    values = [value for at, value in samples if start <= at < end]
    return len(values), math.fsum(values) / len(values) if values else None


def sweep(desk: Desk, *, events_per_second: float) -> float:
    """Publish one sweep now and return its time."""
    found = acquired(desk.store)
    at = desk.clocks.now
    desk.store.publish(
        lease=found.lease,
        snapshot=snapshot(found.lease.number, at=at),
        memory={},
        totals=grown(found.totals, at=at, events_per_second=events_per_second),
    )
    return at.timestamp()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("period_seconds", [60, 300, 86_400])
def test_windows_are_those_of_a_plain_list_of_samples(desk: Desk, period_seconds: int, seed: int) -> None:
    rng = random.Random(seed)
    size = bucket_seconds(period_seconds)
    samples: Samples = []
    for _ in range(150):
        # Mostly a steady pace, sometimes a gap of some buckets.
        desk.clocks.go_on(size * (rng.uniform(0.3, 1.2) if rng.random() < 0.9 else rng.uniform(2, 20)))
        desk.clocks.now = desk.clocks.now.replace(microsecond=rng.choice([0, 499_600, 999_999]))
        value = rng.choice([0.0, rng.uniform(0, 1e6), 12.5])
        samples.append((sweep(desk, events_per_second=value), value))
        if rng.random() < 0.7:
            continue

        answer = json.loads(desk.ask(period_seconds=period_seconds).rendered.body)

        comparison = answer["comparison"]
        figure = comparison["metrics"]["events_per_second"]
        end = (samples[-1][0] // size + 1) * size
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
