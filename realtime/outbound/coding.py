"""Takes compressed bodies apart while they arrive, in steps that are bounded in memory and in time."""

import zlib
from collections.abc import Iterable, Iterator

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
_STEP_BYTES = 64 * 1024


def decoded(pieces: Iterable[bytes], *, content_encoding: str, must_be_whole: bool = False) -> Iterator[bytes]:
    """Yield a body as it was before it was compressed, in pieces of at most 64 KiB; whoever takes them sets the limit.

    A body that breaks off is taken as far as it goes, as browsers do, unless it must be whole.

    Raises:
        ProbeFailed: it is compressed in a way that was not offered, or not as its head says.
    """
    codings = [coding.strip() for coding in content_encoding.lower().split(",")]
    layers = [coding for coding in codings if coding not in _NOTHING]
    if len(layers) > _MAX_LAYERS or not _GZIP.issuperset(layers):
        return _refused(pieces)
    for _ in layers:
        pieces = _gunzipped(pieces, must_be_whole=must_be_whole)
    return iter(pieces)


def _refused(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        if piece:
            raise _failed("the body is compressed in a way that was not offered (only gzip is)")
    yield from ()


def _gunzipped(pieces: Iterable[bytes], *, must_be_whole: bool) -> Iterator[bytes]:
    files = _GzipFiles()
    for piece in pieces:
        try:
            yield from files.read(piece)
        except zlib.error as error:
            if files.before and not must_be_whole:
                files.is_padding = True
                continue
            raise _failed("the body is not compressed as its head says") from error
    yield from files.rest()
    if must_be_whole and not files.decoder.eof:
        raise _failed("the compressed body breaks off")


class _GzipFiles:
    """Files of gzip one behind the other; `before` the one that is read now there were so many."""

    def __init__(self) -> None:
        self.decoder = zlib.decompressobj(_WITH_GZIP_HEADER)
        self.before = 0
        self.is_padding = False

    def read(self, data: bytes) -> Iterator[bytes]:
        # Padding is read to its end all the same: only then is the connection free for the next request.
        while data and not self.is_padding:
            if self.decoder.eof:
                self.decoder, self.before = zlib.decompressobj(_WITH_GZIP_HEADER), self.before + 1
            if self.before == _MAX_MEMBERS:
                raise _failed("the body is compressed in too many parts")
            yield self.decoder.decompress(data, _STEP_BYTES)
            data = self.decoder.unused_data if self.decoder.eof else self.decoder.unconsumed_tail

    def rest(self) -> Iterator[bytes]:
        if not self.is_padding:
            yield self.decoder.flush()


def _failed(message: str) -> ProbeFailed:
    return ProbeFailed(kind=FailureKind.PROTOCOL, message=message)
