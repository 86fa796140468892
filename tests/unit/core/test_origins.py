"""Origins: where a secret may go."""

import pytest

from realtime.core.origins import are_one_origin


@pytest.mark.parametrize(
    "other", ["http://h:80/x?y", "HTTP://H", "http://user:password@h", "http://h/", "http://h:80", "http://h:080"]
)
def test_path_user_case_and_the_schemes_own_port_make_no_other_origin(other: str) -> None:
    assert are_one_origin("http://h", other)


@pytest.mark.parametrize("other", ["https://h", "http://h:81", "http://h.", "http://i", "http://h@i", "http://h:x", ""])
def test_scheme_host_and_port_do(other: str) -> None:
    assert not are_one_origin("http://h", other)


def test_all_of_several_count() -> None:
    assert not are_one_origin("http://h/1", "http://h/2", "http://i", "http://h/3")
