"""The errors of the API as responses that every operation refers to, each with an example."""

from http import HTTPStatus
from typing import Any

from realtime.core.contract.json_schema import reference_to
from realtime.core.contract.problem_fields import PROBLEM
from realtime.core.problems import CONTENT_TYPE

_RETRY_AFTER = {"Retry-After": {"description": "Seconds until another try is worth it.", "schema": {"type": "integer"}}}
_CHALLENGE = {
    "WWW-Authenticate": {"description": "The scheme of the credential to send.", "schema": {"type": "string"}}
}


def _response(
    status: HTTPStatus, description: str, *, headers: dict[str, Any] | None = None, **examples: dict[str, Any]
) -> dict[str, Any]:
    response: dict[str, Any] = {"description": description, "content": {CONTENT_TYPE: _content(status, examples)}}
    return response | ({"headers": headers} if headers else {})


def _content(status: HTTPStatus, examples: dict[str, dict[str, Any]]) -> dict[str, Any]:
    common = {"type": "about:blank", "title": status.phrase, "status": int(status)}
    return {
        "schema": reference_to(PROBLEM),
        "examples": {name: {"value": common | members} for name, members in examples.items()},
    }


RESPONSES = {
    "BadRequest": _response(
        HTTPStatus.BAD_REQUEST,
        "A parameter is unknown, is given twice, or has a wrong value.",
        invalid_parameter={
            "detail": "period must be one of 1m, 5m, 15m, 1h, 24h",
            "code": "invalid_parameter",
            "field": "period",
            "choices": ["1m", "5m", "15m", "1h", "24h"],
        },
    ),
    "Unauthorized": _response(
        HTTPStatus.UNAUTHORIZED,
        "A read key is needed, or the one that was sent is unknown or revoked (`REALTIME_READ_ACCESS=key`).",
        headers=_CHALLENGE,
        not_authenticated={
            "detail": "send a read key: Authorization: Bearer <key>",
            "code": "not_authenticated",
        },
        authentication_failed={"detail": "this read key is unknown or revoked", "code": "authentication_failed"},
    ),
    "Forbidden": _response(
        HTTPStatus.FORBIDDEN,
        "Only staff may read (`REALTIME_READ_ACCESS=staff`).",
        permission_denied={"detail": "sign in to the admin as staff", "code": "permission_denied"},
    ),
    "NotFound": _response(
        HTTPStatus.NOT_FOUND,
        "The snapshot has no service or group of that name, or there is no such path.",
        not_found={
            "detail": "there is no service 'data-apy' in the snapshot",
            "code": "not_found",
            "field": "service",
        },
    ),
    "MethodNotAllowed": _response(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "The API can only be read: GET, HEAD and OPTIONS.",
        method_not_allowed={"detail": 'Method "POST" not allowed.', "code": "method_not_allowed"},
    ),
    "NotAcceptable": _response(
        HTTPStatus.NOT_ACCEPTABLE,
        "The client does not accept JSON.",
        not_acceptable={
            "detail": "Could not satisfy the request Accept header.",
            "code": "not_acceptable",
        },
    ),
    "PreconditionFailed": _response(
        HTTPStatus.PRECONDITION_FAILED,
        "`If-Match` or `If-Unmodified-Since` names another answer than there is now.",
        precondition_failed={
            "detail": "the answer is no longer the one that was asked for",
            "code": "precondition_failed",
        },
    ),
    "TooManyRequests": _response(
        HTTPStatus.TOO_MANY_REQUESTS,
        "The client is over the limit that `REALTIME_THROTTLE` sets.",
        headers=_RETRY_AFTER,
        throttled={"detail": "too many requests; come again in 17 s", "code": "throttled"},
    ),
    "Unavailable": _response(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The answer cannot be given now: the store or the database is away, or there is no snapshot yet.",
        headers=_RETRY_AFTER,
        store_unavailable={"detail": "read keys cannot be checked now", "code": "store_unavailable"},
    ),
}
STATUSES = {
    "400": "BadRequest",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "NotFound",
    "405": "MethodNotAllowed",
    "406": "NotAcceptable",
    "412": "PreconditionFailed",
    "429": "TooManyRequests",
    "503": "Unavailable",
}
