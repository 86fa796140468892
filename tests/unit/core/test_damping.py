"""Flap damping, against a simulation that keeps the whole past."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from realtime.core.damping import Damped, damp
from realtime.core.records import Failure, FailureKind, Shown, Status

verdicts = st.sampled_from([Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY, Status.ERROR])
thresholds = st.integers(1, 4)
NEW = Damped(shown=Shown(status=Status.UNKNOWN))


@dataclass
class Course:
    """What was shown after each verdict."""

    shown: list[Damped]

    @classmethod
    def of(cls, given: list[Status], *, failures: int = 1, successes: int = 1, first: Damped = NEW) -> "Course":
        shown = [first]
        for number, verdict in enumerate(given):
            shown.append(
                damp(
                    before=shown[-1],
                    verdict=Shown(status=verdict, failure=_failure(number) if verdict.is_bad else None),
                    failure_threshold=failures,
                    success_threshold=successes,
                )
            )
        return cls(shown[1:])

    @property
    def statuses(self) -> list[Status]:
        return [damped.shown.status for damped in self.shown]


def _failure(number: int) -> Failure:
    return Failure(kind=FailureKind.CONNECT, message=f"failure {number}")


def simulated(given: list[Status], *, failures: int, successes: int) -> list[tuple[Status, str | None, bool]]:
    """Status, message of the failure it rests on and pending, found by looking back over all verdicts."""
    shown: list[tuple[Status, str | None, bool]] = []
    for number, verdict in enumerate(given):
        past = given[: number + 1]
        alike = 0
        while alike < len(past) and past[-1 - alike].is_bad == verdict.is_bad:
            alike += 1
        is_first = alike == len(past)
        is_bad_now = bool(shown) and shown[-1][0].is_bad
        enough = failures if verdict.is_bad else successes
        if is_first or verdict.is_bad == is_bad_now or alike >= enough:
            shown.append((verdict, f"failure {number}" if verdict.is_bad else None, False))
        else:
            shown.append((shown[-1][0], shown[-1][1], True))
    return shown


@given(given_verdicts=st.lists(verdicts, max_size=40), failures=thresholds, successes=thresholds)
def test_what_is_shown_is_what_the_whole_past_says(given_verdicts: list[Status], failures: int, successes: int) -> None:
    course = Course.of(given_verdicts, failures=failures, successes=successes)

    assert [
        (damped.shown.status, damped.shown.failure.message if damped.shown.failure else None, damped.is_pending)
        for damped in course.shown
    ] == simulated(given_verdicts, failures=failures, successes=successes)


@given(given_verdicts=st.lists(verdicts, max_size=40), failures=thresholds, successes=thresholds)
def test_a_failure_is_shown_with_every_bad_status_and_with_no_good_one(
    given_verdicts: list[Status], failures: int, successes: int
) -> None:
    for damped in Course.of(given_verdicts, failures=failures, successes=successes).shown:
        assert (damped.shown.failure is not None) is damped.shown.status.is_bad


@given(st.lists(verdicts, max_size=20))
def test_with_thresholds_of_one_nothing_is_damped(given_verdicts: list[Status]) -> None:
    course = Course.of(given_verdicts)

    assert course.statuses == given_verdicts
    assert not any(shown.is_pending for shown in course.shown)


def test_a_service_turns_bad_with_the_third_failed_probe_in_a_row() -> None:
    given_verdicts = [Status.HEALTHY, Status.ERROR, Status.ERROR, Status.HEALTHY, *[Status.ERROR] * 3]

    course = Course.of(given_verdicts, failures=3)

    assert course.statuses == [Status.HEALTHY] * 6 + [Status.ERROR]
    assert [shown.is_pending for shown in course.shown] == [False, True, True, False, True, True, False]


def test_a_service_turns_good_with_the_second_success_in_a_row() -> None:
    given_verdicts = [Status.ERROR, Status.HEALTHY, Status.UNHEALTHY, Status.DEGRADED, Status.HEALTHY]

    course = Course.of(given_verdicts, successes=2)

    assert course.statuses == [Status.ERROR, Status.ERROR, Status.UNHEALTHY, Status.UNHEALTHY, Status.HEALTHY]


def test_unknown_and_maintenance_give_way_at_once() -> None:
    for status in (Status.UNKNOWN, Status.MAINTENANCE):
        course = Course.of([Status.ERROR], failures=4, first=Damped(shown=Shown(status=status)))

        assert course.statuses == [Status.ERROR]
        assert course.shown[0].shown.failure is not None
