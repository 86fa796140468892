"""What a listener is sent next: snapshots and patches, states, heartbeats, and how updates are thinned."""

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core import delivery
from realtime.core.delivery import HEARTBEAT_SECONDS, Held, Message, Mode, Present, Wishes, after, came_back

FULL = Wishes(period_seconds=300)
DELTA = Wishes(period_seconds=300, mode=Mode.DELTA)
STALE = frozenset({"stale"})
OVERRUN = frozenset({"sweep_overrun"})


def present(snapshot_id: int = 1, **changes: Any) -> Present:
    return Present(**{"snapshot_id": snapshot_id, "arrived_at": 0.0, "refresh_interval_seconds": 5, **changes})


def next_message(held: Held, now_there: Present, *, wishes: Wishes = FULL, at: float = 0.0, can_patch: bool = True
) -> Message | None:  # fmt: skip
    return delivery.next_message(held=held, present=now_there, wishes=wishes, can_patch=can_patch, now=at)


def connected(first: Present) -> Held:
    """What a listener has after its first message, at 0 s."""
    return after(Message.SNAPSHOT, held=Held(message_at=0.0), present=first, now=0.0)


def test_the_first_message_is_a_snapshot_in_either_mode() -> None:
    for wishes in (FULL, DELTA):
        assert next_message(Held(message_at=0.0), present(), wishes=wishes) is Message.SNAPSHOT


def test_the_same_snapshot_is_not_sent_again() -> None:
    assert next_message(connected(present(1)), present(1)) is None


def test_a_new_snapshot_is_a_patch_for_who_wants_one_and_a_document_for_others() -> None:
    held = connected(present(1))

    assert next_message(held, present(2), wishes=DELTA) is Message.DELTA
    assert next_message(held, present(2), wishes=FULL) is Message.SNAPSHOT


def test_a_gap_in_the_patches_gives_a_whole_document() -> None:
    assert next_message(connected(present(1)), present(9), wishes=DELTA, can_patch=False) is Message.SNAPSHOT


def test_a_changed_state_is_told_once_and_the_next_snapshot_is_whole() -> None:
    stale = present(1, state_version=1, trouble=STALE, is_base=False)
    held = connected(present(1))

    assert next_message(held, stale, wishes=DELTA) is Message.STATE
    held = after(Message.STATE, held=held, present=stale, now=1.0)
    assert next_message(held, stale, wishes=DELTA, at=1.0) is None
    recovered = present(2, state_version=1, arrival_version=1)
    assert next_message(held, recovered, wishes=DELTA, at=2.0) is Message.SNAPSHOT
    held = after(Message.SNAPSHOT, held=held, present=recovered, now=2.0)
    assert next_message(held, replace(recovered, snapshot_id=3), wishes=DELTA, at=3.0) is Message.DELTA


def test_the_first_snapshot_after_connecting_in_trouble_is_whole() -> None:
    held = connected(present(1, trouble=STALE))

    assert next_message(held, present(2), wishes=DELTA) is Message.SNAPSHOT


def test_an_error_that_lasts_does_not_keep_patches_away() -> None:
    held = connected(present(1, trouble=STALE))
    held = after(Message.SNAPSHOT, held=held, present=present(2, trouble=STALE), now=5.0)

    assert next_message(held, present(3, trouble=STALE), wishes=DELTA, at=10.0) is Message.DELTA


def test_a_document_that_patches_do_not_start_from_is_followed_by_a_whole_one() -> None:
    held = connected(present(1, is_base=False))

    assert next_message(held, present(2), wishes=DELTA) is Message.SNAPSHOT


def test_a_state_that_a_new_snapshot_overtook_is_told_by_that_snapshot() -> None:
    held = connected(present(1))

    assert next_message(held, present(2, state_version=1, arrival_version=1), wishes=DELTA) is Message.DELTA


def test_after_a_patch_a_state_that_changed_since_its_snapshot_came_is_told() -> None:
    late = present(2, state_version=1, arrival_version=0, trouble=STALE)
    held = after(Message.DELTA, held=connected(present(1)), present=late, now=5.0)

    assert next_message(held, late, wishes=DELTA, at=5.0) is Message.STATE


def test_a_heartbeat_comes_after_15_seconds_without_a_message() -> None:
    held = connected(present(1))

    assert next_message(held, present(1), at=HEARTBEAT_SECONDS - 0.01) is None
    assert next_message(held, present(1), at=HEARTBEAT_SECONDS) is Message.HEARTBEAT
    held = after(Message.HEARTBEAT, held=held, present=present(1), now=HEARTBEAT_SECONDS)
    assert next_message(held, present(1), at=HEARTBEAT_SECONDS + 1) is None


@given(
    refresh=st.sampled_from([1, 5, 10]),
    interval=st.sampled_from([1, 5, 10, 12, 30, 60]),
    lateness=st.lists(st.floats(-0.15, 0.15), min_size=70, max_size=70),
)
def test_thinning_keeps_its_pace(refresh: int, interval: int, lateness: list[float]) -> None:
    wishes = Wishes(period_seconds=300, interval_seconds=interval)
    held, sent = connected(present(0)), [0.0]
    for number, late in enumerate(lateness, start=1):
        came = number * refresh + late * refresh
        there = present(number, arrived_at=came, refresh_interval_seconds=refresh)
        for now in (came, came + 0.5 * refresh):  # once when it came, and at a later look
            if next_message(held, there, wishes=wishes, at=now) is Message.SNAPSHOT:
                held = after(Message.SNAPSHOT, held=held, present=there, now=now)
                sent.append(now)

    gaps = [later - earlier for earlier, later in itertools.pairwise(sent)]
    assert min(gaps) >= interval - 0.2 * refresh - 1e-9 or min(gaps) >= interval / 2
    assert max(gaps) <= max(interval, refresh) + 1.5 * refresh


def test_an_interval_of_two_sweeps_gets_every_second_snapshot() -> None:
    wishes = Wishes(period_seconds=300, mode=Mode.DELTA, interval_seconds=10)
    held = connected(present(0))

    assert next_message(held, present(1, arrived_at=5.1), wishes=wishes, at=5.1) is None
    assert next_message(held, present(2, arrived_at=9.9), wishes=wishes, at=9.9) is Message.DELTA


def test_a_snapshot_that_was_held_back_is_sent_when_no_newer_one_comes() -> None:
    wishes = Wishes(period_seconds=300, interval_seconds=10)
    held = connected(present(0))

    assert next_message(held, present(1, arrived_at=5.0), wishes=wishes, at=10.5) is None
    assert next_message(held, present(1, arrived_at=5.0), wishes=wishes, at=11.0) is Message.SNAPSHOT


def test_thinning_never_holds_back_trouble_or_the_way_out_of_it() -> None:
    wishes = Wishes(period_seconds=300, interval_seconds=60)
    held = connected(present(1))
    stale = present(1, state_version=1, trouble=STALE)

    assert next_message(held, stale, wishes=wishes, at=20.0) is Message.STATE
    held = after(Message.STATE, held=held, present=stale, now=20.0)
    recovered = present(2, arrived_at=21.0, state_version=1, arrival_version=1)
    assert next_message(held, recovered, wishes=wishes, at=21.0) is Message.SNAPSHOT


@pytest.mark.parametrize(("mode", "update"), [(Mode.FULL, Message.SNAPSHOT), (Mode.DELTA, Message.DELTA)])
def test_a_snapshot_that_came_in_trouble_is_let_through_and_so_is_the_first_without(
    mode: Mode, update: Message
) -> None:
    wishes = Wishes(period_seconds=300, mode=mode, interval_seconds=3600)
    held = connected(present(1))
    came = {number: present(number, arrived_at=5.0 * number, trouble=OVERRUN) for number in (2, 3)}

    assert next_message(held, came[2], wishes=wishes, at=10.0) is update
    held = after(update, held=held, present=came[2], now=10.0)
    assert next_message(held, came[3], wishes=wishes, at=15.0) is None
    assert next_message(held, present(4, arrived_at=20.0), wishes=wishes, at=20.0) is update


def test_trouble_that_gives_way_to_other_trouble_is_let_through() -> None:
    wishes = Wishes(period_seconds=300, interval_seconds=3600)
    held = connected(present(1))
    stale = present(1, state_version=1, trouble=STALE)
    held = after(Message.STATE, held=held, present=stale, now=20.0)
    overrun = present(2, arrived_at=25.0, state_version=1, arrival_version=1, trouble=OVERRUN)

    assert next_message(held, overrun, wishes=wishes, at=25.0) is Message.SNAPSHOT


def test_who_came_back_and_thins_hears_of_trouble_that_began_after_a_snapshot_held_back() -> None:
    wishes = replace(DELTA, interval_seconds=3600)
    held = came_back(snapshot_id=7, present=present(7), now=0.0)
    held = after(Message.DELTA, held=held, present=present(8, arrived_at=5.0), now=5.0)
    stale = present(9, arrived_at=10.0, state_version=1, trouble=STALE)

    assert next_message(held, present(9, arrived_at=10.0), wishes=wishes, at=10.0) is None
    assert next_message(held, stale, wishes=wishes, at=30.0) is Message.STATE


def test_a_snapshot_held_back_before_the_trouble_stays_held_back_in_it() -> None:
    wishes = Wishes(period_seconds=300, interval_seconds=60)
    stale = present(2, arrived_at=5.0, state_version=1, trouble=STALE)
    held = after(Message.STATE, held=connected(present(1)), present=stale, now=20.0)

    assert next_message(held, stale, wishes=wishes, at=20.0) is None


def test_who_comes_back_up_to_date_is_told_the_state_once_and_no_snapshot() -> None:
    held = came_back(snapshot_id=7, present=present(7), now=0.0)

    assert next_message(held, present(7)) is Message.STATE
    held = after(Message.STATE, held=held, present=present(7), now=0.0)
    assert next_message(held, present(7)) is None


def test_who_comes_back_just_before_a_new_snapshot_gets_the_patch_to_it() -> None:
    held = came_back(snapshot_id=7, present=present(7), now=0.0)

    assert next_message(held, present(8), wishes=DELTA) is Message.DELTA


def test_who_comes_back_behind_gets_a_patch_at_once_or_a_document() -> None:
    held = came_back(snapshot_id=6, present=present(7), now=0.0)
    thinned = replace(DELTA, interval_seconds=60)

    assert next_message(held, present(7), wishes=thinned) is Message.DELTA
    assert next_message(held, present(7), wishes=FULL) is Message.SNAPSHOT
    assert next_message(held, present(7), wishes=DELTA, can_patch=False) is Message.SNAPSHOT


def test_who_comes_back_may_have_left_in_trouble_so_that_its_next_snapshot_is_not_thinned() -> None:
    held = came_back(snapshot_id=7, present=present(7), now=0.0)
    thinned = replace(DELTA, interval_seconds=3600)

    assert next_message(held, present(8, arrived_at=5.0), wishes=thinned, at=5.0) is Message.DELTA


def test_who_comes_back_behind_in_trouble_gets_the_whole_document() -> None:
    there = present(8, trouble=STALE)

    assert next_message(came_back(snapshot_id=7, present=there, now=0.0), there, wishes=DELTA) is Message.SNAPSHOT


@pytest.mark.parametrize("trouble", [{"trouble": STALE}, {"state_version": 2}])
def test_who_comes_back_up_to_date_hears_of_a_state_that_it_may_not_know(trouble: dict[str, Any]) -> None:
    there = present(7, **trouble)
    held = came_back(snapshot_id=7, present=there, now=0.0)

    assert not held.is_certain
    assert next_message(held, there) is Message.STATE
    assert next_message(after(Message.STATE, held=held, present=there, now=0.0), there) is None
