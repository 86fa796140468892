"""What `manage.py up` does in its own process on the way: tables, the fleet's rows, an admin, the first sweep."""

import json
import secrets
import threading
from typing import TextIO

from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections
from django.utils import timezone

from metricsproj.samplefleet.registration import Ports, registry_document
from realtime.collection.cycle import RegistryUnavailable, process_collector
from realtime.models import Service
from realtime.registry import importing, registry_file, schedule
from realtime.registry.file_text import FileFormat
from realtime.store.client import StoreUnavailable
from realtime.store.snapshots import LeaseLost

DEMO_USER = "admin"


class StepFailed(Exception):
    """Nothing can run without this step; the message is one line."""


def prepare_database(output: TextIO) -> None:
    """Bring the tables up to date, and beat's row of the sweep with them.

    Raises:
        StepFailed: the database is away or refuses.
    """
    try:
        call_command("migrate", interactive=False, verbosity=0, stdout=output, stderr=output)
    except (DatabaseError, CommandError) as error:
        raise StepFailed(f"the database cannot be prepared: {' '.join(str(error).split())}") from error


def mention_demo(output: TextIO, *, with_fleet: bool) -> None:
    """Say what `--demo` does to a registry that is in use, or how to remove the services that it left there."""
    own, demo = Service.objects.filter(is_demo=False).count(), Service.objects.demo().count()
    if with_fleet and own:
        output.write(
            f"--demo adds the sample services to the {own} services that are registered, which stay as they are\n"
        )
    if demo and not with_fleet:
        output.write(f"{demo} sample services of --demo are disabled; manage.py remove_demo_services removes them\n")


def register_fleet(ports: Ports, output: TextIO) -> None:
    """Register the sample fleet, marked as demo; a service of the user's with the same name stays as it is."""
    document = json.dumps(registry_document(ports)).encode()
    outcome = importing.apply(registry_file.parse(document, file_format=FileFormat.JSON), as_demo=True)
    for name in outcome.services.skipped:
        output.write(f"a service {name} is registered already, the sample service of that name is left out\n")


def ensure_demo_user(output: TextIO) -> None:
    """Make the admin user on the first demo; its password is said this once and kept by nobody."""
    users = get_user_model().objects
    if users.filter(username=DEMO_USER).exists():
        return
    password = secrets.token_urlsafe(12)
    users.create_superuser(username=DEMO_USER, password=password)
    output.write(f"made the user {DEMO_USER} with the password {password} (shown this once)\n")


def withdraw_fleet() -> None:
    """Disable the sample fleet's rows: nobody answers there any more."""
    Service.objects.demo().enabled().update(enabled=False)


def sweep(output: TextIO, *, stop: threading.Event) -> None:
    """Make the first snapshot, so that the port opens with an answer; without one the endpoint says so itself.

    stop: when set, the sweep is cut short.
    """
    try:
        process_collector().collect(interval_seconds=schedule.refresh_interval_seconds(), now=timezone.now(), stop=stop)
    except (StoreUnavailable, RegistryUnavailable, LeaseLost) as error:
        output.write(f"the first sweep failed: {error}\n")


def close() -> None:
    """Close this thread's database connections."""
    connections.close_all()
