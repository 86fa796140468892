"""What a listener is sent next, decided from what it has, what it wished for, and what there is now.

There is no queue: a listener that was busy, or that thins its updates, goes from what it has to what there is now,
whatever lay between. Times are monotonic seconds.
"""

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from realtime.core.slices import Fields

HEARTBEAT_SECONDS = 15.0
MIN_INTERVAL_SECONDS = 1
MAX_INTERVAL_SECONDS = 3600

# Sweeps end a little early or late. A snapshot that comes this share of a refresh interval before its time is let
# through, and one that was held back waits as much longer for a newer one.
_SLACK_SHARE = 0.2


class Mode(StrEnum):
    """Whether a listener wants whole documents, or patches where that is possible."""

    FULL = "full"
    DELTA = "delta"


class Message(StrEnum):
    """The kinds of messages, as they are named on the wire."""

    SNAPSHOT = "snapshot"
    DELTA = "delta"
    STATE = "state"
    HEARTBEAT = "heartbeat"


class View(NamedTuple):
    """One of the answers that can be listened to."""

    period_seconds: int
    fields: Fields


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What a listener asked for. `interval_seconds`: least time between two updates, None for every snapshot."""

    period_seconds: int
    fields: Fields = Fields.ALL
    mode: Mode = Mode.FULL
    interval_seconds: int | None = None

    @property
    def view(self) -> View:
        """Return which answer it listens to."""
        return View(period_seconds=self.period_seconds, fields=self.fields)


@dataclass(frozen=True, kw_only=True, slots=True)
class Present:
    """What there is now, in one view.

    state_version: grows each time that staleness, status or error change without a new snapshot; arrival_version is
    what it was when this snapshot came.
    is_base: patches to the next snapshot start from the document as it is now.
    trouble: what is wrong on our side now, in words of the contract: "stale", the code of the error.
    """

    snapshot_id: int
    arrived_at: float
    refresh_interval_seconds: int
    state_version: int = 0
    arrival_version: int = 0
    is_base: bool = True
    trouble: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What a listener has.

    snapshot_id: None before the first document. state_version: None for one that came back, which may believe
    anything of the state. trouble: what was wrong when it was last sent anything but a heartbeat; after a patch, which
    tells the state in which its snapshot came, a state that tells the rest follows. data_at: of the last document or
    patch; message_at: of the last message of any kind.
    """

    snapshot_id: int | None = None
    state_version: int | None = 0
    needs_full: bool = True
    trouble: frozenset[str] = frozenset()
    data_at: float = -math.inf
    message_at: float

    @property
    def is_certain(self) -> bool:
        """Whether its document is known to be, state included, the one that patches start from."""
        return self.state_version is not None


def came_back(*, snapshot_id: int, present: Present, now: float) -> Held:
    """Return what a listener has that was away, and says which snapshot it had last.

    Its next snapshot is due at once, however it thins: it may have left in a trouble that is over.
    """
    return Held(snapshot_id=snapshot_id, state_version=None, needs_full=bool(present.trouble), message_at=now)


def next_message(*, held: Held, present: Present, wishes: Wishes, can_patch: bool, now: float) -> Message | None:
    """Return the kind of message that a listener is to be sent now, None for nothing.

    can_patch: the patches that lead from its snapshot to the present one are at hand.
    """
    if held.snapshot_id is None:
        return Message.SNAPSHOT
    if _must_hear_state(held, present):
        return Message.STATE
    if present.snapshot_id != held.snapshot_id and _is_due(held, present, wishes, now):
        wants_patch = wishes.mode is Mode.DELTA and can_patch and not held.needs_full
        return Message.DELTA if wants_patch else Message.SNAPSHOT
    return Message.HEARTBEAT if now - held.message_at >= HEARTBEAT_SECONDS else None


def after(message: Message, *, held: Held, present: Present, now: float) -> Held:
    """Return what a listener has once it was sent this message."""
    match message:
        case Message.SNAPSHOT:
            began_in_trouble = held.snapshot_id is None and bool(present.trouble)
            return Held(
                snapshot_id=present.snapshot_id,
                state_version=present.state_version,
                needs_full=began_in_trouble or not present.is_base,
                trouble=present.trouble,
                data_at=now,
                message_at=now,
            )
        case Message.DELTA:
            # Patches lead to the state in which the snapshot came; later changes of state follow as a message.
            return Held(
                snapshot_id=present.snapshot_id,
                state_version=present.arrival_version,
                needs_full=False,
                trouble=present.trouble,
                data_at=now,
                message_at=now,
            )
        case Message.STATE:
            return replace(
                held,
                state_version=present.state_version,
                needs_full=True,
                trouble=present.trouble,
                message_at=now,
            )
        case Message.HEARTBEAT:
            return replace(held, message_at=now)


def _must_hear_state(held: Held, present: Present) -> bool:
    if held.state_version is None:
        # Also when all is well: it may have left in a trouble that is over, and nobody here remembers.
        return present.snapshot_id == held.snapshot_id
    # A change that a newer snapshot overtook is part of that snapshot.
    return present.state_version > max(held.state_version, present.arrival_version)


def _is_due(held: Held, present: Present, wishes: Wishes, now: float) -> bool:
    if wishes.interval_seconds is None:
        return True
    if present.trouble != held.trouble:
        return True  # trouble, and the way out of it, are never thinned
    slack = min(_SLACK_SHARE * present.refresh_interval_seconds, wishes.interval_seconds / 2)
    came_in_time = present.arrived_at - held.data_at >= wishes.interval_seconds - slack
    return came_in_time or now - held.data_at >= wishes.interval_seconds + slack
