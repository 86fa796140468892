"""JMESPath on the documents that services send: compiled once, evaluated without ever raising."""

from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

MAX_EXPRESSION_LENGTH = 500


class BadExpression(ValueError):
    """The text is no JMESPath expression; the message says where it goes wrong."""


def compile_expression(expression: str) -> "jmespath.parser.ParsedResult":
    """Return the parsed expression.

    Raises:
        BadExpression: a syntax error, an unknown function, too long or nested too deep.
    """
    if len(expression) > MAX_EXPRESSION_LENGTH:
        raise BadExpression(f"longer than {MAX_EXPRESSION_LENGTH} characters")
    try:
        return _compiled(expression)
    except JMESPathError as error:
        raise BadExpression(" ".join(str(error).split())) from error
    except RecursionError as error:
        raise BadExpression("nested too deep") from error


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> "jmespath.parser.ParsedResult":
    return jmespath.compile(expression)


def search(*, expression: str, document: object) -> Any:
    """Return what the expression finds in the document, None where it finds nothing or does not fit the types."""
    try:
        return compile_expression(expression).search(document)
    except (BadExpression, JMESPathError, ValueError, TypeError, ArithmeticError, RecursionError):
        # A function applied to what it does not take ("sum" of strings, "max" of mixed types), which depends
        # on what the service sent: no value, as if the path were absent.
        return None
