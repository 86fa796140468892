"""Shorter database timeouts while sweeping: the registry as it was last read is good enough."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper

# A sweep holds its lease for 5 s longer than it probes, and needs that time for other work too.
LONGEST_WAIT_MS = 1000


@contextmanager
def short_waits() -> Iterator[None]:
    """Make a locked or busy database refuse queries in this block after LONGEST_WAIT_MS.

    Raises:
        django.db.Error: it is away.
    """
    shorten = _SHORTENING.get(connection.vendor)
    if shorten is None:
        yield
        return
    with connection.cursor() as cursor:
        restoring = shorten(cursor)
    try:
        yield
    finally:
        # Where the connection broke, there is nothing to restore.
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute(restoring)


def _shorten_sqlite(cursor: CursorWrapper) -> str:
    (before,) = cursor.execute("PRAGMA busy_timeout").fetchone()
    cursor.execute(f"PRAGMA busy_timeout = {LONGEST_WAIT_MS}")
    return f"PRAGMA busy_timeout = {before}"


def _shorten_postgresql(cursor: CursorWrapper) -> str:
    cursor.execute(f"SET statement_timeout = {LONGEST_WAIT_MS}")
    return "RESET statement_timeout"


_SHORTENING: Mapping[str, Callable[[CursorWrapper], str]] = {
    "sqlite": _shorten_sqlite,
    "postgresql": _shorten_postgresql,
}
