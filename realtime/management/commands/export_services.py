"""`manage.py export_services [FILE]`: write the registry as a registry file, with references in place of secrets."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from realtime.registry import exporting, file_text
from realtime.registry.file_text import FileFormat


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
        text = exporting.registry_text(file_format=file_format)
        if target == "-":
            self.stdout.write(text, ending="")
            return
        try:
            Path(target).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{target}: cannot be written: {error.strerror}") from error
