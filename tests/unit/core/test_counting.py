"""Counts over the services of a snapshot, and their roll-up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core.counting import count_apis, count_statuses, roll_up
from realtime.core.records import ServiceState, Status
from tests.unit.core.making import state

services = st.lists(
    st.builds(lambda status, api: state("a", status, counts_as_api=api), st.sampled_from(Status), st.booleans()),
    max_size=30,
)


@given(services)
def test_active_inactive_and_error_add_up_to_the_services_that_count_as_apis(states: list[ServiceState]) -> None:
    counts = count_apis(states)

    apis = [service.status for service in states if service.counts_as_api]
    assert counts.active + counts.inactive + counts.error == counts.total == len(apis)
    assert counts.active == apis.count(Status.HEALTHY) + apis.count(Status.DEGRADED)
    assert counts.error == apis.count(Status.ERROR)


@pytest.mark.parametrize("status", [Status.UNHEALTHY, Status.UNKNOWN, Status.MAINTENANCE])
def test_all_the_rest_is_inactive_maintenance_included(status: Status) -> None:
    assert count_apis([state(status=status)]).inactive == 1


@given(services)
def test_health_is_the_share_of_active_ones_among_those_not_in_maintenance(states: list[ServiceState]) -> None:
    judged = [one.status for one in states if one.counts_as_api and one.status is not Status.MAINTENANCE]

    ratio = count_apis(states).health_ratio

    assert ratio == (sum(status.is_good for status in judged) / len(judged) if judged else None)


def test_without_a_service_to_judge_there_is_no_share_of_active_ones() -> None:
    assert count_apis([]).health_ratio is None
    assert count_apis([state(status=Status.MAINTENANCE)]).health_ratio is None
    assert count_apis([state(status=Status.MAINTENANCE), state(status=Status.UNKNOWN)]).health_ratio == 0


@given(services)
def test_every_status_has_a_count_and_every_service_is_in_one(states: list[ServiceState]) -> None:
    counts = count_statuses(states)

    assert list(counts) == list(Status)
    assert sum(counts.values()) == len(states)
    assert all(counts[status] == sum(one.status is status for one in states) for status in Status)


@given(services)
def test_the_roll_up_is_the_worst_status_present(states: list[ServiceState]) -> None:
    worst_last = ["maintenance", "healthy", "unknown", "degraded", "unhealthy", "error"]

    expected = max((one.status for one in states), key=worst_last.index, default=Status.UNKNOWN)

    assert roll_up(count_statuses(states)) is expected
