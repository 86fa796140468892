"""From the command line's words and the settings to a running whole, or to one line that says what to change."""

import asyncio
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from socket import socket

from django.conf import settings

from metricsproj import env
from metricsproj.samplefleet.sockets import SampleSockets
from metricsproj.supervision import data_lock, listening
from metricsproj.supervision.parts import Part, Wave, python_program
from metricsproj.supervision.printer import Printer, wants_colour
from metricsproj.supervision.run import Fleet, Plan, run
from metricsproj.supervision.start_refusals import CannotStart, refuse_unnamed_hosts
from metricsproj.supervision.store import NoEmbeddedStore, embedded_store, is_cluster, unreachable_reason
from metricsproj.supervision.supervisor import PartFailed

STORE_STOP_SECONDS = 1.5
ORPHAN_SECONDS = 3.0  # for a store whose supervisor has just been killed


def launch(*, host: str, port: int, with_demo: bool, with_collector: bool = True) -> None:
    """Run everything in the foreground until a signal stops it.

    Raises:
        CannotStart: with the line to show; nothing is left running.
    """
    refuse_unnamed_hosts(host)
    printer = Printer(output=sys.stdout, in_colour=wants_colour(sys.stdout, os.environ))
    try:
        with ExitStack() as stack:
            stack.enter_context(data_lock.exclusive(settings.DATA_DIR))
            listener = stack.enter_context(listening.reserved_socket(host=host, port=port))
            sockets = stack.enter_context(SampleSockets.opened()) if with_demo else None
            plan = _plan(listener=listener, sockets=sockets, with_collector=with_collector)
            asyncio.run(run(plan, printer=printer))
    except (data_lock.AlreadyRunning, listening.PortUnavailable, PartFailed) as error:
        raise CannotStart(str(error)) from error


def _plan(*, listener: socket, sockets: SampleSockets | None, with_collector: bool) -> Plan:
    return Plan(
        store=_store(),
        store_url=settings.REDIS_URL,
        fleet=_fleet(sockets) if sockets else None,
        with_collector=with_collector,
        listener=listener,
        host_header=next((name for name in settings.ALLOWED_HOSTS if name[0] not in "*."), "localhost"),
    )


def _store() -> Part | None:
    """Return the embedded store, None when REDIS_URL names one, which must answer."""
    if settings.ENV[env.REDIS_URL]:
        if reason := unreachable_reason(settings.REDIS_URL):
            raise CannotStart(f"REDIS_URL: no answer from {reason}")
        if is_cluster(settings.REDIS_URL):
            raise CannotStart(
                "REDIS_URL: names a node of a Redis Cluster, which Celery cannot use (name a single server)"
            )
        return None
    try:
        program = embedded_store(settings.DATA_DIR)
    except NoEmbeddedStore as error:
        raise CannotStart(f"no embedded store here ({error}): set REDIS_URL to a Redis or Valkey server") from error
    _wait_for_orphan(settings.DATA_DIR)
    return Part(name="store", what=program, wave=Wave.STORE, stop_seconds=STORE_STOP_SECONDS)


def _wait_for_orphan(data_dir: Path) -> None:
    """Make sure that no store of a killed `up` still writes to this folder; two at once would spoil the file."""
    deadline = time.monotonic() + ORPHAN_SECONDS
    while unreachable_reason(settings.REDIS_URL) is None:
        if time.monotonic() > deadline:
            raise CannotStart(f"a store that nobody supervises still runs in {data_dir}: end its valkey-server first")
        time.sleep(0.1)


def _fleet(sockets: SampleSockets) -> Fleet:
    part = Part(
        name="fleet",
        what=python_program("metricsproj.samplefleet", *sockets.arguments(), project_dir=settings.BASE_DIR),
        wave=Wave.WATCHED,
        inherited=sockets.descriptors(),
    )
    return Fleet(part=part, ports=sockets.ports())
