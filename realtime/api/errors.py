"""Errors of the API: problem details (RFC 9457), whoever raised them, and whether or not a view was found."""

from typing import Any

from django.core.exceptions import DisallowedHost, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from rest_framework import exceptions

from realtime.api.answers import to_django
from realtime.core.problems import Problem
from realtime.reporting.responses import refusal

API_PREFIX = "/api/"
_MALFORMED = Problem(status=400, code="bad_request", detail="the request is malformed")
_FOREIGN_HOST = Problem(status=400, code="invalid_host", detail="this Host is not served")
_NOT_FOUND = Problem(status=404, code="not_found", detail="there is no such path; GET /api/v1/ lists all endpoints")
_INTERNAL = Problem(status=500, code="internal", detail="an internal error; it is in the server's log")


class Refusal(exceptions.APIException):
    """Carries a problem through REST framework, which knows nothing of it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.status_code = problem.status
        self.auth_header = problem.challenge
        self.wait = problem.retry_after_seconds


def handle_error(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Return the answer to a request that cannot be served; None for an internal error, which Django logs as a 500."""
    problem = _problem(error)
    return None if problem is None else to_django(refusal(problem))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a malformed request or a foreign Host."""
    problem = _FOREIGN_HOST if isinstance(exception, DisallowedHost) else _MALFORMED
    return _problem_or_page(request, problem) or defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    problem = Problem(status=403, code="permission_denied", detail="this is not allowed")
    return _problem_or_page(request, problem) or defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _problem_or_page(request, _NOT_FOUND) or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return _problem_or_page(request, _INTERNAL) or defaults.server_error(request)


def _problem_or_page(request: HttpRequest, problem: Problem) -> HttpResponse | None:
    return to_django(refusal(problem)) if request.path_info.startswith(API_PREFIX) else None


def _problem(error: Exception) -> Problem | None:
    match error:
        case Refusal():
            return error.problem
        case exceptions.APIException():
            return Problem(status=error.status_code, code=error.default_code, detail=str(error.detail))
        case Http404():
            return _NOT_FOUND
        case PermissionDenied():
            return Problem(status=403, code="permission_denied", detail="this is not allowed")
        case SuspiciousOperation():
            return _MALFORMED
    return None
