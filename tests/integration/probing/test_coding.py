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
PIECE_BYTES = 100


def read(body: bytes, coding: str = "gzip") -> bytes:
    """Return what the body holds, until it is past the limit."""
    pieces = (body[start : start + PIECE_BYTES] for start in range(0, len(body), PIECE_BYTES))
    found = b""
    for piece in decoded(pieces, content_encoding=coding):
        assert len(piece) <= 64 * 1024
        found += piece
        if len(found) > LIMIT_BYTES:
            break
    return found


@given(st.binary(max_size=LIMIT_BYTES), st.sampled_from(["gzip", "x-gzip", "GZip ", "identity, gzip", ",gzip,"]))
def test_what_was_compressed_comes_back(body: bytes, coding: str) -> None:
    assert read(gzip.compress(body, mtime=0), coding) == body


@given(st.binary(max_size=200), st.integers(0, 200))
def test_no_body_breaks_the_reading(body: bytes, cut: int) -> None:
    for data in (body, gzip.compress(body, mtime=0)[:cut], gzip.compress(body, mtime=0) + body):
        with contextlib.suppress(ProbeFailed):
            read(data)


def test_a_bomb_is_taken_apart_no_further_than_it_is_read() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000, mtime=0)

    assert LIMIT_BYTES < len(read(bomb)) < LIMIT_BYTES + 64 * 1024
    assert LIMIT_BYTES < len(read(gzip.compress(bomb, mtime=0), "gzip, gzip")) < LIMIT_BYTES + 64 * 1024


def test_files_one_behind_the_other_are_one_body_and_padding_is_none() -> None:
    assert read(gzip.compress(b"one ", mtime=0) + gzip.compress(b"two", mtime=0) + b"\0" * 100) == b"one two"


def test_a_body_that_must_be_whole_is_refused_without_its_end() -> None:
    whole = gzip.compress(b"up 1" * 1000, mtime=0)

    assert b"".join(decoded([whole], content_encoding="gzip", must_be_whole=True)) == b"up 1" * 1000
    for broken in (whole[:-8], whole[:20], whole + whole[:-8], whole + b"junk"):
        with pytest.raises(ProbeFailed):
            list(decoded([broken], content_encoding="gzip", must_be_whole=True))


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
