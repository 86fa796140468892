"""Patterns of label matchers: what they match, what is refused, and that no value takes them long."""

import re

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from realtime.core.label_patterns import MAX_TABLE_ROWS, BadPattern, Pattern

ATOMS = st.sampled_from(["a", "b", "5", ".", "[ab]", "[^a]", "[a-c5]", "\\d", "\\w", "\\S", "\\.", "[\\d.]", "-"])
REPEATS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,2}", "{1,}", "*?"])
PIECES = st.tuples(ATOMS, REPEATS).map("".join)
PATTERNS = st.recursive(
    st.lists(PIECES, max_size=3).map("".join),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("|".join),
        st.tuples(inner, REPEATS).map(lambda pair: f"({pair[0]}){pair[1]}"),
        st.tuples(inner, inner).map("".join),
    ),
    max_leaves=4,
)


@given(PATTERNS, st.lists(st.text("ab5c.-\n ", max_size=6), min_size=1, max_size=8))
def test_a_pattern_matches_what_pythons_own_matches(text: str, values: list[str]) -> None:
    theirs = re.compile(text, re.DOTALL | re.ASCII)
    try:
        ours = Pattern(text)
    except BadPattern:  # the generated repetitions multiply
        reject()

    for value in values:
        assert ours.matches(value) == (theirs.fullmatch(value) is not None), (text, value)


@pytest.mark.parametrize(
    ("text", "value", "is_match"),
    [
        ("5..", "503", True),
        ("5..", "5030", False),
        ("in|out", "out", True),
        ("in|out", "outer", False),
        ("^in$", "in", True),
        ("in\\$", "in$", True),
        (".*", "line\nbreak", True),
        ("", "", True),
        ("", "x", False),
        ("shard-[0-9]+", "shard-17", True),
        ("[]a]+", "a]", True),
        ("[^/]*", "a/b", False),
        ("caf.", "café", True),
        ("(?:a|b){2}", "ba", True),
    ],
)
def test_the_whole_value_must_match(text: str, value: str, is_match: bool) -> None:
    assert Pattern(text).matches(value) is is_match


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(a", "a ( without its )"),
        ("a)", "a ) without its ("),
        ("[a", "ends too early"),
        ("a\\", "ends too early"),
        ("*a", "a * out of place"),
        ("a**", "repeats a repetition"),
        ("a{x}", "begins no {2}"),
        ("a{3,2}", "the lower first"),
        ("a{1000}", "choose from 0 to 100"),
        ("(?i)a", "a group (?i, which is not supported"),
        ("(?=a)", "not supported"),
        ("(a)\\1", "has \\1, which is not supported"),
        ("[z-a]", "backwards"),
        ("[[:alpha:]]", "write [a-z]"),
        ("a^b", "a ^ out of place"),
        ("(" * 30 + ")" * 30, "nested deeper"),
        ("(.{100}){100}", "too large"),
        (".*a.{12}", "too large a table"),
    ],
)
def test_what_is_refused_is_named(text: str, words: str) -> None:
    with pytest.raises(BadPattern) as caught:
        Pattern(text)

    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["(a+)+b", "(a|a)*b", "(.*)*x", "a?a?a?a?a?a?a?a?aaaaaaaa", ".*.*.*.*b"])
def test_a_value_is_read_once_however_the_pattern_repeats(text: str) -> None:
    """One step of the table for each character: Python's own engine does not end on the first of these."""
    pattern = Pattern(text)

    assert len(pattern._table) <= MAX_TABLE_ROWS
    assert not pattern.matches("a" * 100_000)
