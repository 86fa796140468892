"""What is read from the store, made into the bytes of an answer: once per snapshot, period and state."""

import gzip
import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from realtime.core import codec, document, history
from realtime.core.codec import CorruptRecord
from realtime.core.document import Document
from realtime.core.history import Totals, Window
from realtime.core.records import Fault, Snapshot, Status
from realtime.core.slices import WHOLE, Slice
from realtime.store.snapshots import Published

logger = logging.getLogger(__name__)

# Higher levels take much longer for a few per cent.
_GZIP_LEVEL = 5


class Rendered:
    """The bytes of one answer, plain and compressed, with a digest that no other answer shares.

    status: the roll-up that it says, None in an answer without one.
    """

    def __init__(self, content: Document) -> None:
        self.status: Status | None = content.get("status")
        text = json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        # Half a surrogate pair in a service's words has no UTF-8, but a JSON escape.
        self.body = text.encode(errors="backslashreplace")
        self.digest = hashlib.sha256(self.body).hexdigest()[:32]

    @cached_property
    def gzipped(self) -> bytes:
        return gzip.compress(self.body, compresslevel=_GZIP_LEVEL, mtime=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """A published snapshot, decoded; its windows stay encoded until a period is asked for."""

    snapshot: Snapshot
    totals: Totals
    edges: Mapping[int, tuple[bytes | None, bytes | None]]

    def windows(self, *, period_seconds: int) -> tuple[Window, Window]:
        """Return the current and the previous window of a period; an edge that cannot be read counts as lost."""
        at_current_start, at_previous_start = map(_decoded_edge, self.edges[period_seconds])
        return history.windows(
            now=self.totals,
            at_current_start=at_current_start,
            at_previous_start=at_previous_start,
            period_seconds=period_seconds,
        )


def decode(published: Published) -> Material:
    """Return what was published. Raises CorruptRecord."""
    totals = codec.decode_totals(published.totals)
    if totals.at is None:
        raise CorruptRecord("the stored totals hold no sweep")
    return Material(snapshot=codec.decode_snapshot(published.snapshot), totals=totals, edges=published.edges)


def _decoded_edge(edge: bytes | None) -> Totals | None:
    try:
        return None if edge is None else codec.decode_totals(edge)
    except CorruptRecord as error:
        logger.warning("%s; a comparison goes without them", error)
        return None


def render(
    material: Material, *, period_seconds: int, stale: bool, fault: Fault | None, part: Slice = WHOLE
) -> Rendered:
    """Return the answer, or a slice of it, for one period."""
    current, previous = material.windows(period_seconds=period_seconds)
    return Rendered(
        document.build(
            snapshot=material.snapshot, current=current, previous=previous, stale=stale, fault=fault, part=part
        )
    )


def render_without_snapshot(*, now: datetime, period_seconds: int) -> Rendered:
    """Return the answer of a process that never saw a snapshot."""
    return Rendered(document.build_without_snapshot(now=now, period_seconds=period_seconds))
