"""Bytes of an answer -> a document or a text."""

import json
import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core import answers
from tests.unit.core.making import json_values

UMLAUT = '{"city": "Münster"}'
CONTENT_TYPES = st.text(max_size=40) | st.sampled_from(
    [f"application/json; charset={name}" for name in ("utf-16", "utf-7", "latin-1", "hex", "punycode", "idna", '"x')]
)


@given(body=st.binary(max_size=300), content_type=CONTENT_TYPES)
def test_any_bytes_give_a_text_that_utf_8_can_carry(body: bytes, content_type: str) -> None:
    content = answers.read_content(body=body, content_type=content_type)

    content.text.encode("utf-8")
    assert content.is_json == (content.problem is None)


@given(document=json_values)
def test_a_json_document_comes_out_as_it_went_in_except_for_numbers_beyond_a_double(document: Any) -> None:
    assert answers.parse_json(json.dumps(document)) == _without_endless_numbers(document)


def _without_endless_numbers(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_endless_numbers(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_endless_numbers(item) for name, item in value.items()}
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < 10**308 else None
    return None if isinstance(value, float) and math.isinf(value) else value


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=iso-8859-1"])
def test_unicode_is_known_by_its_bytes_whatever_charset_is_named(charset: str, content_type: str) -> None:
    content = answers.read_content(body=UMLAUT.encode(charset), content_type=content_type)

    assert content.document == {"city": "Münster"}


@pytest.mark.parametrize(
    ("charset", "named"), [("latin-1", "ISO-8859-1"), ("cp1252", "windows-1252"), ("latin-1", '"latin1"')]
)
def test_what_is_no_utf_8_is_read_in_the_named_charset(charset: str, named: str) -> None:
    content = answers.read_content(body=UMLAUT.encode(charset), content_type=f"application/json; Charset={named}")

    assert content.document == {"city": "Münster"}


@pytest.mark.parametrize(
    "named", ["", "; charset=nonsense", "; charset=iso-1", "; charset=hex", "; charset=idna", "; charset=undefined"]
)
def test_what_no_charset_explains_is_utf_8_with_gaps(named: str) -> None:
    content = answers.read_content(body=UMLAUT.encode("latin-1"), content_type=f"application/json{named}")

    assert content.document == {"city": "M�nster"}


def test_a_codec_that_takes_quadratic_time_is_never_asked() -> None:
    body = b"a" * 30_000 + b"-" + b"b" * 30_000

    text = answers.decode(body=body + b"\xff", content_type="text/plain; charset=punycode")

    assert text == body.decode() + "�"


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e400", "-1e999", "1" + "0" * 400])
def test_a_number_that_is_none_is_dropped_and_the_rest_stands(literal: str) -> None:
    assert answers.parse_json(f'{{"status": "ok", "n": {literal}}}') == {"status": "ok", "n": None}


def test_an_integer_with_a_million_digits_costs_no_time() -> None:
    began = time.process_time()

    answers.parse_json("1" + "0" * 1_000_000)

    assert time.process_time() - began < 1  # int() of it would take 4 s and more


@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_a_document_is_read_down_to_the_deepest_level_allowed_and_no_further(brackets: str) -> None:
    def nested(depth: int) -> str:
        if brackets == "[]":
            return "[" * depth + "]" * depth
        return '{"a":' * (depth - 1) + "{}" + "}" * (depth - 1)

    answers.parse_json(nested(answers.MAX_DEPTH))
    answers.parse_json(f"[{nested(answers.MAX_DEPTH - 1)}, {nested(answers.MAX_DEPTH - 1)}]")
    for depth in (answers.MAX_DEPTH + 1, 1_000, 100_000):
        with pytest.raises(answers.NotJson, match="deeper than 100 levels"):
            answers.parse_json(nested(depth))


def test_brackets_inside_texts_are_no_depth() -> None:
    document = [["[" * 500, '\\"{{' * 300], *[{}] * 300]

    assert answers.parse_json(json.dumps(document)) == document


@pytest.mark.parametrize(
    "text", ["", "{", '{"a": 1', "{'a': 1}", '{"a": 1}}', "<html></html>", "OK", '"', "[1,]", "\\"]
)
def test_broken_json_is_said_to_be_broken_and_where(text: str) -> None:
    with pytest.raises(answers.NotJson, match=r"at line 1, column \d+"):
        answers.parse_json(text)


def test_of_two_members_with_one_name_the_last_counts() -> None:
    assert answers.parse_json('{"status": "ok", "status": "down"}') == {"status": "down"}


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("text/json", True),
        ("application/health+json", True),
        ("application/vnd.spring-boot.actuator.v3+json;charset=UTF-8", True),
        ("application/x-ndjson", False),
        ("text/html; note=application/json", False),
        ("text/plain", False),
        ("", False),
    ],
)
def test_json_is_promised_by_its_media_types_alone(content_type: str, expected: bool) -> None:
    assert answers.says_json(content_type) is expected


@pytest.mark.parametrize(
    "value", [True, False, None, "1", [1], {}, math.nan, math.inf, -math.inf, 10**400, 1e291, -1e291]
)
def test_what_is_no_usable_number_is_none(value: object) -> None:
    assert answers.finite_number(value) is None


@given(st.integers(-(10**15), 10**15) | st.floats(-1e290, 1e290))
def test_a_usable_number_stays_what_it_is(value: float) -> None:
    assert answers.finite_number(value) == value
    assert type(answers.finite_number(value)) is float
