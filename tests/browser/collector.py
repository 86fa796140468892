"""A collector in a process of its own, which does what it is told on its standard input, one JSON object a line."""

import json
import sys
from typing import Any

import django


def obey(order: dict[str, Any]) -> object:
    """Write entries of the registry file into the registry, forget all services, or run one cycle."""
    from django.conf import settings
    from django.utils import timezone
    from django_redis import get_redis_connection

    from realtime.collection.cycle import Collected, process_collector
    from realtime.models import Service
    from realtime.registry import importing, registry_file
    from realtime.registry.file_text import FileFormat

    match order:
        case {"register": services}:
            text = json.dumps({"services": services}).encode()
            importing.apply(registry_file.parse(text, file_format=FileFormat.JSON))
        case {"forget": _}:
            Service.objects.all().delete()
            for key in get_redis_connection("default").scan_iter(f"*{settings.REALTIME.key_prefix}*"):
                get_redis_connection("default").delete(key)
        case {"sweep": interval_seconds}:
            outcome = process_collector().collect(interval_seconds=interval_seconds, now=timezone.now())
            assert isinstance(outcome, Collected), outcome
            return outcome.snapshot.id
    return None


def main() -> None:
    django.setup()
    for line in sys.stdin:
        print(json.dumps(obey(json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
