"""Quantiles of histograms; the figures are those of Prometheus' `histogram_quantile()`."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core.histograms import quantile

BUCKETS = {0.1: 10.0, 0.5: 60.0, 1.0: 90.0, math.inf: 100.0}


@pytest.mark.parametrize(
    ("ratio", "buckets", "value"),
    [
        (0.5, BUCKETS, 0.42),
        (0.05, BUCKETS, 0.05),
        (0.9, BUCKETS, 1.0),
        (0.99, BUCKETS, 1.0),
        (0.5, {-1.0: 10.0, math.inf: 10.0}, -1.0),
        (0.5, {1.0: 0.0, 2.0: 10.0, math.inf: 10.0}, 1.5),
        (0.75, {1.0: 10.0, 2.0: 8.0, 3.0: 20.0, math.inf: 20.0}, 2.5),
    ],
)
def test_a_quantile_lies_within_its_bucket_in_proportion(
    ratio: float, buckets: dict[float, float], value: float
) -> None:
    assert quantile(ratio=ratio, buckets=buckets) == pytest.approx(value)


def test_without_observations_there_is_no_quantile() -> None:
    assert quantile(ratio=0.5, buckets={1.0: 0.0, math.inf: 0.0}) is None


@given(
    st.lists(st.floats(0.001, 100), min_size=1, max_size=200),
    st.lists(st.floats(0.01, 50), min_size=1, max_size=12, unique=True),
    st.sampled_from([0.5, 0.95, 0.99]),
)
def test_the_true_quantile_is_in_the_same_bucket(values: list[float], bounds: list[float], ratio: float) -> None:
    bounds = sorted(bounds)
    buckets = {bound: float(sum(value <= bound for value in values)) for bound in (*bounds, math.inf)}
    true = sorted(values)[math.ceil(ratio * len(values)) - 1]

    found = quantile(ratio=ratio, buckets=buckets)

    assert found is not None
    above = next((bound for bound in bounds if true <= bound), math.inf)
    below = max((bound for bound in bounds if bound < true), default=0.0)
    assert below <= found <= above or found in (pytest.approx(below), pytest.approx(above))
