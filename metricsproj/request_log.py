"""Keeps what clients do, and long outages, from filling the log: a line of each kind once a minute.

A page that polls through an outage, a revoked key in a script, a stranger's scanner: each would write a line every few
seconds or faster, some with a traceback. Internal failures are logged once, where they are noticed.
"""

import logging
import time
from collections.abc import Callable

SECONDS_BETWEEN_LINES = 60.0

UNAVAILABLE = 503
SERVER_ERROR = 500
# All that Django says under this name is about what a client sent: a missing cookie, a foreign Host, a spoilt session.
SECURITY = "django.security."
# What uvicorn 0.54 says of clients, the second with a traceback; the third is a slow reader's event stream.
_OF_CLIENTS = frozenset(
    {
        "Invalid HTTP request received.",
        "Invalid UTF-8 sequence received from client.",
        "ASGI callable returned without completing response.",
        "Unsupported upgrade request.",
    }
)

# What beat says of a database that is away, with a traceback at each look; and a sweep that fails for the same reason.
_OF_AN_OUTAGE = frozenset(
    {
        ("django_celery_beat.schedulers", "Database gave error: %r"),
        ("django_celery_beat.schedulers", "Database error while sync: %r"),
        ("realtime.tasks", "sweep failed: %s"),
    }
)


class OnceAMinute(logging.Filter):
    """Lets the first line of each kind through and, a minute later, the next, with how many were left out.

    A kind is a status and the view that answered with it, so that their number is bounded. 503 is one of them; any
    other internal error always passes.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._kinds: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind = _kind(record)
        if kind is None:
            return True
        now = self._monotonic()
        told_at, left_out = self._kinds.get(kind, (now - SECONDS_BETWEEN_LINES, 0))
        if now - told_at < SECONDS_BETWEEN_LINES:
            self._kinds[kind] = (told_at, left_out + 1)
            return False
        self._kinds[kind] = (now, 0)
        record.exc_info = record.exc_text = None
        if left_out:
            record.msg, record.args = "%s (and %d more like it since the last one)", (record.getMessage(), left_out)
        return True


def _kind(record: logging.LogRecord) -> tuple[object, ...] | None:
    """Return what the line has in common with others of its kind, None when every such line is to be logged."""
    status = getattr(record, "status_code", None)
    is_refusal = isinstance(status, int) and (status < SERVER_ERROR or status == UNAVAILABLE)
    if is_refusal or record.name.startswith(SECURITY):
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        return record.name, status, match.view_name if match else None
    line = (record.name, record.msg)
    return line if record.msg in _OF_CLIENTS or line in _OF_AN_OUTAGE else None
