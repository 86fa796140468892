"""`manage.py serve`: the web server alone, as `up` runs it."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand

from metricsproj.supervision.arguments import add_address, process_count
from metricsproj.supervision.start_refusals import CannotStart, refuse_windows


class Command(BaseCommand):
    help = "Start the web server alone: REST, push, pages and admin on one port. Production runs this."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_address(parser)
        parser.add_argument(
            "--workers",
            type=process_count,
            default=1,
            metavar="N",
            help="web processes that share the port; with more than one, each that dies is started again "
            "(default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            refuse_windows()
            # Not at the top: uvloop and process groups cannot even be imported on Windows.
            from metricsproj.supervision.serving import serve

            serve(host=options["host"], port=options["port"], workers=options["workers"])
        except CannotStart as error:
            self.stderr.write(f"serve: {error}")
            raise SystemExit(2) from error
