"""One figure in two periods: change, trend, and whether that is good."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from realtime.core.comparison import Assessment, Comparison, GoodDirection, Trend, assess, compare
from realtime.core.history import Figures

means = st.floats(-1e290, 1e290) | st.floats(-1000, 1000) | st.just(0.0)
counts = st.integers(0, 100)


def compared(
    current: float | None, previous: float | None, *, counts: tuple[int, int] = (60, 60), floor: float = 0.0
) -> Comparison:
    return compare(
        current=Figures(samples=counts[0], mean=current, covered_seconds=5 * counts[0]),
        previous=Figures(samples=counts[1], mean=previous, covered_seconds=5 * counts[1]),
        period_seconds=300,
        floor=floor,
    )


@given(current=st.none() | means, previous=st.none() | means, first=counts, second=counts, floor=st.floats(0, 10))
def test_no_figures_ever_give_infinity_or_a_number_that_is_none(
    current: float | None, previous: float | None, first: int, second: int, floor: float
) -> None:
    found = compared(current, previous, counts=(first, second), floor=floor)

    assert all(value is None or math.isfinite(value) for value in (found.change, found.change_percent))
    assert (found.trend is Trend.UNKNOWN) is (found.change is None)
    assert (found.current, found.previous) == (current, previous)


@given(current=means, previous=means, floor=st.floats(0, 10))
def test_a_change_within_five_percent_or_the_floor_is_flat(current: float, previous: float, floor: float) -> None:
    change = current - previous
    band = max(0.05 * abs(previous), floor)
    assume(not math.isclose(abs(change), band))

    trend = compared(current, previous, floor=floor).trend

    if abs(change) <= band:
        assert trend is Trend.FLAT
    else:
        assert trend is (Trend.UP if current > previous else Trend.DOWN)


@pytest.mark.parametrize(
    ("current", "previous", "floor", "trend", "percent"),
    [
        (105.0, 100.0, 0.0, Trend.FLAT, 5.0),
        (105.1, 100.0, 0.0, Trend.UP, 5.1),
        (94.9, 100.0, 0.0, Trend.DOWN, -5.1),
        (1.1, 1.0, 0.05, Trend.UP, 10.0),
        (1.5, 1.0, 0.5, Trend.FLAT, 50.0),
        (1.51, 1.0, 0.5, Trend.UP, 51.0),
        (200.0, 100.0, 5.0, Trend.UP, 100.0),
        (0.0, 0.0, 0.0, Trend.FLAT, None),
        (3.0, 0.0, 1.0, Trend.UP, None),
        (0.5, 0.0, 1.0, Trend.FLAT, None),
        (0.0, 3.0, 1.0, Trend.DOWN, -100.0),
        (-2.0, -1.0, 0.0, Trend.DOWN, -100.0),
        (-1.0, -2.0, 0.0, Trend.UP, 50.0),
    ],
)
def test_change_percent_and_trend(
    current: float, previous: float, floor: float, trend: Trend, percent: float | None
) -> None:
    found = compared(current, previous, floor=floor)

    assert found.trend is trend
    assert found.change == current - previous
    assert found.change_percent == (None if percent is None else pytest.approx(percent))


seconds = st.sampled_from([1.0, 29.9, 30.0, 31.0, 60.0, 7_200.0])


@given(first=counts, second=counts, first_covers=seconds, second_covers=seconds)
def test_samples_that_are_few_or_cover_little_on_either_side_leave_the_change_unknown(
    first: int, second: int, first_covers: float, second_covers: float
) -> None:
    found = compare(
        current=Figures(samples=first, mean=1.0, covered_seconds=first_covers),
        previous=Figures(samples=second, mean=2.0, covered_seconds=second_covers),
        period_seconds=60,
    )

    is_enough = min(first, second) >= 3 and min(first_covers, second_covers) >= 30
    assert (found.trend is not Trend.UNKNOWN) is is_enough
    assert (found.change is not None) is (found.change_percent is not None) is is_enough
    assert (found.current, found.previous) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("count", "covered", "is_enough"),
    [(2, 300.0, False), (3, 149.9, False), (3, 150.0, True), (300, 149.9, False), (30, 300.0, True)],
)
def test_three_samples_that_cover_half_of_a_period_are_enough(count: int, covered: float, is_enough: bool) -> None:
    little = Figures(samples=count, mean=1.0, covered_seconds=covered)
    plenty = Figures(samples=60, mean=1.0, covered_seconds=300)

    for current, previous in ((little, plenty), (plenty, little)):
        trend = compare(current=current, previous=previous, period_seconds=300).trend

        assert trend is (Trend.FLAT if is_enough else Trend.UNKNOWN)


def test_a_change_of_the_interval_costs_no_trend() -> None:
    """Sweeps every 60 s, then every second: 1,440 samples of a day are as good as the 86,400 of the next."""
    rarely = Figures(samples=1_440, mean=1.0, covered_seconds=86_400)
    often = Figures(samples=86_400, mean=2.0, covered_seconds=86_400)

    assert compare(current=often, previous=rarely, period_seconds=86_400).trend is Trend.UP
    assert compare(current=rarely, previous=often, period_seconds=86_400).trend is Trend.DOWN


def test_a_side_without_samples_is_none_and_the_other_stays() -> None:
    found = compared(None, 2.0, counts=(0, 60))

    assert found == Comparison(current=None, previous=2.0, change=None, change_percent=None, trend=Trend.UNKNOWN)


def test_a_percentage_of_next_to_nothing_that_no_double_can_hold_is_none() -> None:
    found = compared(1e290, 5e-324)

    assert found.change_percent is None
    assert found.change == 1e290
    assert found.trend is Trend.UP


def test_a_service_that_comes_and_goes_with_every_sweep_is_compared_too() -> None:
    assert compared(2.0, 1.0, counts=(30, 30)).trend is Trend.UP
    assert compared(2.0, 1.0, counts=(30, 29)).trend is Trend.UNKNOWN


@pytest.mark.parametrize(
    ("trend", "good", "expected"),
    [
        (Trend.UP, GoodDirection.UP, Assessment.BETTER),
        (Trend.DOWN, GoodDirection.UP, Assessment.WORSE),
        (Trend.UP, GoodDirection.DOWN, Assessment.WORSE),
        (Trend.DOWN, GoodDirection.DOWN, Assessment.BETTER),
        (Trend.FLAT, GoodDirection.UP, Assessment.SAME),
        (Trend.FLAT, GoodDirection.DOWN, Assessment.SAME),
        (Trend.UP, GoodDirection.NEITHER, Assessment.NEUTRAL),
        (Trend.DOWN, GoodDirection.NEITHER, Assessment.NEUTRAL),
        (Trend.FLAT, GoodDirection.NEITHER, Assessment.NEUTRAL),
        *[(Trend.UNKNOWN, good, Assessment.UNKNOWN) for good in GoodDirection],
    ],
)
def test_whether_a_trend_is_good_depends_on_the_figure(trend: Trend, good: GoodDirection, expected: Assessment) -> None:
    assert assess(trend, good=good) is expected


@pytest.mark.parametrize(
    ("trend", "indicator"), [(Trend.UP, "↑"), (Trend.DOWN, "↓"), (Trend.FLAT, "→"), (Trend.UNKNOWN, "·")]
)
def test_every_trend_has_its_sign(trend: Trend, indicator: str) -> None:
    found = Comparison(current=None, previous=None, change=None, change_percent=None, trend=trend)

    assert found.indicator == indicator
