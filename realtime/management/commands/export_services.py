"""`manage.py export_services [FILE]`: write the registry as a registry file, with references in place of secrets."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from realtime.registry import exporting, file_text
from realtime.registry.file_text import FileFormat
from realtime.registry.trouble import registry_trouble


class Command(BaseCommand):
    help = "Export services, their readings and data sources. Secrets leave as ${SERVICE_HEADER}, never in clear."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", nargs="?", default="-", help="written over; default: stdout")
        parser.add_argument(
            "--format", choices=list(FileFormat), help="default: what the file's ending says, else yaml"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        target = options["file"]
        file_format = FileFormat(options["format"] or file_text.format_of(target) or FileFormat.YAML)
        try:
            text = exporting.registry_text(file_format=file_format)
        except DatabaseError as error:
            raise CommandError(f"the registry cannot be read: {registry_trouble(error)}") from error
        if target == "-":
            self.stdout.write(text, ending="")
            return
        try:
            Path(target).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{target}: cannot be written: {error.strerror}") from error
