"""The API as an OpenAPI 3.1 document: drf-spectacular finds the operations, the contract describes the answers."""

import json
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from realtime.api.openapi import errors
from realtime.api.openapi import operations as operations  # registers what is said of each view
from realtime.core.contract.document_fields import DOCUMENT
from realtime.core.contract.history_fields import HISTORY
from realtime.core.contract.index_fields import INDEX
from realtime.core.contract.json_schema import named_schemas
from realtime.core.contract.problem_fields import PROBLEM
from realtime.reporting.access import COOKIE

Document = dict[str, Any]

DESCRIPTION = """\
How all registered services are, in one answer that is consistent in time. Every answer comes from memory.

`REALTIME_READ_ACCESS` decides who may read: anyone (`public`), who sends a read key (`key`), or who is signed in to the
admin (`staff`). Unknown query parameters are refused; `_` is accepted and ignored. Every answer can be had with `HEAD`
and compressed with gzip. New fields may be added at any time; clients ignore what they do not know.

New snapshots are also pushed, over WebSocket at `/ws/real-time-metrics` and as server-sent events at
`/api/v1/real-time-metrics/stream`; `docs/api.md` describes both.
"""

SECURITY_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A read key: `Authorization: Bearer <key>`, where `REALTIME_READ_ACCESS` is `key`.",
    },
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same read key."},
    "readCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "What the page sets for a browser that signs in with a read key.",
    },
    "adminSession": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "The session of a staff user, where `REALTIME_READ_ACCESS` is `staff`.",
    },
}


class Generator(SchemaGenerator):
    """Completes what drf-spectacular finds with the schemas of the contract, the errors and the credentials."""

    def get_schema(self, request: Any = None, public: bool = False) -> Document:
        """Return the document; it does not depend on the request, nor on any setting."""
        # Public: whether this request may read an endpoint has no part in what the endpoint is.
        found = super().get_schema(request=request, public=True)
        document = {
            "openapi": found["openapi"],
            "info": found["info"] | {"description": DESCRIPTION},
            "servers": [{"url": "/"}],
            "security": [{}, *({name: []} for name in SECURITY_SCHEMES)],
            "paths": {path.rstrip("/"): _with_errors(item) for path, item in found["paths"].items()},
            "components": {
                "schemas": named_schemas([DOCUMENT, HISTORY, INDEX, PROBLEM]),
                "responses": errors.RESPONSES,
                "securitySchemes": SECURITY_SCHEMES,
            },
        }
        # The members of enumerations become plain text, which the YAML renderer wants.
        plain: Document = json.loads(json.dumps(document))
        return plain


def _with_errors(item: Document) -> Document:
    return {method: operation | {"responses": _all_responses(operation)} for method, operation in item.items()}


def _all_responses(operation: Document) -> Document:
    """Return an operation's own responses and the errors; where both have a status, it has both media types."""
    responses = {status: _reference(name) for status, name in errors.STATUSES.items()}
    for status, own in operation["responses"].items():
        error = errors.RESPONSES[errors.STATUSES[status]] if status in errors.STATUSES else {}
        content = own.get("content", {}) | error.get("content", {})
        responses[status] = error | own | ({"content": content} if content else {})
    return dict(sorted(responses.items()))


def _reference(name: str) -> Document:
    return {"$ref": f"#/components/responses/{name}"}
