"""The quantile sketch, against sorted lists."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core import sketch

latencies = st.floats(1e-6, 1e6)
samples = st.lists(latencies, max_size=60)
# A hair over 1 %: the bins' edges are rounded to doubles.
WITHIN = 0.010000001


def nearest_rank(values: list[float], q: float) -> float:
    return sorted(values)[max(1, math.ceil(q * len(values))) - 1]


@given(values=st.lists(latencies, min_size=1, max_size=60), q=st.sampled_from([0.0, 0.25, 0.5, 0.9, 0.95, 0.99, 1.0]))
def test_a_quantile_is_within_one_percent_of_the_value_at_its_rank(values: list[float], q: float) -> None:
    found = sketch.quantile(sketch.add({}, values), q)

    assert found == pytest.approx(nearest_rank(values, q), rel=WITHIN)


def test_the_quantiles_of_evenly_spread_latencies_are_where_they_belong() -> None:
    bins = sketch.add({}, (ms / 1000 for ms in range(1, 1_001)))

    assert sketch.quantile(bins, 0.5) == pytest.approx(0.5, rel=WITHIN)
    assert sketch.quantile(bins, 0.95) == pytest.approx(0.95, rel=WITHIN)


def test_nothing_has_no_quantiles() -> None:
    assert sketch.quantile({}, 0.5) is None


@given(first=samples, second=samples)
def test_adding_in_parts_is_adding_at_once_and_changes_no_other_sketch(first: list[float], second: list[float]) -> None:
    earlier = sketch.add({}, first)
    kept = dict(earlier)

    assert sketch.add(earlier, second) == sketch.add({}, first + second)
    assert earlier == kept


@given(first=samples, second=samples)
def test_a_later_sketch_less_an_earlier_one_is_what_came_between(first: list[float], second: list[float]) -> None:
    earlier = sketch.add({}, first)

    assert sketch.subtract(sketch.add(earlier, second), earlier) == sketch.add({}, second)


@pytest.mark.parametrize("value", [0.0, 1e-9, 1e-6])
def test_what_is_faster_than_a_microsecond_shares_the_lowest_bin(value: float) -> None:
    assert sketch.bin_of(value) == sketch.bin_of(1e-6)


@given(latencies, latencies)
def test_a_larger_value_is_never_in_a_lower_bin(one: float, other: float) -> None:
    small, large = sorted((one, other))

    assert sketch.bin_of(small) <= sketch.bin_of(large)
