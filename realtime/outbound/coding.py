"""Takes compressed bodies apart, in steps that are bounded in memory and in time whatever a service has sent."""

import zlib

from realtime.core.records import FailureKind
from realtime.outbound.failures import ProbeFailed

# gzip only: the standard library takes it apart in bounded steps on every Python that we support. What urllib3 can
# read beside it depends on the packages that happen to be installed, and not all of them stop at a limit.
OFFERED = "gzip"

_GZIP = frozenset({"gzip", "x-gzip"})
_NOTHING = frozenset({"", "identity"})
# A body compressed twice is a mistake that happens; more often is no mistake.
_MAX_LAYERS = 2
# gzip files may be put one behind the other. Each one costs time, although it may hold nothing.
_MAX_MEMBERS = 1000
_WITH_GZIP_HEADER = 16 + zlib.MAX_WBITS


def decoded(body: bytes, *, content_encoding: str, limit_bytes: int) -> bytes:
    """Return a body as it was before it was compressed, its first `limit_bytes` and one more if it is longer.

    Raises:
        ProbeFailed: it is compressed in a way that was not offered, or not as its head says.
    """
    codings = [coding.strip() for coding in content_encoding.lower().split(",")]
    layers = [coding for coding in codings if coding not in _NOTHING]
    if not body or not layers:
        return body
    if len(layers) > _MAX_LAYERS or not _GZIP.issuperset(layers):
        raise _failed("the body is compressed in a way that was not offered (only gzip is)")
    for _ in layers:
        body = _gunzipped(body, most_bytes=limit_bytes + 1)
    return body


def _gunzipped(data: bytes, *, most_bytes: int) -> bytes:
    found = b""
    for member in range(_MAX_MEMBERS):
        decoder = zlib.decompressobj(_WITH_GZIP_HEADER)
        try:
            found += decoder.decompress(data, most_bytes - len(found))
        except zlib.error as error:
            if member:  # padding behind the last member
                return found
            raise _failed("the body is not compressed as its head says") from error
        data = decoder.unused_data
        # Without its end the body is taken as far as it goes, as browsers do.
        if not data or len(found) >= most_bytes:
            return found
    raise _failed("the body is compressed in too many parts")


def _failed(message: str) -> ProbeFailed:
    return ProbeFailed(kind=FailureKind.PROTOCOL, message=message)
