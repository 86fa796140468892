"""Bounds on readings: when they make a verdict worse, what is said then, and what a verdict rests on."""

from typing import Any

import pytest

from realtime.core.bound_verdict import with_bounds
from realtime.core.bounds import parse
from realtime.core.records import Evidence, FailureKind, ProbeResult, ReadingKind, ReadingSpec, Status
from tests.unit.core.making import failure, probed, target


def spec(name: str = "depth", **bounds: str) -> ReadingSpec:
    return ReadingSpec(name=name, expression="n", **{key: parse(text) for key, text in bounds.items()})  # type: ignore[arg-type]


def judged(*specs: ReadingSpec, rates: dict[str, float] | None = None, **result: Any) -> ProbeResult:
    values = {"evidence": Evidence.HTTP, **result}
    return with_bounds(probed(**values), target=target(readings=specs), rates=rates or {})


@pytest.mark.parametrize(
    ("bounds", "number", "status", "reason"),
    [
        ({"unhealthy_if": "< 0.1"}, 0.02, Status.UNHEALTHY, "depth is 0.02 (unhealthy if < 0.1)"),
        ({"unhealthy_if": "< 0.1"}, 0.1, Status.HEALTHY, None),
        ({"degraded_if": "> 100"}, 1e6, Status.DEGRADED, "depth is 1e+06 (degraded if > 100)"),
        ({"degraded_if": "> 100", "unhealthy_if": "> 1000"}, 500, Status.DEGRADED, "depth is 500 (degraded if > 100)"),
        (
            {"degraded_if": "> 100", "unhealthy_if": "> 1000"},
            5000,
            Status.UNHEALTHY,
            "depth is 5000 (unhealthy if > 1000)",
        ),
        ({"unhealthy_if": "== 0"}, 0.0, Status.UNHEALTHY, "depth is 0 (unhealthy if == 0)"),
        ({"unhealthy_if": "!= 1"}, 1.0, Status.HEALTHY, None),
        ({"unhealthy_if": "< 0.1"}, 0.09999999999, Status.UNHEALTHY, "depth is 0.09999999999 (unhealthy if < 0.1)"),
    ],
)
def test_a_bound_that_is_met_decides(bounds: dict[str, str], number: float, status: Status, reason: str | None) -> None:
    result = judged(spec(**bounds), gauges={"depth": number})

    assert (result.status, result.reason) == (status, reason)
    assert result.evidence is Evidence.BOUND
    assert (result.failure is not None) == status.is_bad
    if result.failure is not None:
        assert (result.failure.kind, result.failure.message) == (FailureKind.BOUND, reason)


def test_the_worst_bound_counts_and_of_equal_ones_the_first() -> None:
    specs = (spec("a", degraded_if="> 1"), spec("b", unhealthy_if="> 1"), spec("c", unhealthy_if="> 1"))

    result = judged(*specs, gauges={"a": 2.0, "b": 2.0, "c": 2.0})

    assert result.reason == "b is 2 (unhealthy if > 1)"


def test_a_bounded_reading_that_could_not_be_read_meets_its_bounds() -> None:
    result = judged(spec(degraded_if="> 1", unhealthy_if="> 9"), reading_errors={"depth": "no sample matches"})

    assert result.status is Status.UNHEALTHY
    assert result.reason == "depth could not be read (unhealthy if > 9): no sample matches"
    assert judged(spec(), reading_errors={"depth": "no sample matches"}).status is Status.HEALTHY


def test_what_cannot_be_compared_yet_is_not_judged() -> None:
    counter = ReadingSpec(name="rate", expression="n", kind=ReadingKind.COUNTER, unhealthy_if=parse("< 1"))

    first = judged(counter, counters={"rate": 5.0})
    second = judged(counter, counters={"rate": 5.0}, rates={"rate": 0.5})

    assert (first.status, first.evidence) == (Status.HEALTHY, Evidence.HTTP)
    assert (second.status, second.evidence) == (Status.UNHEALTHY, Evidence.BOUND)


def test_an_uptime_is_bounded_like_any_reading() -> None:
    assert judged(spec("uptime_seconds", degraded_if="< 60"), uptime_seconds=5.0).status is Status.DEGRADED


def test_a_bound_only_makes_a_verdict_worse() -> None:
    degraded = judged(
        spec(degraded_if="> 1"), gauges={"depth": 2.0}, status=Status.DEGRADED, reason="slower than 1 s: 1.2 s"
    )
    unhealthy = judged(spec(unhealthy_if="> 1"), gauges={"depth": 2.0}, status=Status.UNHEALTHY, reason="said so")
    worse = judged(spec(unhealthy_if="> 1"), gauges={"depth": 2.0}, status=Status.DEGRADED, reason="slower")

    assert (degraded.status, degraded.reason) == (Status.DEGRADED, "slower than 1 s: 1.2 s")
    assert (unhealthy.reason, unhealthy.failure) == ("said so", failure(FailureKind.REPORTED))
    assert (worse.status, worse.reason) == (Status.UNHEALTHY, "depth is 2 (unhealthy if > 1)")


@pytest.mark.parametrize("evidence", [Evidence.PATH, Evidence.WORD])
def test_words_come_before_bounds_as_evidence(evidence: Evidence) -> None:
    assert judged(spec(unhealthy_if="> 1"), gauges={"depth": 2.0}, evidence=evidence).evidence is evidence


def test_without_a_usable_answer_nothing_is_judged() -> None:
    lost = probed(status=Status.ERROR, reading_errors={"depth": "connect: refused"})

    assert with_bounds(lost, target=target(readings=(spec(unhealthy_if="> 1"),)), rates={}) == lost
