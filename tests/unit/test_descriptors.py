"""Running out of file descriptors: what is noticed, and how often it is logged."""

import logging
import os
import resource
from collections.abc import Iterator

import pytest

from metricsproj.descriptors import RESERVED, Descriptors, Supply


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def descriptors(clock: Clock) -> Descriptors:
    return Descriptors(limit=lambda: 1024, monotonic=clock)


@pytest.mark.parametrize(("limit", "kept"), [(1024, RESERVED), (64, 8)])
def test_the_last_descriptors_are_kept_for_the_process_itself(limit: int, kept: int) -> None:
    descriptors = Descriptors(limit=lambda: limit)

    assert not descriptors.are_short_with(limit - kept - 1)
    assert descriptors.are_short_with(limit - kept)


def test_without_a_limit_none_are_kept() -> None:
    assert not Descriptors(limit=lambda: float("inf")).are_short_with(100_000)


def test_the_worst_of_the_last_ten_seconds_is_told(descriptors: Descriptors, clock: Clock) -> None:
    assert descriptors.supply() is Supply.AVAILABLE
    descriptors.note(Supply.SHORT)
    descriptors.note(Supply.EXHAUSTED)
    assert descriptors.supply() is Supply.EXHAUSTED
    clock.now += 9
    descriptors.note(Supply.SHORT)
    clock.now += 9
    assert descriptors.supply() is Supply.SHORT
    clock.now += 9
    assert descriptors.supply() is Supply.AVAILABLE


def test_one_line_a_minute_names_the_limit(
    descriptors: Descriptors, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        for _ in range(120):
            descriptors.note(Supply.EXHAUSTED)
            clock.now += 1

    assert (
        caplog.messages
        == ["file descriptors run out, of the 1024 allowed to this process (ulimit -n): new clients are refused"] * 2
    )


@pytest.fixture
def full_table() -> Iterator[None]:
    """No descriptor left, as the limit of this process is lowered to those that are open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(2)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("full_table")
def test_that_none_is_left_is_noticed_without_any_client(descriptors: Descriptors) -> None:
    descriptors.look()

    assert descriptors.supply() is Supply.EXHAUSTED


def test_that_few_are_left_is_noticed_without_any_client() -> None:
    few = Descriptors(limit=lambda: 8)

    few.look()

    assert few.supply() is Supply.SHORT
