"""The order in which probes begin: nobody waits for those that hang, and nobody is left out each time."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from realtime.core.records import FailureKind, ServiceMemory, Snapshot, Status
from realtime.core.turns import in_turn
from tests.unit.core.making import NOW, snapshot, state, target

INTERVAL = timedelta(seconds=5)


def order(*names: str, hung: str = "", previous: Snapshot | None = None) -> list[str]:
    memory = {name: ServiceMemory(last_kind=FailureKind.TIMEOUT) for name in hung}
    return [found.name for found in in_turn([target(name) for name in names], memory=memory, previous=previous)]


def swept(**seconds_ago: float | None) -> Snapshot:
    """A snapshot of a sweep that took a second, and what was checked how long before its end."""
    states = [
        state(name, checked_at=None if seconds is None else NOW - timedelta(seconds=seconds))
        for name, seconds in seconds_ago.items()
    ]
    return snapshot(*states, collection_seconds=1.0)


def test_it_is_the_registrys_as_long_as_every_sweep_has_time_for_all() -> None:
    assert order(*"abc") == ["a", "b", "c"]
    assert order(*"abc", previous=swept(a=0.1, b=0.9, c=0.5)) == ["a", "b", "c"]


def test_those_that_hung_come_last() -> None:
    assert order(*"abc", hung="a", previous=swept(a=0, b=0, c=0)) == ["b", "c", "a"]


def test_those_that_were_left_out_come_first_the_longest_unchecked_before_the_others() -> None:
    previous = swept(a=0.5, b=6, c=11, d=None)

    assert order(*"abcde", previous=previous) == ["d", "e", "c", "b", "a"]
    assert order(*"abcde", hung="bce", previous=previous) == ["d", "a", "e", "c", "b"]


@given(services=st.integers(1, 40), room=st.integers(1, 10))
def test_a_sweep_that_has_room_for_few_comes_round_to_everybody(services: int, room: int) -> None:
    names = [f"service-{number}" for number in range(services)]
    checked: dict[str, datetime | None] = dict.fromkeys(names)
    previous, now = None, NOW
    for _ in range(-(-services // room)):
        now += INTERVAL
        for name in order(*names, previous=previous)[:room]:
            checked[name] = now
        states = [state(name, Status.HEALTHY, checked_at=at) for name, at in checked.items()]
        previous = snapshot(*states, finished_at=now + timedelta(seconds=1), collection_seconds=1.5)

    assert None not in checked.values()
