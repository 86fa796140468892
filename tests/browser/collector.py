"""A collector in a process of its own, which does what it is told on its standard input, one JSON object a line."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import django

T = TypeVar("T")

# A store that a busy machine holds up for longer than its clients wait is none of a page's business.
PATIENCE_SECONDS = 30.0


def patiently(attempt: Callable[[], T]) -> T:
    """Return what an attempt returns, once the store has answered it in time."""
    from realtime.store.client import StoreUnavailable

    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return attempt()
        except StoreUnavailable:
            if time.monotonic() > until:
                raise


def swept(interval_seconds: int) -> int:
    """Run one cycle and return the id of its snapshot."""
    from django.utils import timezone

    from realtime.collection.cycle import Collected, process_collector
    from realtime.store.client import StoreUnavailable

    outcome = process_collector().collect(interval_seconds=interval_seconds, now=timezone.now())
    if not isinstance(outcome, Collected):  # an attempt that the store did not let finish still holds the lease
        raise StoreUnavailable(outcome.reason)
    return outcome.snapshot.id


def forget_everything() -> None:
    """Empty the registry, the read keys, the staff and the store."""
    import redis
    from django.conf import settings
    from django.contrib.auth.models import User

    from realtime.models import ReadKey, Service

    for model in (Service, ReadKey, User):
        model.objects.all().delete()
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE_SECONDS) as store:
        for key in store.scan_iter(f"*{settings.REALTIME.key_prefix}*"):
            store.delete(key)


def obey(order: dict[str, Any]) -> object:
    """Change the registry, the read keys or the staff, forget everything, or run one cycle; return what came of it."""
    from django.contrib.auth.models import User

    from realtime.models import ReadKey, Service
    from realtime.registry import importing, registry_file
    from realtime.registry.file_text import FileFormat
    from realtime.registry.read_keys import create_read_key

    match order:
        case {"register": services}:
            text = json.dumps({"services": services}).encode()
            importing.apply(registry_file.parse(text, file_format=FileFormat.JSON))
        case {"remove": name}:
            Service.objects.get(name=name).delete()
        case {"make_key": name}:
            return create_read_key(name)
        case {"revoke_key": name}:
            ReadKey.objects.get(name=name).delete()
        case {"make_operator": name, "password": password}:
            User.objects.create_superuser(name, password=password)
        case {"forget": _}:
            forget_everything()
        case {"sweep": interval_seconds}:
            return patiently(lambda: swept(interval_seconds))
    return None


def main() -> None:
    django.setup()
    for line in sys.stdin:
        print(json.dumps(obey(json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
