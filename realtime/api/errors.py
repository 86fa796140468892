"""Error answers: one shape, `{"error": {"code", "message", ...}}`, whatever was wrong with a request."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler

from realtime.api.parameters import InvalidParameter


def handle_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to a request that cannot be served; None for a fault of ours, which Django logs as a 500."""
    response = exception_handler(error, context)
    if response is None:
        return None
    code = getattr(error, "default_code", "not_found")
    told: dict[str, Any] = {"code": code, "message": str(getattr(error, "detail", error) or code)}
    if isinstance(error, InvalidParameter):
        told |= {"field": error.field, "choices": error.choices}
    response.data = {"error": told}
    return response
