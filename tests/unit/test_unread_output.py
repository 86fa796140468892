"""How long a client may leave untouched what waits for it."""

import pytest

from metricsproj.unread_output import ANSWER_SECONDS, STUCK_SECONDS, STUCK_STREAM_SECONDS, UnreadOutput


def seconds_until_overdue(sizes: list[int], *, is_stream: bool = False) -> int | None:
    """Look once a second at a buffer of these sizes, the last of which stays."""
    unread = UnreadOutput()
    for second in range(200):
        size = sizes[min(second, len(sizes) - 1)]
        if unread.is_overdue(size, is_stream=is_stream, now=1000.0 + second):
            return second
    return None


@pytest.mark.parametrize("is_stream", [True, False])
def test_a_client_that_has_read_everything_has_all_the_time_it_wants(is_stream: bool) -> None:
    assert seconds_until_overdue([0], is_stream=is_stream) is None


def test_an_answer_that_stands_still_is_given_up() -> None:
    assert seconds_until_overdue([500]) == STUCK_SECONDS + 1


def test_an_answer_that_is_read_too_slowly_is_given_up() -> None:
    assert seconds_until_overdue(list(range(10_000, 0, -1))) == ANSWER_SECONDS + 1


def test_progress_begins_the_time_anew() -> None:
    assert seconds_until_overdue([500] * 9 + [400]) == 9 + STUCK_SECONDS + 1


def test_a_stream_may_be_read_slowly_for_ever() -> None:
    assert seconds_until_overdue([900 - second % 3 for second in range(200)], is_stream=True) is None


def test_a_stream_that_stands_still_has_longer_than_an_answer() -> None:
    assert seconds_until_overdue([500], is_stream=True) == STUCK_STREAM_SECONDS + 1
