"""Error answers: one shape, `{"error": {"code", "message", ...}}`, whatever was wrong with a request."""

from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from realtime.api.parameters import BadParameter
from realtime.core.parameters import InvalidParameter


class PreconditionFailed(exceptions.APIException):
    """The client wants another version of the answer than there is (`If-Match`, `If-Unmodified-Since`)."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "precondition_failed"
    default_detail = "the answer is no longer the one that was asked for"


def handle_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to a request that cannot be served; None for a fault of ours, which Django logs as a 500."""
    known = _as_api_error(error)
    response = exception_handler(known, context)
    if response is None or not isinstance(known, exceptions.APIException):
        return response
    told: dict[str, Any] = {"code": known.default_code, "message": str(known.detail)}
    if isinstance(known, BadParameter):
        told |= {"field": known.field, "choices": known.choices}
    response.data = {"error": told}
    return response


def _as_api_error(error: Exception) -> Exception:
    """Return our own refusals, and Django's, as those of REST framework."""
    match error:
        case InvalidParameter():
            return BadParameter(error)
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case SuspiciousOperation():
            return exceptions.ParseError("the request is malformed")
    return error
