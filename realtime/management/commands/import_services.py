"""`manage.py import_services FILE`: make the registry say what a registry file says."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Never

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from realtime.registry import file_text, importing, registry_file
from realtime.registry.file_text import FileFormat
from realtime.registry.trouble import registry_trouble


class Command(BaseCommand):
    help = "Import services, their readings and data sources from a YAML or JSON file. Services not listed stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="ends with .yaml, .yml or .json; - reads stdin")
        parser.add_argument("--format", choices=list(FileFormat), help="instead of what the file's ending says")
        parser.add_argument("--check", action="store_true", help="only tell what is wrong; change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        source = options["file"]
        file_format = options["format"] or file_text.format_of(source)
        if file_format is None:
            self._fail(f"{source}: ends with neither .yaml, .yml nor .json (or choose --format yaml or json)")
        try:
            registry = registry_file.parse(self._read(source), file_format=FileFormat(file_format))
            if options["check"]:
                counts = f"{_count(registry.services, 'service')}, {_count(registry.data_sources, 'data source')}"
                self._warn(source, importing.check(registry))
                self.stdout.write(f"{source}: good: {counts}")
                return
            outcome = importing.apply(registry)
        except registry_file.BadRegistryFile as error:
            self._fail(*(f"{source}: {mistake}" for mistake in error.mistakes))
        except DatabaseError as error:
            self._fail(f"{source}: nothing was changed, the database refused: {registry_trouble(error)}")
        self._warn(source, outcome.warnings)
        self.stdout.write(_sentence("service", outcome.services))
        self.stdout.write(_sentence("data source", outcome.data_sources))

    def _warn(self, source: str, warnings: tuple[str, ...]) -> None:
        for warning in warnings:
            self.stderr.write(self.style.WARNING(f"{source}: {warning}"))

    def _read(self, source: str) -> bytes:
        if source == "-":
            return sys.stdin.buffer.read()
        try:
            return Path(source).read_bytes()
        except OSError as error:
            self._fail(f"{source}: cannot be read: {error.strerror}")

    def _fail(self, *lines: str) -> Never:
        for line in lines:
            self.stderr.write(line)
        raise SystemExit(1)


def _count(entries: tuple[object, ...], noun: str) -> str:
    return f"{len(entries)} {noun}{'' if len(entries) == 1 else 's'}"


def _sentence(noun: str, tally: importing.RowCounts) -> str:
    parts = [f"{len(tally.created)} created", f"{len(tally.updated)} updated", f"{len(tally.unchanged)} unchanged"]
    if tally.removed:
        parts.append(f"{len(tally.removed)} removed")
    return f"{noun}s: {', '.join(parts)}"
