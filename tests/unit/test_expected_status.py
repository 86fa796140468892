"""The HTTP statuses of a healthy service, as people write them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core import expected_status

STATUS = st.integers(min_value=100, max_value=599)


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("200-299", ((200, 299),)),
        ("200,204", ((200, 200), (204, 204))),
        (" 200 - 204 , 301", ((200, 204), (301, 301))),
        ("100-599", ((100, 599),)),
    ],
)
def test_statuses_and_ranges_are_read_in_the_order_written(text: str, ranges: tuple[tuple[int, int], ...]) -> None:
    assert expected_status.parse(text) == ranges


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no HTTP status"),
        ("200,", "is no HTTP status"),
        ("ok", '"ok" is no HTTP status'),
        ("2xx", "is no HTTP status"),
        ("200-", "is no HTTP status"),
        ("-200", "is no HTTP status"),
        ("٢٠٠", "is no HTTP status"),
        ("99", "is no HTTP status"),
        ("099-200", "reaches outside 100-599"),
        ("200-600", "reaches outside 100-599"),
        ("299-200", 'runs backwards (write "200-299")'),
    ],
)
def test_a_text_that_is_no_list_of_statuses_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        expected_status.parse(text)


@given(st.lists(st.tuples(STATUS, STATUS).map(lambda pair: (min(pair), max(pair))), min_size=1, max_size=20))
def test_what_is_written_is_what_is_read(ranges: list[tuple[int, int]]) -> None:
    text = ",".join(f"{low}-{high}" for low, high in ranges)

    assert expected_status.parse(text) == tuple(ranges)
