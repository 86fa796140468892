"""`manage.py up`: everything in the foreground, on an embedded default."""

import argparse
import sys
from typing import Any, Never

from django.core.management.base import BaseCommand

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8003
NOT_ON_WINDOWS = (
    "runs on Linux and macOS; on Windows use WSL, or set REDIS_URL and start web server, worker and beat one by one "
    "(README: Platforms)"
)


def port_number(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535 (0 takes a free one)")
    return int(text)


class Command(BaseCommand):
    help = "Start the store, the worker, the schedule and the web server in the foreground; Ctrl-C stops them all."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default=DEFAULT_HOST, help="address to listen on (default: %(default)s)")
        parser.add_argument(
            "--port", type=port_number, default=DEFAULT_PORT, help="port to listen on (default: %(default)s)"
        )
        parser.add_argument(
            "--demo", action="store_true", help="also start a fleet of sample services and register them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if sys.platform == "win32":
            self._fail(NOT_ON_WINDOWS)
        # Not at the top: file locks and process groups cannot even be imported on Windows.
        from metricsproj.supervision.launch import CannotStart, launch

        try:
            launch(host=options["host"], port=options["port"], with_demo=options["demo"])
        except CannotStart as error:
            self._fail(str(error))

    def _fail(self, reason: str) -> Never:
        self.stderr.write(f"up: {reason}")
        raise SystemExit(2)
