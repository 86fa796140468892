"""`manage.py up`: everything in the foreground, on an embedded default."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand

from metricsproj.supervision.arguments import add_address
from metricsproj.supervision.start_refusals import CannotStart, refuse_windows


class Command(BaseCommand):
    help = "Start the store, the worker, the schedule and the web server in the foreground; Ctrl-C stops them all."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_address(parser)
        parser.add_argument(
            "--demo", action="store_true", help="also start a fleet of sample services and register them"
        )
        parser.add_argument(
            "--no-collector",
            action="store_true",
            help="start neither worker nor schedule, for a cron that runs collect_metrics",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            refuse_windows()
            # Not at the top: file locks and process groups cannot even be imported on Windows.
            from metricsproj.supervision.launch import launch

            launch(
                host=options["host"],
                port=options["port"],
                with_demo=options["demo"],
                with_collector=not options["no_collector"],
            )
        except CannotStart as error:
            self.stderr.write(f"up: {error}")
            raise SystemExit(2) from error
