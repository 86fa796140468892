"""Why a program of this project does not start, as one line that says what to change."""

import sys

from django.conf import settings

from metricsproj import env
from metricsproj.supervision.listening import is_loopback

NOT_ON_WINDOWS = (
    "runs on Linux and macOS; on Windows use WSL, or set REDIS_URL and start web server, worker and beat one by one "
    "(docs/operations.md: Platforms)"
)


class CannotStart(Exception):
    """What a person has to change before the program can run, in one line."""


def refuse_windows() -> None:
    """Refuse a platform without process groups, file locks and inherited sockets."""
    if sys.platform == "win32":
        raise CannotStart(NOT_ON_WINDOWS)


def refuse_unnamed_hosts(host: str) -> None:
    """Refuse to listen for other machines while the site would answer all of them with 400."""
    if not is_loopback(host) and env.is_loopback_only(settings.ENV[env.ALLOWED_HOSTS]):
        raise CannotStart(f"--host {host} opens the site to other machines: set ALLOWED_HOSTS to the names they use")
