"""Compressed bodies: what is taken apart, how far, and what is refused."""

import contextlib
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core.records import FailureKind
from realtime.outbound.coding import decoded
from realtime.outbound.failures import ProbeFailed

LIMIT_BYTES = 1000


def read(body: bytes, coding: str = "gzip") -> bytes:
    return decoded(body, content_encoding=coding, limit_bytes=LIMIT_BYTES)


@given(st.binary(max_size=LIMIT_BYTES), st.sampled_from(["gzip", "x-gzip", "GZip ", "identity, gzip", ",gzip,"]))
def test_what_was_compressed_comes_back(body: bytes, coding: str) -> None:
    assert read(gzip.compress(body, mtime=0), coding) == body


@given(st.binary(max_size=200), st.integers(0, 200))
def test_no_body_breaks_the_reading(body: bytes, cut: int) -> None:
    for data in (body, gzip.compress(body, mtime=0)[:cut], gzip.compress(body, mtime=0) + body):
        with contextlib.suppress(ProbeFailed):
            assert len(read(data)) <= LIMIT_BYTES + 1


def test_a_bomb_is_taken_apart_one_byte_past_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000, mtime=0)

    assert read(bomb) == b"\0" * (LIMIT_BYTES + 1)
    assert len(read(gzip.compress(bomb, mtime=0), "gzip, gzip")) <= LIMIT_BYTES + 1


def test_files_one_behind_the_other_are_one_body_and_padding_is_none() -> None:
    assert read(gzip.compress(b"one ", mtime=0) + gzip.compress(b"two", mtime=0) + b"\0" * 100) == b"one two"


def test_a_body_without_its_end_is_taken_as_far_as_it_goes() -> None:
    whole = gzip.compress(b'{"status": "ok"}', mtime=0)

    assert b'{"status": "ok"}'.startswith(read(whole[:-8]))


@pytest.mark.parametrize(
    ("body", "coding", "message"),
    [
        (b"plain", "gzip", "not compressed as its head says"),
        (gzip.compress(b"", mtime=0) * 1001, "gzip", "too many parts"),
        (b"x", "br", "not offered"),
        (gzip.compress(b"x", mtime=0), "gzip, br", "not offered"),
        (gzip.compress(b"x", mtime=0), "gzip, gzip, gzip", "not offered"),
        (b"x", "gzip," * 10_000 + "br", "not offered"),
    ],
)
def test_what_cannot_be_read_is_a_protocol_failure(body: bytes, coding: str, message: str) -> None:
    with pytest.raises(ProbeFailed) as caught:
        read(body, coding)

    assert caught.value.kind is FailureKind.PROTOCOL
    assert message in caught.value.message
