"""Turns the bytes of an answer into a document or a text, whatever a service may have sent."""

import json
import math
import re
from dataclasses import dataclass

# Python's own limit depends on its version and on the depth of the caller's stack; ours is the same everywhere.
MAX_DEPTH = 100
# However many such numbers are added up, and shown per hour: the sum is still a double. Beyond it is no number.
MAX_NUMBER = 1e290
# Longer literals are beyond a double; int() of them would cost quadratic time and raise past 4,300 digits.
MAX_INTEGER_DIGITS = 308

_CHARSET = re.compile(r"""charset\s*=\s*["']?([a-z0-9._:-]{1,40})""", re.IGNORECASE)
# Those of documents. Python knows codecs that are none, and one (punycode) that takes 20 s for a body of 256 KiB.
_DOCUMENT_CHARSET = re.compile(r"utf-?(8|16|32)|iso|latin|windows|cp\d|koi8|mac|gb|big5|shift|euc", re.IGNORECASE)
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)


class NotJson(ValueError):
    """The text is no JSON document; the message says why, in words that are safe to show."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """A body as far as it could be understood.

    document: the JSON value, None when there is none (or it is `null`); is_json tells the two apart.
    problem: why it is no JSON, None when it is.
    """

    text: str
    is_json: bool
    document: object = None
    problem: str | None = None


def read_content(*, body: bytes, content_type: str) -> Content:
    """Return the body as text, and as a JSON document where it is one."""
    text = decode(body=body, content_type=content_type)
    try:
        return Content(text=text, is_json=True, document=parse_json(text))
    except NotJson as error:
        return Content(text=text, is_json=False, problem=str(error))


def says_json(content_type: str) -> bool:
    """Return whether a content type says JSON: application/json, text/json or a `+json` suffix (RFC 6839)."""
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type.endswith(("/json", "+json"))


def decode(*, body: bytes, content_type: str) -> str:
    """Return the text of a body: as its first bytes tell, else as UTF-8, else in the named charset, with gaps."""
    try:
        # Tells UTF-8, 16 and 32 by a byte order mark, or by the zeros between the letters.
        return body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        return _decode_as_named(body=body, content_type=content_type)


def _decode_as_named(*, body: bytes, content_type: str) -> str:
    match = _CHARSET.search(content_type)
    charset = match[1] if match and _DOCUMENT_CHARSET.match(match[1]) else "utf-8"
    try:
        return body.decode(charset, errors="replace")
    except (LookupError, UnicodeError):
        return body.decode("utf-8", errors="replace")


def parse_json(text: str) -> object:
    """Return the JSON value of a text; `NaN`, `Infinity` and numbers beyond a double become None.

    Raises:
        NotJson: broken JSON, or nested deeper than MAX_DEPTH.
    """
    if _depth_exceeds(text, MAX_DEPTH):
        raise NotJson(f"nested deeper than {MAX_DEPTH} levels")
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite_or_none, parse_int=_integer_or_none)
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at line {error.lineno}, column {error.colno}") from error


def _depth_exceeds(text: str, limit: int) -> bool:
    if text.count("[") + text.count("{") <= limit:
        return False
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        found = match.group()
        if found in "[{":
            depth += 1
            if depth > limit:
                return True
        elif found in "]}":
            depth -= 1
    return False


def _no_number(_literal: str) -> None:
    return None


def _finite_or_none(literal: str) -> float | None:
    value = float(literal)
    return value if math.isfinite(value) else None


def _integer_or_none(literal: str) -> int | None:
    return int(literal) if len(literal.lstrip("-")) <= MAX_INTEGER_DIGITS else None


def finite_number(value: object) -> float | None:
    """Return a JSON number as a float, None for anything else: booleans, and what is beyond MAX_NUMBER."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Compared before it is converted: an integer beyond a double would raise. NaN compares as False.
    return float(value) if -MAX_NUMBER <= value <= MAX_NUMBER else None
