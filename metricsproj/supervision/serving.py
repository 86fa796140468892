"""`manage.py serve`: one web process in the foreground, or several that are kept running on one listening socket."""

import asyncio
import os
import sys
from functools import partial
from socket import socket

from django.conf import settings

from metricsproj.supervision import listening
from metricsproj.supervision.parts import Part, python_program, web_part
from metricsproj.supervision.printer import Printer, wants_colour
from metricsproj.supervision.start_refusals import CannotStart, refuse_unnamed_hosts
from metricsproj.supervision.stop_signals import watch_signals
from metricsproj.supervision.supervisor import PartFailed, Supervisor

OWN_NAME = "serve"


def serve(*, host: str, port: int, workers: int) -> None:
    """Serve in the foreground until a signal stops it.

    Raises:
        CannotStart: with the line to show; nothing is left running.
    """
    refuse_unnamed_hosts(host)
    try:
        with listening.reserved_socket(host=host, port=port) as listener:
            if workers == 1:
                # Not at the top: it loads the application, which the supervising process does without.
                from metricsproj.supervision import web

                web.serve(listener)
            else:
                asyncio.run(_keep_serving(listener, workers=workers))
    except (listening.PortUnavailable, PartFailed) as error:
        raise CannotStart(str(error)) from error


async def _keep_serving(listener: socket, *, workers: int) -> None:
    """Run web processes on one socket, so that while one is down the others answer what it would have answered.

    Not SO_REUSEPORT: clients that the kernel has already assigned to a process that died would wait for its restart.
    """
    printer = Printer(output=sys.stdout, in_colour=wants_colour(sys.stdout, os.environ))
    supervisor = Supervisor(write=printer.write, own_name=OWN_NAME)
    asked_to_stop = asyncio.Event()
    watch_signals(
        stop=partial(_begin_to_stop, printer=printer, asked_to_stop=asked_to_stop),
        kill=supervisor.kill,
    )
    try:
        for part in _parts(listener, workers=workers):
            supervisor.start(part)
        await asked_to_stop.wait()
    finally:
        # Open here, it would let clients in whom nobody answers once the web processes have stopped.
        listener.close()
        await supervisor.stop()


def _begin_to_stop(*, printer: Printer, asked_to_stop: asyncio.Event) -> None:
    printer.write(OWN_NAME, "stopping (once more kills)")
    asked_to_stop.set()


def _parts(listener: socket, *, workers: int) -> tuple[Part, ...]:
    # Not forks: after an upgrade, a process that is started again must run the new code.
    program = python_program("metricsproj.supervision.web", str(listener.fileno()), project_dir=settings.BASE_DIR)
    return tuple(web_part(name=f"web-{number}", what=program, listener=listener) for number in range(1, workers + 1))
