"""What is wrong with the registry's database, in one line: which one it is, and the remedy where it is known."""

import re

from django.db import Error, OperationalError, ProgrammingError, connection

_CREDENTIALS = re.compile(r"://[^@/\s]*@")


def registry_trouble(error: Error) -> str:
    """Return cause and remedy, without passwords and without the row that PostgreSQL shows from the second line on."""
    cause = (str(error).splitlines() or [type(error).__name__])[0]
    if _is_of_missing_tables(error, cause):
        return f"tables are missing in {_database()} (run `manage.py migrate`)"
    return f"{_database()}: {_CREDENTIALS.sub('://', cause)}"


def _is_of_missing_tables(error: Error, cause: str) -> bool:
    if isinstance(error, OperationalError):  # SQLite
        return cause.startswith(("no such table", "no such column"))
    return isinstance(error, ProgrammingError) and "does not exist" in cause  # PostgreSQL


def _database() -> str:
    settings = connection.settings_dict
    host, port = settings.get("HOST"), settings.get("PORT")
    place = f" at {host}{f':{port}' if port else ''}" if host else ""
    return f"the {connection.display_name} database {settings['NAME']}{place}"
