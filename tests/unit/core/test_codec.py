"""Records to the bytes in the store and back."""

import json
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core import codec
from realtime.core.history import Tally, Totals
from realtime.core.records import (
    CounterSample,
    Evidence,
    Failure,
    FailureKind,
    Fault,
    FaultCode,
    SeriesSample,
    ServiceMemory,
    ServiceState,
    Shown,
    Snapshot,
    Status,
    StatusChange,
)
from tests.unit.core.making import NOW, json_values, snapshot, state

texts = st.text(st.characters(), max_size=10)
floats = st.floats(allow_nan=False, allow_infinity=False)
moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
failures = st.builds(
    Failure, kind=st.sampled_from(FailureKind), message=texts, http_status=st.none() | st.integers(100, 599)
)
states = st.builds(
    ServiceState,
    name=texts,
    type=texts,
    group=texts,
    counts_as_api=st.booleans(),
    status=st.sampled_from(Status),
    status_since=st.none() | moments,
    evidence=st.none() | st.sampled_from(Evidence),
    unknown_word=st.none() | texts,
    reason=st.none() | texts,
    pending=st.booleans(),
    response_time_seconds=st.none() | floats,
    readings=st.dictionaries(texts, floats, max_size=3),
    tracked=st.lists(texts, max_size=3).map(tuple),
    reading_errors=st.dictionaries(texts, texts, max_size=2),
    uptime_seconds=st.none() | floats,
    checked_at=st.none() | moments,
    last_success_at=st.none() | moments,
    consecutive_failures=st.integers(0),
    failure=st.none() | failures,
    next_check_at=st.none() | moments,
    maintenance_until=st.none() | moments,
    certificate_days=st.none() | st.integers(-4_000, 40_000),
)
changes = st.builds(
    StatusChange,
    service=texts,
    at=moments,
    was=st.sampled_from(Status),
    became=st.sampled_from(Status),
    kind=st.none() | st.sampled_from(FailureKind),
    reason=st.none() | texts,
)
snapshots = st.builds(
    Snapshot,
    id=st.integers(0, 2**60),
    finished_at=moments,
    refresh_interval_seconds=st.integers(1, 10_000),
    sweep_deadline_seconds=floats,
    collection_seconds=st.floats(0, 1_000),
    services=st.lists(states, max_size=3).map(tuple),
    active_sources=st.lists(texts, max_size=3).map(tuple),
    events_per_second=floats,
    events_expected=st.integers(0, 100),
    events_fresh=st.integers(0, 100),
    status_since=st.none() | moments,
    recent_changes=st.lists(changes, max_size=3).map(tuple),
    fault=st.none() | st.builds(Fault, code=st.sampled_from(FaultCode), message=texts),
)
memories = st.dictionaries(
    texts,
    st.builds(
        ServiceMemory,
        streak=st.integers(0, 100),
        last_kind=st.none() | st.sampled_from(FailureKind),
        timeouts=st.integers(0, 100),
        next_check_at=st.none() | moments,
        held=st.none()
        | st.builds(
            Shown,
            status=st.sampled_from(Status),
            since=st.none() | moments,
            failure=st.none() | failures,
            evidence=st.none() | st.sampled_from(Evidence),
            unknown_word=st.none() | texts,
            reason=st.none() | texts,
        ),
        counters=st.dictionaries(texts, st.builds(CounterSample, total=floats, at=moments), max_size=3),
        series=st.dictionaries(
            texts,
            st.builds(
                SeriesSample,
                totals=st.dictionaries(texts, st.dictionaries(texts, floats, max_size=3), max_size=3),
                at=moments,
            ),
            max_size=2,
        ),
        conditions=st.dictionaries(texts, st.booleans(), max_size=3),
    ),
    max_size=4,
)
tallies = st.dictionaries(
    texts,
    st.builds(
        Tally, st.integers(1, 10**6), st.integers(1, 10**12), st.integers(-(10**330), 10**330), st.integers(0, 2**40)
    ),
    max_size=3,
)
all_totals = st.builds(
    Totals,
    started_at=st.none() | floats,
    at=st.none() | floats,
    swept_at=st.none() | floats,
    interval_seconds=st.integers(0, 10**6),
    set_back_seconds=floats,
    fleet=tallies,
    services=st.dictionaries(texts, tallies, max_size=3),
    latency_bins=st.dictionaries(st.integers(-700, 700), st.integers(1, 10**9), max_size=10),
)


@given(snapshots)
def test_a_snapshot_comes_back_as_it_was(original: Snapshot) -> None:
    assert codec.decode_snapshot(codec.encode_snapshot(original)) == original


@given(memories)
def test_a_memory_comes_back_as_it_was(original: dict[str, ServiceMemory]) -> None:
    assert codec.decode_memory(codec.encode_memory(original)) == original


@given(all_totals)
def test_totals_come_back_to_the_last_digit(original: Totals) -> None:
    assert codec.decode_totals(codec.encode_totals(original)) == original


@given(changes)
def test_a_status_change_comes_back_as_it_was(original: StatusChange) -> None:
    assert codec.decode_change(codec.encode_change(original), service=original.service) == original


def test_statuses_and_kinds_come_back_as_what_they_are() -> None:
    original = snapshot(state(status=Status.ERROR))

    (decoded,) = codec.decode_snapshot(codec.encode_snapshot(original)).services

    assert decoded.status is Status.ERROR
    assert decoded.failure is not None
    assert decoded.failure.kind is FailureKind.CONNECT


def test_readings_come_back_in_their_order() -> None:
    original = snapshot(state(readings={"z": 1.0, "a": 2.0, "m": 3.0}))

    (decoded,) = codec.decode_snapshot(codec.encode_snapshot(original)).services

    assert list(decoded.readings) == ["z", "a", "m"]


def test_the_first_moment_of_1970_is_a_moment_too() -> None:
    original = snapshot(
        state(checked_at=datetime(1970, 1, 1, tzinfo=UTC), last_success_at=datetime(1970, 1, 1, tzinfo=UTC))
    )

    assert codec.decode_snapshot(codec.encode_snapshot(original)) == original


def test_a_moment_is_kept_to_the_millisecond_also_before_1970() -> None:
    for at in (NOW, NOW.replace(microsecond=999_999), datetime(1969, 12, 31, 23, 59, 59, 1_500, UTC)):
        decoded = codec.decode_snapshot(codec.encode_snapshot(snapshot(finished_at=at)))

        assert 0 <= (at - decoded.finished_at).total_seconds() < 0.001


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_say_is_refused_before_it_is_stored(value: float) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        codec.encode_snapshot(snapshot(events_per_second=value))


# Garbage

DECODERS: list[Callable[[bytes], object]] = [
    codec.decode_snapshot,
    codec.decode_memory,
    codec.decode_totals,
    lambda data: codec.decode_change(data, service="a"),
]
decoders = st.sampled_from(DECODERS)


def is_read_or_corrupt(decode: Callable[[bytes], object], data: bytes) -> bool:
    with suppress(codec.CorruptRecord):
        decode(data)
    return True


def packed(value: object) -> bytes:
    return zlib.compress(json.dumps(value).encode())


@given(decode=decoders, data=st.binary(max_size=100))
def test_any_bytes_are_a_record_or_corrupt(decode: Callable[[bytes], object], data: bytes) -> None:
    assert is_read_or_corrupt(decode, data)
    assert is_read_or_corrupt(decode, zlib.compress(data))


@given(decode=decoders, value=json_values)
def test_any_json_is_a_record_or_corrupt(decode: Callable[[bytes], object], value: Any) -> None:
    assert is_read_or_corrupt(decode, packed(value))
    assert is_read_or_corrupt(decode, json.dumps(value).encode())


@given(data=st.data(), original=snapshots, value=json_values)
def test_a_snapshot_with_any_part_exchanged_is_a_snapshot_or_corrupt(
    data: st.DataObject, original: Snapshot, value: Any
) -> None:
    stored = json.loads(zlib.decompress(codec.encode_snapshot(original)))
    places = [stored, *stored["services"]]
    place = data.draw(st.sampled_from(places))
    place[data.draw(st.sampled_from(sorted(place)))] = value

    assert is_read_or_corrupt(codec.decode_snapshot, packed(stored))


@given(data=st.data(), value=json_values)
def test_totals_and_memories_with_any_part_exchanged_are_read_or_corrupt(data: st.DataObject, value: Any) -> None:
    totals = Totals(
        at=1.0, fleet={"x": Tally(1, 2, 3, 4)}, services={"a": {"x": Tally(1, 2, 3, 4)}}, latency_bins={1: 2}
    )
    memory = {"a": ServiceMemory(counters={"n": CounterSample(total=1.0, at=NOW)})}
    for decode, encoded in (
        (codec.decode_totals, codec.encode_totals(totals)),
        (codec.decode_memory, codec.encode_memory(memory)),
    ):
        stored = json.loads(zlib.decompress(encoded))
        places = [stored, *(inner for inner in stored.values() if isinstance(inner, dict))]
        place = data.draw(st.sampled_from(places))
        place[data.draw(st.sampled_from(sorted(place)))] = value

        assert is_read_or_corrupt(decode, packed(stored))


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"null",
        packed(None),
        packed([]),
        packed({}),
        packed({"at": 10**30}),
        b'{"at": 1e999}',
        b"[" * 99_999,
    ],
)
def test_garbage_is_corrupt(decode: Callable[[bytes], object], data: bytes) -> None:
    if decode is codec.decode_memory and data == packed({}):
        assert decode(data) == {}
        return
    with pytest.raises(codec.CorruptRecord):
        decode(data)


@pytest.mark.parametrize("at", [10**30, -(10**30), 1e300, "now", None, []])
def test_a_time_that_no_calendar_holds_is_corrupt(at: object) -> None:
    stored = json.loads(zlib.decompress(codec.encode_snapshot(snapshot())))
    stored["finished"] = at

    with pytest.raises(codec.CorruptRecord, match="the stored snapshot cannot be read"):
        codec.decode_snapshot(packed(stored))
