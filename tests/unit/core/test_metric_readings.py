"""Readings from Prometheus metrics: aggregates, rates that survive resets, quantiles between two sweeps."""

from datetime import UTC, datetime, timedelta

import pytest

from realtime.core import metric_readings
from realtime.core.exposition import Exposition, LineFilter, Unreadable
from realtime.core.metric_readings import Measured, change, measure, selector_of
from realtime.core.records import Aggregate, ReadingKind, ReadingSpec, SeriesSample

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
GAP_SECONDS = 300.0


def spec(metric: str = "m", *, aggregate: str = "sum", kind: str = "gauge") -> ReadingSpec:
    return ReadingSpec(name="r", metric=metric, aggregate=Aggregate(aggregate), kind=ReadingKind(kind))


def exposed(text: str, *specs: ReadingSpec) -> Exposition:
    lines = LineFilter([selector_of(one) for one in specs])
    lines.feed(f"# HELP m Something.\n{text}\n".encode())
    return lines.finish(content_type="text/plain")


def measured(text: str, of: ReadingSpec) -> Measured:
    return measure(of, exposed(text, of))


def problem(text: str, of: ReadingSpec) -> str:
    with pytest.raises(Unreadable) as caught:
        measured(text, of)
    return str(caught.value)


def between(of: ReadingSpec, before: str, after: str, *, seconds: float = 10) -> float | None:
    """Return what comes about between two answers."""
    samples = [
        SeriesSample(totals=measured(text, of).totals, at=START + timedelta(seconds=at))
        for text, at in ((before, 0), (after, seconds))
    ]
    return change(of, before=samples[0], after=samples[1], longest_gap_seconds=GAP_SECONDS)


@pytest.mark.parametrize(("aggregate", "number"), [("sum", 12.0), ("min", 1.0), ("max", 8.0), ("count", 3.0)])
def test_matching_samples_become_one_number(aggregate: str, number: float) -> None:
    text = 'm{q="a"} 1\nm{q="b"} 3\nm{q="c"} 8\nm{q="d",off="1"} 100'

    assert measured(text, spec('m{off=""}', aggregate=aggregate)).number == number


def test_no_match_counts_as_zero_and_is_no_number_otherwise() -> None:
    assert measured("n 1", spec(aggregate="count")).number == 0
    for aggregate in ("sum", "min", "max", "p95"):
        assert problem("n 1", spec(aggregate=aggregate)) == "no sample of the answer matches"


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "1e300"])
@pytest.mark.parametrize("aggregate", ["sum", "min", "max"])
def test_one_sample_that_is_no_number_leaves_none(value: str, aggregate: str) -> None:
    text = f'm{{q="a"}} 1\nm{{q="b"}} {value}'

    assert problem(text, spec(aggregate=aggregate)) == "a matching sample is not a finite number"
    assert measured(text, spec(aggregate="count")).number == 2


def test_a_rate_is_taken_of_each_label_set_and_then_aggregated() -> None:
    before, after = 'm{q="a"} 100\nm{q="b"} 50', 'm{q="a"} 130\nm{q="b"} 60'

    assert between(spec(kind="counter"), before, after) == 4
    assert between(spec(kind="counter", aggregate="max"), before, after) == 3
    assert between(spec(kind="counter", aggregate="min"), before, after) == 1


def test_a_label_set_that_began_again_counts_from_zero_and_others_as_they_are() -> None:
    assert between(spec(kind="counter"), 'm{q="a"} 100\nm{q="b"} 50', 'm{q="a"} 20\nm{q="b"} 60') == 3


def test_a_label_set_that_is_new_or_gone_does_not_count() -> None:
    assert between(spec(kind="counter"), 'm{q="a"} 100\nm{q="b"} 50', 'm{q="a"} 110\nm{q="c"} 9000') == 1
    assert between(spec(kind="counter"), 'm{q="b"} 50', 'm{q="c"} 9000') is None


def test_there_is_no_rate_without_an_earlier_sample_nor_over_too_long_a_gap() -> None:
    counter = spec(kind="counter")
    after = SeriesSample(totals=measured("m 5", counter).totals, at=START)

    assert change(counter, before=None, after=after, longest_gap_seconds=GAP_SECONDS) is None
    assert between(counter, "m 5", "m 6", seconds=GAP_SECONDS + 1) is None
    assert between(counter, "m 5", "m 6", seconds=0) is None


def test_a_thousand_label_sets_are_the_most_of_a_counter() -> None:
    lines = [f'm{{q="{number}"}} 1' for number in range(metric_readings.MAX_LABEL_SETS + 1)]

    assert len(measured("\n".join(lines[1:]), spec(kind="counter")).totals) == metric_readings.MAX_LABEL_SETS
    assert "more than 1000 label sets match" in problem("\n".join(lines), spec(kind="counter"))
    assert measured("\n".join(lines), spec()).number == 1001


def test_a_counter_cannot_be_negative() -> None:
    assert problem("m -1", spec(kind="counter")) == "a counter cannot be negative"


def histogram(*counts: int, labels: str = "") -> str:
    """Return a histogram's buckets of 0.1, 0.5, 1 and more seconds, with the sum and count beside them."""
    bounds = ("0.1", "0.5", "1", "+Inf")
    lines = [f'm_bucket{{{labels}le="{bound}"}} {count}' for bound, count in zip(bounds, counts, strict=True)]
    return "\n".join([*lines, f"m_sum{{{labels}}} 7.5", f"m_count{{{labels}}} {counts[-1]}"])


def test_a_quantile_covers_the_observations_since_the_last_sweep() -> None:
    before, after = histogram(1000, 1000, 1000, 1000), histogram(1000, 1060, 1090, 1100)

    assert between(spec(aggregate="p50"), before, after) == pytest.approx(0.1 + 0.4 * 50 / 60)
    assert between(spec(aggregate="p99"), before, after) == 1.0


def test_a_quantile_adds_up_the_buckets_of_all_label_sets_even_after_one_began_again() -> None:
    before = histogram(0, 0, 0, 0, labels='h="a",') + "\n" + histogram(500, 500, 500, 500, labels='h="b",')
    after = histogram(10, 10, 10, 10, labels='h="a",') + "\n" + histogram(0, 0, 10, 10, labels='h="b",')

    assert between(spec(aggregate="p50"), before, after) == pytest.approx(0.1)
    assert between(spec("m{h='a'}", aggregate="p95"), before, after) == pytest.approx(0.095)


def test_without_observations_there_is_no_quantile() -> None:
    assert between(spec(aggregate="p95"), histogram(1, 2, 3, 4), histogram(1, 2, 3, 4)) is None


def test_bounds_that_are_spelled_differently_are_the_same() -> None:
    before = 'm_bucket{le="1"} 0\nm_bucket{le="+Inf"} 0'
    after = 'm_bucket{le="1.0"} 10\nm_bucket{le="+Inf"} 10'

    assert between(spec(aggregate="p50"), before, after) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('m_bucket{le="1"} 5\nm_bucket{le="2"} 5', "lacks its bucket +Inf"),
        ('m_bucket{le="+Inf"} 5', "or has no other"),
        ('m_bucket{le="x"} 5\nm_bucket{le="+Inf"} 5', "no number as its bound"),
        ('m_bucket{le="NaN"} 5\nm_bucket{le="+Inf"} 5', "no number as its bound"),
        ("m_bucket 5", "no number as its bound"),
        ('m_bucket{le="1"} NaN\nm_bucket{le="+Inf"} 5', "not a finite number"),
        ('m{quantile="0.95"} 5', "no sample of the answer matches"),
    ],
)
def test_what_is_no_histogram_has_no_quantile(text: str, words: str) -> None:
    assert words in problem(text, spec(aggregate="p95"))


def test_the_buckets_of_a_histogram_are_bounded() -> None:
    lines = [
        f'm_bucket{{q="{number}",le="{bound}"}} 1'
        for number in range(1100)
        for bound in (1, 2, 3, 4, 5, 6, 7, 8, 9, "+Inf")
    ]

    assert "more than 10000 buckets match" in problem("\n".join(lines), spec(aggregate="p95"))
    assert "more than 1000 label sets match" in problem("\n".join(lines[8::10] + lines[9::10]), spec(aggregate="p95"))
