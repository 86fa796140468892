"""How old a snapshot is, and when it is too old."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from realtime.core.freshness import age_seconds, is_stale, staleness_limit_seconds
from tests.unit.core.making import NOW, snapshot


@given(interval=st.integers(1, 3_600), deadline=st.floats(0.1, 60), age=st.floats(0, 10_000))
def test_a_snapshot_is_stale_past_two_of_its_own_intervals_and_the_sweep_deadline(
    interval: int, deadline: float, age: float
) -> None:
    published = snapshot(refresh_interval_seconds=interval, sweep_deadline_seconds=deadline)

    assert is_stale(snapshot=published, age_seconds=age) is (age > 2 * interval + deadline)


def test_a_snapshot_exactly_as_old_as_allowed_is_fresh() -> None:
    published = snapshot(refresh_interval_seconds=5, sweep_deadline_seconds=4.0)

    assert not is_stale(snapshot=published, age_seconds=14.0)
    assert is_stale(snapshot=published, age_seconds=14.001)
    assert staleness_limit_seconds(refresh_interval_seconds=5, sweep_deadline_seconds=4.0) == 14.0


@given(wall=st.floats(-100_000, 100_000), seen=st.floats(0, 100_000))
def test_the_age_is_the_larger_of_the_two_clocks_and_never_negative(wall: float, seen: float) -> None:
    now = NOW + timedelta(seconds=wall)

    age = age_seconds(snapshot=snapshot(), now=now, seconds_since_seen=seen)

    assert age == max((now - NOW).total_seconds(), seen, 0)
