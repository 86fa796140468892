"""Numbers out of a service's answers: registered ones, those taken along, uptimes, conditions, counters."""

import json
import math
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core import readings
from realtime.core.contract.entry_fields import ENTRY_FIELDS
from realtime.core.readings import MAX_UNREGISTERED, Taken, counter_rate, parse_uptime, public_name, take
from realtime.core.records import CounterSample, DataSourceSpec, Exchange, FailureKind, ReadingKind, ReadingSpec, Target
from tests.unit.core.making import (
    LONE_SURROGATE,
    NOW,
    answered,
    answered_json,
    json_bodies,
    json_names,
    json_objects,
    json_values,
    target,
    unanswered,
)

RATE_PATH = "/api/v1/event-rate"


def taken(health: object = None, *, others: dict[str, Exchange] | None = None, **registered: Any) -> Taken:
    return take(target=target(**registered), health=health, others=others or {})


def reading(name: str = "rate", expression: str = "rate", **changes: Any) -> ReadingSpec:
    return ReadingSpec(name=name, expression=expression, **changes)


def problem_of(spec: ReadingSpec, health: object = None, others: dict[str, Exchange] | None = None) -> str:
    found = taken(health, others=others, readings=(spec,))
    assert spec.name not in {**found.gauges, **found.counters}
    return found.errors[spec.name]


# Taken along


@given(json_objects)
def test_numbers_at_the_top_level_are_taken_along_and_nothing_else(health: dict[str, Any]) -> None:
    gauges = taken(health).gauges

    assert len(gauges) <= MAX_UNREGISTERED
    assert all(math.isfinite(value) for value in gauges.values())
    assert not ENTRY_FIELDS & gauges.keys()
    for name, value in gauges.items():
        sent = [health.get(name), health.get(name.removeprefix("reported_"))]
        assert value in [one for one in sent if not isinstance(one, bool | str)]


@given(st.dictionaries(json_names, st.integers(-1000, 1000), max_size=60))
def test_the_first_numbers_are_taken_when_there_are_too_many(health: dict[str, int]) -> None:
    shown = [name for name in health if name and name.isprintable() and name != "uptime_seconds"]
    expected = list(dict.fromkeys(public_name(name) for name in shown))[:MAX_UNREGISTERED]

    assert list(taken(health).gauges) == expected


@pytest.mark.parametrize(
    "value",
    [True, False, None, "12", [1], {"a": 1}, 10**400, -(10**400), 1e291, math.nan, math.inf],
)
def test_what_is_no_finite_number_is_not_taken_along(value: object) -> None:
    assert taken({"n": value, "m": 1}).gauges == {"m": 1}


@pytest.mark.parametrize("name", ["", "a\nb", LONE_SURROGATE, "\0", "x" * 65, "\u202e"])
def test_a_name_that_cannot_be_shown_is_left_out(name: str) -> None:
    assert taken({name: 1, "x" * 64: 2}).gauges == {"x" * 64: 2}


@pytest.mark.parametrize("health", [None, [1, 2], 5, "text", True])
def test_only_an_object_has_numbers_to_take_along(health: object) -> None:
    assert taken(health) == Taken()


@pytest.mark.parametrize("name", sorted(ENTRY_FIELDS - {"uptime_seconds"}))
def test_a_number_named_like_a_field_of_the_entry_stands_beside_it(name: str) -> None:
    assert taken({name: 7}).gauges == {f"reported_{name}": 7}
    assert taken({"x": 7}, readings=(reading(name, "x"),)).gauges[f"reported_{name}"] == 7


def test_registered_readings_come_first_and_are_not_taken_along_again() -> None:
    health = {"a": 1, "rate": 2, "b": 3}

    found = taken(health, readings=(reading("b", "rate"), reading("missing", "nothing")))

    assert list(found.gauges.items()) == [("b", 2), ("a", 1), ("rate", 2)]


def test_a_registered_reading_that_could_not_be_had_is_not_replaced_by_a_number_of_its_name() -> None:
    found = taken({"rate": 5}, readings=(reading("rate", "rates.now"),))

    assert "rate" not in found.gauges
    assert "rate" in found.errors


def test_registered_readings_do_not_use_up_the_places_of_those_taken_along() -> None:
    health = {f"n{index}": index for index in range(MAX_UNREGISTERED + 2)}

    found = taken(health, readings=(reading("n0", "n0"), reading("n1", "n1")))

    assert len(found.gauges) == MAX_UNREGISTERED + 2


# Registered readings


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("missing", "the expression finds nothing in the answer"),
        ("text", "the expression gives a text, not a number"),
        ("yes", "the expression gives a boolean, not a number"),
        ("list", "the expression gives a list, not a number"),
        ("object", "the expression gives an object, not a number"),
        ("huge", "the expression gives a number beyond range, not a number"),
        ("to_number(nan)", "the expression gives a number beyond range, not a number"),
        ("nothing", "the expression finds nothing in the answer"),
        ("sum(text)", "the expression finds nothing in the answer"),
        ("broken[", "the expression finds nothing in the answer"),
    ],
)
def test_a_reading_that_is_no_number_is_left_out_and_says_why(expression: str, words: str) -> None:
    health = {"text": "a", "yes": True, "list": [], "object": {}, "huge": 10**305, "nan": "NaN", "nothing": None}

    assert problem_of(reading(expression=expression), health) == words


def test_without_a_json_answer_a_reading_says_so() -> None:
    assert problem_of(reading()) == "there is no JSON answer to take it from"


def test_a_reading_of_another_path_comes_from_there() -> None:
    spec = reading("events_per_second", "events_per_second", path=RATE_PATH)

    found = taken(
        {"events_per_second": 1}, others={RATE_PATH: answered_json({"events_per_second": 12.5})}, readings=(spec,)
    )

    assert found.gauges == {"events_per_second": 12.5}
    assert found.errors == {}


@pytest.mark.parametrize(
    ("exchange", "words"),
    [
        (unanswered(FailureKind.TIMEOUT), "timeout: connection refused"),
        (answered_json({"rate": 1}, http_status=500), "http_status: HTTP status 500"),
        (answered_json({"rate": 1}, http_status=304), "http_status: HTTP status 304"),
        (answered("<html>"), "body: not valid JSON: Expecting value at line 1, column 1"),
        (answered(""), "body: not valid JSON: Expecting value at line 1, column 1"),
        (answered("null"), "there is no JSON answer to take it from"),
    ],
)
def test_a_path_that_gives_no_document_costs_its_readings_only(exchange: Exchange, words: str) -> None:
    found = taken({"n": 1}, others={RATE_PATH: exchange}, readings=(reading(path=RATE_PATH),))

    assert found.errors == {"rate": words}
    assert found.gauges == {"n": 1}


def test_a_reading_need_not_be_promised_to_be_json() -> None:
    exchange = answered('{"rate": 3}', content_type="text/plain")

    assert taken(None, others={RATE_PATH: exchange}, readings=(reading(path=RATE_PATH),)).gauges == {"rate": 3}


def test_counters_are_raw_totals_apart_from_the_gauges() -> None:
    found = taken(
        {"events_total": 5_000, "n": 1}, readings=(reading("events", "events_total", kind=ReadingKind.COUNTER),)
    )

    assert found.counters == {"events": 5_000}
    assert found.gauges == {"events_total": 5_000, "n": 1}


def test_a_counter_below_zero_is_none() -> None:
    spec = reading(kind=ReadingKind.COUNTER)

    assert problem_of(spec, {"rate": -1}) == "a counter cannot be negative"
    assert taken({"rate": 0}, readings=(spec,)).counters == {"rate": 0}
    assert taken({"rate": -1}, readings=(reading(),)).gauges == {"rate": -1}


# Uptime


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1:25:24.57", 5_124.57),
        ("0:05:12.345678", 312.345678),
        ("2 days, 1:02:03", 176_523),
        ("1 day, 0:00:01", 86_401),
        ("25:24", 1_524),
        ("3d 04:05:06", 273_906),
        (" 123:00:00 ", 442_800),
        ("0:00:00", 0),
    ],
)
def test_an_uptime_written_like_a_clock_is_understood(text: str, seconds: float) -> None:
    assert parse_uptime(text) == pytest.approx(seconds)
    assert taken({"uptime": text}).uptime_seconds == pytest.approx(seconds)
    assert taken({"uptime_seconds": text}).uptime_seconds == pytest.approx(seconds)
    spec = reading("uptime_seconds", "process.up")
    assert taken({"process": {"up": text}}, readings=(spec,)).uptime_seconds == pytest.approx(seconds)


@given(st.timedeltas(timedelta(0), timedelta(days=99_999)))
def test_an_uptime_as_python_writes_it_is_understood(uptime: timedelta) -> None:
    assert parse_uptime(str(uptime)) == pytest.approx(uptime.total_seconds())


@pytest.mark.parametrize(
    "text", ["", "3h2m1s", "up", "1:2:3:4", "-1 day, 1:00:00", "1e3", "12", "٣:٠٠", "1:25:24,5", ":"]
)
def test_another_text_is_no_uptime(text: str) -> None:
    assert parse_uptime(text) is None
    assert taken({"uptime": text}).uptime_seconds is None


@given(st.text(max_size=30) | st.text("0123456789:., days", max_size=30))
def test_any_text_is_an_uptime_or_none(text: str) -> None:
    seconds = parse_uptime(text)

    assert seconds is None or (math.isfinite(seconds) and seconds >= 0)


def test_an_uptime_in_seconds_is_a_field_of_the_entry_and_no_reading() -> None:
    found = taken({"uptime_seconds": 3_600})

    assert found.uptime_seconds == 3_600
    assert found.gauges == {}


def test_a_bare_number_called_uptime_is_of_unknown_unit_and_taken_along_as_it_is() -> None:
    found = taken({"uptime": 3_600_000})

    assert found.uptime_seconds is None
    assert found.gauges == {"uptime": 3_600_000}


def test_a_registered_uptime_counts_before_what_the_answer_says_itself() -> None:
    found = taken({"uptime_seconds": 1, "jvm": {"uptime": 2}}, readings=(reading("uptime_seconds", "jvm.uptime"),))

    assert found.uptime_seconds == 2
    assert found.gauges == {}


def test_a_registered_uptime_that_could_not_be_had_says_why() -> None:
    found = taken({"jvm": {"uptime": "long"}}, readings=(reading("uptime_seconds", "jvm.uptime"),))

    assert found.uptime_seconds is None
    assert found.errors == {"uptime_seconds": "the expression gives a text, not a number"}


# Conditions


@pytest.mark.parametrize(
    ("value", "held"),
    [(True, True), (False, False), (1, False), ("true", False), ("yes", False), ([1], False), (None, False)],
)
def test_a_condition_holds_only_when_it_gives_true_itself(value: object, held: bool) -> None:
    source = DataSourceSpec(name="home-assistant", condition="connection.is_running")

    assert taken({"connection": {"is_running": value}}, data_sources=(source,)).conditions == {"home-assistant": held}


def test_a_condition_on_an_answer_without_json_does_not_hold() -> None:
    with_condition = DataSourceSpec(name="a", condition="x")
    without = DataSourceSpec(name="b")

    assert taken(None, data_sources=(with_condition, without)).conditions == {"a": False, "b": True}


# Counters


def sample(total: float, seconds: float = 0.0) -> CounterSample:
    return CounterSample(total=total, at=NOW + timedelta(seconds=seconds))


@given(before=st.integers(0, 10**12), after=st.integers(0, 10**12), milliseconds=st.integers(1, 300_000))
def test_a_counter_becomes_a_rate_and_survives_a_restart(before: int, after: int, milliseconds: int) -> None:
    rate = counter_rate(before=sample(before), after=sample(after, milliseconds / 1000))

    increase = after - before if after >= before else after
    assert rate == pytest.approx(increase / milliseconds * 1000)


def test_the_first_sample_of_a_counter_gives_no_rate() -> None:
    assert counter_rate(before=None, after=sample(5)) is None


@pytest.mark.parametrize("seconds", [0.0, -1.0, -3_600.0, 300.001, 86_400.0])
def test_a_counter_gives_no_rate_over_no_time_back_in_time_or_over_a_long_gap(seconds: float) -> None:
    assert counter_rate(before=sample(1), after=sample(5, seconds), longest_gap_seconds=300.0) is None
    assert counter_rate(before=sample(1), after=sample(301, 300.0), longest_gap_seconds=300.0) == 1.0


def test_a_rate_beyond_range_is_none() -> None:
    assert counter_rate(before=sample(0), after=sample(1e290, 0.001)) is None


# Anything at all


@given(
    health=json_values,
    bodies=st.dictionaries(st.sampled_from(["/a", "/b", "/c"]), st.binary(max_size=60) | json_bodies, max_size=3),
    http_status=st.integers(100, 599),
    specs=st.lists(
        st.builds(
            ReadingSpec,
            name=st.sampled_from(["a", "b", "status", "error_count", "uptime_seconds", "reported_error_count"]),
            expression=st.sampled_from(["@", "a", "b.a", "sum(@)", "items[0]", "to_number(a)", "]", "avg(items)"]),
            path=st.none() | st.sampled_from(["/a", "/b", "/c"]),
            kind=st.sampled_from(ReadingKind),
        ),
        max_size=6,
    ),
    sources=st.lists(
        st.builds(
            DataSourceSpec, name=st.sampled_from("xyz"), condition=st.none() | st.sampled_from(["a", "@", "a == `1`"])
        ),
        max_size=3,
    ),
)
def test_any_answers_give_numbers_that_can_be_shown(
    health: Any, bodies: dict[str, bytes], http_status: int, specs: list[ReadingSpec], sources: list[DataSourceSpec]
) -> None:
    registered: Target = target(readings=tuple(specs), data_sources=tuple(sources))
    others = {path: answered(body, http_status=http_status) for path, body in bodies.items()}

    found = take(target=registered, health=health, others=others)

    json.dumps([dict(found.gauges), dict(found.counters), found.uptime_seconds], allow_nan=False)
    "".join([*found.gauges, *found.errors, *found.errors.values()]).encode()
    assert set(found.conditions) == {source.name for source in sources}
    assert len(found.gauges) <= MAX_UNREGISTERED + len(specs)
    for spec in specs:
        name = "uptime_seconds" if spec.name == "uptime_seconds" else readings.public_name(spec.name)
        is_told = name in {**found.gauges, **found.counters, **found.errors}
        assert is_told or (name == "uptime_seconds" and found.uptime_seconds is not None)
