"""The two log lines of an outage: which failures begin one, and which answers end it."""

import logging

import pytest

from realtime.store.client import StoreUnavailable
from realtime.tasks.outage import StoreOutage

AWAY = StoreUnavailable("the store does not answer")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outage(clock: Clock, caplog: pytest.LogCaptureFixture) -> StoreOutage:
    caplog.set_level(logging.INFO)
    return StoreOutage(consequence="nothing is done", monotonic=clock)


def test_many_failures_are_one_line_and_their_end_another(
    outage: StoreOutage, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        assert outage.began(AWAY)
        clock.now += 2
    for _ in range(5):
        outage.ended()

    assert caplog.messages == [
        "the store does not answer; until this ends, nothing is done",
        "the store answers again, after 10 s",
    ]


def test_a_failure_with_the_stores_behind_it_begins_an_outage_and_another_does_not(outage: StoreOutage) -> None:
    error = RuntimeError("cannot send")
    error.__cause__ = ConnectionRefusedError()

    assert outage.began(error)
    assert not StoreOutage(consequence="").began(ValueError("cannot be serialised"))


def test_an_answer_to_what_was_asked_before_the_outage_does_not_end_it(
    outage: StoreOutage, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    outage.began(AWAY)
    outage.ended(asked_at=clock.now - 1)
    assert len(caplog.messages) == 1

    outage.ended(asked_at=clock.now + 1)

    assert len(caplog.messages) == 2
