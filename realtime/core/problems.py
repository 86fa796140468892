"""Errors as HTTP answers: problem details by RFC 9457, `application/problem+json`.

`type` is always `about:blank`, so `title` is the phrase of the status (RFC 9457, section 4.2.1); `code` is the stable
word that programs go by, `detail` the sentence for people.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

CONTENT_TYPE = "application/problem+json"

# After which a failure of the store or the database is worth another try.
RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Why a request is refused, or cannot be served.

    field, choices: the parameter that is wrong, and what it may be. retry_after_seconds: when to come again.
    challenge: of a 401, the authentication scheme to come with.
    """

    status: int
    code: str
    detail: str
    field: str | None = None
    choices: Sequence[str] | None = None
    retry_after_seconds: int | None = None
    challenge: str | None = None

    @property
    def body(self) -> bytes:
        members: dict[str, object] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.field is not None:
            members["field"] = self.field
        if self.choices is not None:
            members["choices"] = list(self.choices)
        # What a client sent may be no text that UTF-8 can hold.
        return json.dumps(members, ensure_ascii=False).encode(errors="backslashreplace")

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Return the headers that belong to it; never kept by a cache."""
        headers = [("Content-Type", CONTENT_TYPE), ("Cache-Control", "no-store")]
        if self.retry_after_seconds is not None:
            headers.append(("Retry-After", str(self.retry_after_seconds)))
        if self.challenge is not None:
            headers.append(("WWW-Authenticate", self.challenge))
        return headers
