"""The messages for the listeners of one view: one rendering, one patch and one encoding for all of them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import Enum
from functools import cached_property
from typing import Any

from realtime.core import patch
from realtime.core.delivery import Held, Message, Present
from realtime.core.patch import Operations
from realtime.live.asgi import Event
from realtime.reporting.rendering import Rendered

# Listeners with an interval, and reconnecting ones, get a patch over so many snapshots at most, else a document.
MAX_LINKS = 128
MAX_LINK_CHARACTERS = 4_000_000


class Transport(Enum):
    """How messages are written."""

    WEBSOCKET = "websocket"
    EVENT_STREAM = "event stream"


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """What can change of an answer without a new snapshot."""

    stale: bool
    status: str
    status_since: str
    error: Mapping[str, str] | None

    @property
    def trouble(self) -> frozenset[str]:
        """Return what is wrong, in words that do not change while it lasts."""
        return frozenset((["stale"] if self.stale else []) + ([self.error["code"]] if self.error else []))

    def operations(self) -> Operations:
        """Return a patch after which a document is in this state, whatever it was in before."""
        error = patch.dropping("error") if self.error is None else patch.setting("error", self.error)
        members = ("stale", "status", "status_since")
        return ",".join((*(patch.setting(name, getattr(self, name)) for name in members), error))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Base:
    """A snapshot's document as it was first seen, which is what patches lead to and from."""

    snapshot_id: int
    digest: str
    body: bytes
    state: State
    document: Mapping[str, Any] | None = None

    def parsed(self) -> Mapping[str, Any]:
        return json.loads(self.body) if self.document is None else self.document


@dataclass(frozen=True, kw_only=True, slots=True)
class _Link:
    """The patch from one snapshot to the next that this process saw."""

    base: int
    base_state: State
    operations: Operations


class Feed:
    """What there is in one view at one moment; events are made when first asked for, then kept."""

    def __init__(
        self, *, present: Present, rendered: Rendered, state: State, base: _Base, links: tuple[_Link, ...]
    ) -> None:
        self.present = present
        self.rendered = rendered
        self.state = state
        self.base = base
        self.links = links
        self._events: dict[tuple[Transport, Message, int | None, bool], Event] = {}

    def reaches(self, snapshot_id: int | None) -> bool:
        """Return whether patches lead from this snapshot to the present one."""
        return snapshot_id in self._positions

    def event(self, message: Message, *, held: Held, transport: Transport) -> Event:
        """Return what the server is to send; listeners in the same position share one object."""
        is_patch = message is Message.DELTA
        key = (transport, message, held.snapshot_id if is_patch else None, held.is_certain or not is_patch)
        event = self._events.get(key)
        if event is None:
            event = self._events[key] = self._encode(message, held=held, transport=transport)
        return event

    @cached_property
    def _positions(self) -> dict[int, int]:
        return {link.base: position for position, link in enumerate(self.links)}

    def _encode(self, message: Message, *, held: Held, transport: Transport) -> Event:
        if transport is Transport.WEBSOCKET:
            return {"type": "websocket.send", "text": self._websocket_text(message, held)}
        return {"type": "http.response.body", "body": self._stream_text(message, held).encode(), "more_body": True}

    def _websocket_text(self, message: Message, held: Held) -> str:
        if message is Message.SNAPSHOT:
            return f'{{"type":"snapshot","id":{self.present.snapshot_id},"data":{self.rendered.body.decode()}}}'
        return self._small_text(message, held)

    def _stream_text(self, message: Message, held: Held) -> str:
        if message is Message.HEARTBEAT:
            return ": heartbeat\n\n"
        data = self.rendered.body.decode() if message is Message.SNAPSHOT else self._small_text(message, held)
        identity = "" if message is Message.STATE else f"id: {self.present.snapshot_id}\n"
        return f"event: {message}\n{identity}data: {data}\n\n"

    def _small_text(self, message: Message, held: Held) -> str:
        match message:
            case Message.DELTA:
                ids = f'"id":{self.present.snapshot_id},"base_id":{held.snapshot_id}'
                return f'{{"type":"delta",{ids},"changes":{self._changes(held)}}}'
            case Message.STATE:
                return json.dumps(
                    {"type": Message.STATE, **asdict(self.state)}, separators=(",", ":"), ensure_ascii=False
                )
        return f'{{"type":"{message}"}}'

    def _changes(self, held: Held) -> str:
        links = self.links[self._positions[held.snapshot_id or 0] :]
        first = () if held.is_certain else (links[0].base_state.operations(),)
        return patch.array(*first, *(link.operations for link in links))


def advance(before: Feed | None, *, rendered: Rendered, now: float, wants_patches: bool) -> Feed:
    """Return the feed with what was rendered now, the same object when nothing changed.

    Args:
        now: monotonic seconds.
        wants_patches: someone listens who would rather have a patch than a document.
    """
    if before is not None and before.rendered.digest == rendered.digest:
        return before
    document = json.loads(rendered.body)
    state = State(
        stale=document["stale"],
        status=document["status"],
        status_since=document["status_since"],
        error=document.get("error"),
    )
    snapshot_id: int = document["snapshot_id"]
    if before is not None and before.present.snapshot_id == snapshot_id:
        return _in_other_state(before, rendered=rendered, state=state)
    version = before.present.state_version if before else 0
    return Feed(
        present=Present(
            snapshot_id=snapshot_id,
            arrived_at=now,
            refresh_interval_seconds=document["refresh_interval_seconds"],
            state_version=version,
            arrival_version=version,
            trouble=state.trouble,
        ),
        rendered=rendered,
        state=state,
        base=_Base(
            snapshot_id=snapshot_id,
            digest=rendered.digest,
            body=rendered.body,
            state=state,
            document=document if wants_patches else None,
        ),
        links=_bounded((*before.links, _link(before.base, document))) if before and wants_patches else (),
    )


def _in_other_state(before: Feed, *, rendered: Rendered, state: State) -> Feed:
    # Before the first snapshot only the times differ, which matters only to new connections.
    changed = replace(state, status_since=before.state.status_since) != before.state
    present = replace(
        before.present,
        state_version=before.present.state_version + changed,
        is_base=rendered.digest == before.base.digest,
        trouble=state.trouble,
    )
    return Feed(present=present, rendered=rendered, state=state, base=before.base, links=before.links)


def _link(base: _Base, document: Mapping[str, Any]) -> _Link:
    return _Link(base=base.snapshot_id, base_state=base.state, operations=patch.changes(base.parsed(), document))


def _bounded(links: tuple[_Link, ...]) -> tuple[_Link, ...]:
    """Return the newest links that are few and short enough to be kept."""
    total = 0
    for position in range(len(links) - 1, -1, -1):
        total += len(links[position].operations)
        if total > MAX_LINK_CHARACTERS or len(links) - position > MAX_LINKS:
            return links[position + 1 :]
    return links
