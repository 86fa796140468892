"""Maintenance windows: when they are open, over changes of the clock too, and what a sweep says in them."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core import counting, history
from realtime.core.maintenance import (
    BadWeekdays,
    MaintenanceWindow,
    OnceWindow,
    WeeklyWindow,
    is_in_maintenance,
    maintenance_until,
    parse_weekdays,
)
from realtime.core.records import (
    FailureKind,
    ProbeResult,
    ReadingSpec,
    ServiceState,
    Status,
    Unprobed,
    UnprobedReason,
)
from tests.unit.core.making import NOW, failure, probed, target
from tests.unit.core.sweeping import Collector

BERLIN = ZoneInfo("Europe/Berlin")
SECOND = timedelta(seconds=1)
MON, SAT, SUN = 0, 5, 6


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def weekly(at: str, minutes: int, *days: int, zone: str = "Europe/Berlin") -> WeeklyWindow:
    return WeeklyWindow(
        weekdays=frozenset(days),
        at=time.fromisoformat(at),
        duration=timedelta(minutes=minutes),
        zone=ZoneInfo(zone),
    )


def span(window: MaintenanceWindow, *, around: str) -> tuple[str, str] | None:
    """The first opening and its end, in UTC, to the minute, within a day and a half around a day."""
    start = utc(around) - timedelta(hours=6)
    minutes = [start + timedelta(minutes=step) for step in range(36 * 60)]
    open_ones = [minute for minute in minutes if window.closes_at(now=minute)]
    if not open_ones:
        return None
    return open_ones[0].strftime("%d %H:%M"), (open_ones[-1] + timedelta(minutes=1)).strftime("%d %H:%M")


def test_a_window_holds_its_start_and_not_its_end() -> None:
    window = OnceWindow(starts_at=NOW, ends_at=NOW + timedelta(hours=1))

    assert not window.closes_at(now=NOW - SECOND)
    assert window.closes_at(now=NOW)
    assert window.closes_at(now=NOW + timedelta(hours=1) - SECOND)
    assert not window.closes_at(now=NOW + timedelta(hours=1))


def test_a_moment_is_the_same_in_every_zone() -> None:
    window = OnceWindow(
        starts_at=datetime(2026, 1, 5, 22, tzinfo=BERLIN), ends_at=datetime(2026, 1, 5, 23, tzinfo=BERLIN)
    )

    assert window.closes_at(now=utc("2026-01-05T21:30"))
    assert not window.closes_at(now=utc("2026-01-05T22:30"))


def test_a_weekly_window_follows_the_clock_of_its_zone() -> None:
    window = weekly("02:00", 60, SUN)

    assert span(window, around="2026-01-11") == ("11 01:00", "11 02:00")  # winter, UTC+1
    assert span(window, around="2026-07-12") == ("12 00:00", "12 01:00")  # summer, UTC+2
    assert span(window, around="2026-01-09") is None


def test_where_clocks_go_forward_over_its_start_it_opens_as_if_they_had_not() -> None:
    # 29 March 2026: at 2:00 the clock goes to 3:00, which is 1:00 UTC.
    assert span(weekly("02:30", 60, SUN), around="2026-03-29") == ("29 01:30", "29 02:30")


def test_where_clocks_go_forward_within_it_it_lasts_as_long_as_it_should() -> None:
    assert span(weekly("01:30", 60, SUN), around="2026-03-29") == ("29 00:30", "29 01:30")


def test_where_clocks_show_its_start_twice_it_opens_at_the_first_and_once() -> None:
    # 25 October 2026: at 3:00 (1:00 UTC) the clock goes back to 2:00.
    assert span(weekly("02:30", 60, SUN), around="2026-10-25") == ("25 00:30", "25 01:30")


def test_where_clocks_go_back_within_it_it_lasts_as_long_as_it_should() -> None:
    assert span(weekly("01:30", 120, SUN), around="2026-10-25") == ("24 23:30", "25 01:30")


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC"])
def test_every_zone_opens_it_for_its_whole_time_each_week(zone: str) -> None:
    window = weekly("02:15", 90, SAT, zone=zone)
    start = utc("2025-01-01T00:00")

    minutes = (
        sum(window.closes_at(now=start + timedelta(minutes=5 * step)) is not None for step in range(7 * 52 * 288)) * 5
    )

    assert minutes == 52 * 90


def test_a_window_goes_over_midnight_and_over_days() -> None:
    assert span(weekly("23:30", 60, SAT, zone="UTC"), around="2026-01-10") == ("10 23:30", "11 00:30")
    long = weekly("20:00", 6 * 24 * 60, MON, zone="UTC")
    assert long.closes_at(now=utc("2026-01-11T19:59"))
    assert not long.closes_at(now=utc("2026-01-11T20:00"))
    assert long.closes_at(now=utc("2026-01-12T20:00"))


def test_maintenance_lasts_until_the_last_of_windows_that_follow_each_other() -> None:
    hour = timedelta(hours=1)
    windows = (
        OnceWindow(starts_at=NOW, ends_at=NOW + hour),
        OnceWindow(starts_at=NOW + hour, ends_at=NOW + 2 * hour),
        OnceWindow(starts_at=NOW + 3 * hour, ends_at=NOW + 4 * hour),
    )

    assert maintenance_until(windows, now=NOW) == NOW + 2 * hour
    assert maintenance_until(windows, now=NOW + 2 * hour) is None


def test_windows_without_a_gap_between_them_still_give_an_end() -> None:
    always = weekly("00:00", 24 * 60, *range(7), zone="UTC")

    until = maintenance_until((always,), now=NOW)

    assert until is not None
    assert timedelta(days=29) < until - NOW < timedelta(days=32)


def test_any_of_several_windows_will_do() -> None:
    windows = (weekly("02:00", 60, SUN), OnceWindow(starts_at=NOW, ends_at=NOW + SECOND))

    assert is_in_maintenance(windows, now=NOW)
    assert not is_in_maintenance(windows, now=NOW + SECOND)
    assert not is_in_maintenance((), now=NOW)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("sun", {6}),
        ("sat,sun", {5, 6}),
        (" Sat , SUN ", {5, 6}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("fri-mon", {4, 5, 6, 0}),
        ("mon-mon", {0}),
        ("daily", set(range(7))),
    ],
)
def test_weekdays_are_written_as_people_write_them(text: str, days: set[int]) -> None:
    assert parse_weekdays(text) == days


@pytest.mark.parametrize("text", ["", "  ,", "sonntag", "mon-", "-fri", "mon-xyz", "8", "mon--fri"])
def test_what_names_no_day_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadWeekdays, match='write "sat,sun"'):
        parse_weekdays(text)


# What a sweep says


OPEN = OnceWindow(starts_at=NOW - timedelta(days=1), ends_at=NOW + timedelta(days=1))
PROBES = (
    probed(),
    probed(status=Status.DEGRADED),
    probed(status=Status.UNHEALTHY),
    probed(status=Status.ERROR),
    *(Unprobed(target="data-api", reason=reason) for reason in UnprobedReason),
)


def maintained(collector: Collector, *windows: MaintenanceWindow, **changes: Any) -> Collector:
    collector.targets = [target(maintenance=windows, **changes), target("other")]
    return collector


def entry(collector: Collector) -> ServiceState:
    assert collector.previous is not None
    return collector.previous.services[0]


@pytest.mark.parametrize("outcome", PROBES)
def test_in_maintenance_it_is_shown_so_whatever_the_probe_says(outcome: ProbeResult | Unprobed) -> None:
    collector = maintained(Collector(), OPEN)
    collector.sweep(probed(), probed("other"))

    done = collector.sweep(outcome, probed("other"))

    state = entry(collector)
    assert (state.status, state.failure, state.pending, state.consecutive_failures) == (
        Status.MAINTENANCE,
        None,
        False,
        0,
    )
    assert counting.roll_up(counting.count_statuses(done.snapshot.services)) is Status.HEALTHY


@given(st.sampled_from(PROBES))
def test_it_is_out_of_errors_and_latency_while_the_others_count_on(outcome: ProbeResult | Unprobed) -> None:
    collector = maintained(Collector(), OPEN)

    sample = collector.sweep(outcome, probed("other")).sample

    assert sample.fleet[history.FAILED] == (0.0,)
    assert set(sample.services) == {"other"}
    assert len(sample.latencies) == 1
    assert sample.fleet[history.API_CALLS_ACTIVE] == (1.0,)


def test_what_it_answers_is_shown_and_its_events_count() -> None:
    spec = ReadingSpec(name="events_per_second", expression="x", counts_toward_events=True)
    collector = maintained(Collector(), OPEN, readings=(spec,))

    done = collector.sweep(probed(gauges={"events_per_second": 3.0}), probed("other"))

    assert entry(collector).readings == {"events_per_second": 3.0}
    assert entry(collector).response_time_seconds is not None
    assert (done.snapshot.events_per_second, done.snapshot.events_fresh) == (3.0, 1)


def test_the_first_verdict_after_it_applies_at_once() -> None:
    collector = maintained(Collector(), failure_threshold=3, success_threshold=3)
    collector.sweep(probed(), probed("other"))
    maintained(collector, OPEN, failure_threshold=3, success_threshold=3)
    collector.sweep(probed(status=Status.ERROR), probed("other"))

    maintained(collector, failure_threshold=3, success_threshold=3)
    collector.sweep(probed(status=Status.UNHEALTHY), probed("other"))

    assert (entry(collector).status, entry(collector).pending) == (Status.UNHEALTHY, False)


def test_a_service_that_was_bad_before_it_is_not_held_to_that_after_it() -> None:
    collector = maintained(Collector(), success_threshold=3)
    collector.sweep(probed(status=Status.ERROR), probed("other"))
    maintained(collector, OPEN, success_threshold=3)
    collector.sweep(probed(), probed("other"))

    maintained(collector, success_threshold=3)
    collector.sweep(probed(), probed("other"))

    assert (entry(collector).status, entry(collector).pending) == (Status.HEALTHY, False)


@pytest.mark.parametrize("reason", UnprobedReason)
def test_one_that_was_not_probed_after_it_is_unknown_and_not_in_maintenance(reason: UnprobedReason) -> None:
    collector = maintained(Collector(), OPEN)
    collector.sweep(probed(), probed("other"))

    maintained(collector)
    collector.sweep(Unprobed(target="data-api", reason=reason), probed("other"))

    assert entry(collector).status is Status.UNKNOWN


def test_a_fleet_that_hangs_in_maintenance_backs_off_all_the_same() -> None:
    collector = maintained(Collector(), OPEN)
    hung = probed(status=Status.ERROR, failure=failure(FailureKind.TIMEOUT))

    for _ in range(2):
        collector.sweep(hung, probed("other"))

    assert entry(collector).next_check_at is not None
    assert entry(collector).status is Status.MAINTENANCE
