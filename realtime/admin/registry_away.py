"""The admin while the registry's database does not answer: one page that says so; even its sessions are in there."""

import logging
import sqlite3
from collections.abc import Callable

from django.db import Error as RegistryError
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from realtime.core.problems import RETRY_AFTER_SECONDS

logger = logging.getLogger(__name__)

STATUS = 503


class TellOfRegistry:
    """Middleware: answers 503 while the registry's database is away or locked, instead of an internal error."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page, None where the exception is another or tells of a mistake in what was asked."""
        is_admin = request.resolver_match is not None and request.resolver_match.app_name == "admin"
        if not is_admin or not isinstance(exception, RegistryError) or not (_has_given_up(exception) or _is_away()):
            return None
        # The status makes it one of the lines that are left out while they come again and again.
        logger.warning(
            "the registry's database gives the admin no answer (%s)",
            type(exception).__name__,
            extra={"status_code": STATUS},
        )
        page = render_to_string("realtime/registry_away.html")
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS), "Cache-Control": "no-store"}
        return HttpResponse(page, status=STATUS, headers=headers)


def _has_given_up(exception: RegistryError) -> bool:
    """Return whether the database itself failed: gone, locked, or slower than its time limit.

    SQLite tells mistakes in SQL by the same exception, and so a table that an emptied database lacks.
    """
    is_mistake = getattr(exception.__cause__, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return isinstance(exception, OperationalError) and not is_mistake


def _is_away() -> bool:
    """Return whether the database lacks even the migration table: SQLite creates an empty file where there is none."""
    try:
        return not MigrationRecorder.Migration.objects.using(connection.alias).exists()
    except RegistryError:
        return True
