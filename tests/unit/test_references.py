"""References to environment variables in header values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core import references


def test_names_are_found_once_and_in_order() -> None:
    assert references.names_in("${B} and ${A}, ${B}") == ("B", "A")


@pytest.mark.parametrize("text", ["${", "${}", "${A-B}", "${1A}", "a${A", "${A}${"])
def test_a_beginning_without_a_complete_reference_is_broken(text: str) -> None:
    assert references.is_broken(text)


@pytest.mark.parametrize("text", ["", "plain", "$A", "{A}", "${A}", "Bearer ${A}", "$ {A}"])
def test_other_texts_are_not_broken(text: str) -> None:
    assert not references.is_broken(text)


@pytest.mark.parametrize("text", ["${A}", "Bearer ${A}", "token ${A}", "Basic ${A}${B}", "ApiKey ${ID}:${KEY}"])
def test_references_beside_an_authorization_scheme_hold_no_secret(text: str) -> None:
    assert references.is_free_of_secrets(text)


@pytest.mark.parametrize(
    "text", ["", "Bearer", "hunter2", "Bearer hunter2", "${USER}:hunter2", "hunter2 ${A}", "x${A}"]
)
def test_anything_else_may_be_secret(text: str) -> None:
    assert not references.is_free_of_secrets(text)


def test_an_empty_variable_counts_as_unset() -> None:
    assert references.unset_names("${A}${B}${C}", environment={"A": "x", "B": " \n"}) == ("B", "C")


def test_white_space_around_a_value_goes() -> None:
    assert references.resolve("Bearer ${A}", environment={"A": " secret\n"}) == "Bearer secret"


def test_a_value_is_not_looked_into_again() -> None:
    assert references.resolve("${A}", environment={"A": "${B}", "B": "no"}) == "${B}"


@given(st.text())
def test_a_text_without_references_stays_as_it_is(text: str) -> None:
    if not references.names_in(text):
        assert references.resolve(text, environment={}) == text
