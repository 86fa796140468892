"""Rows of the registry for tests: valid unless an argument says otherwise."""

from typing import Any

from realtime.models import RequestHeader, Service
from realtime.registry import importing, registry_file
from realtime.registry.file_text import FileFormat


def unsaved_service(**columns: Any) -> Service:
    return Service(**{"name": "data-api", "base_url": "http://127.0.0.1:8006", **columns})


def saved_service(**columns: Any) -> Service:
    service = unsaved_service(**columns)
    service.save()
    return service


def saved_header(service: Service, *, name: str = "Authorization", value: str = "Bearer hunter2") -> RequestHeader:
    return RequestHeader.objects.create(service=service, name=name, value=value)


def imported(text: str, *, as_demo: bool = False) -> importing.ImportOutcome:
    """Import the text of a YAML registry file."""
    registry = registry_file.parse(text.encode(), file_format=FileFormat.YAML)
    return importing.apply(registry, as_demo=as_demo)
