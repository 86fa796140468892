"""`manage.py create_read_key NAME`: make a read key and print it, this once."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from realtime.registry.read_keys import create_read_key


class Command(BaseCommand):
    help = "Make a read key and print it on stdout. It is shown this once; only its hash is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="who or what reads with it; revoked under this name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print nothing else on stdout, so that a script can take the key from there."""
        try:
            key = create_read_key(options["name"])
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stderr.write(f"The read key {options['name']}, shown this once; send it as Authorization: Bearer <key>:")
        self.stdout.write(key)
