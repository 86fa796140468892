"""JMESPath on what services send."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core.expressions import MAX_EXPRESSION_LENGTH, BadExpression, compile_expression, search
from tests.unit.core.making import json_values

# Of the language: a literal such as `abc` without quotation marks is still taken.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated string literal syntax")

# Each does something with types that do not fit for nearly every document.
HARD_EXPRESSIONS = [
    "@", "a", "a.b", "a[0].b", "[*].a", "a[?b > `1`]", "sum(@)", "avg(@)", "max(@)", "min_by(@, &a)", "sort(@)",
    "length(@)", "keys(@)", "to_number(@)", "to_number(a)", "join(',', @)", "abs(a)", "ceil(@)", "floor(a)",
    "reverse(@)", "map(&a, @)", "merge(@, a)", "contains(@, 'a')", "starts_with(@, 'a')", "type(@)", "not_null(a, b)",
    "a < b", "a == b", "!a", "a || b", "a && b", "@[::-1]", "@[::0]", "values(@)", "sort_by(@, &b)", "to_string(@)",
    "sum(values(@))", "avg(values(@))", "[].a", "*.*", "@.\"\\ud800\"",
]  # fmt: skip


@given(document=json_values, expression=st.sampled_from(HARD_EXPRESSIONS))
def test_a_search_never_raises_whatever_the_document(document: Any, expression: str) -> None:
    search(expression=expression, document=document)


@given(expression=st.text(st.sampled_from("ab.[]()*&|!@`'\",:{}0-<=>?"), max_size=30), document=json_values)
def test_a_search_never_raises_whatever_the_expression(expression: str, document: Any) -> None:
    search(expression=expression, document=document)


@given(expression=st.text(st.sampled_from("ab.[]()*&|!@`'\",:{}0-<=>?"), max_size=30) | st.text(max_size=30))
def test_a_text_is_an_expression_or_a_bad_one(expression: str) -> None:
    problem = _problem(expression)

    assert problem is None or (problem and "\n" not in problem)


def _problem(expression: str) -> str | None:
    try:
        compile_expression(expression)
    except BadExpression as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    "expression",
    ["", "a.", "a[", "nope(@", "a" * (MAX_EXPRESSION_LENGTH + 1), "(" * 200, "[" * 400],
)
def test_what_is_no_expression_is_refused_and_finds_nothing(expression: str) -> None:
    with pytest.raises(BadExpression):
        compile_expression(expression)
    assert search(expression=expression, document={"a": 1}) is None


def test_an_expression_of_the_greatest_length_is_taken() -> None:
    name = "a" * MAX_EXPRESSION_LENGTH

    assert search(expression=name, document={name: 7}) == 7


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("connection.is_running", True),
        ("rates[1].value", 2.5),
        ("sum(rates[].value)", 3.5),
        ("length(rates)", 2),
        ("rates[?name == 'a'].value | [0]", 1),
        ("missing.path", None),
        ("sum(connection)", None),
        ("ceil(to_number('1e999'))", None),
    ],
)
def test_an_expression_finds_what_it_says(expression: str, found: object) -> None:
    document = {"connection": {"is_running": True}, "rates": [{"name": "a", "value": 1}, {"name": "b", "value": 2.5}]}

    assert search(expression=expression, document=document) == found
