"""What the forks of `manage.py up` run. `load_modules` loads before, in their common parent, what they will share."""

import os
import signal
import sys
import threading
from importlib import import_module
from socket import socket

from metricsproj.celery import app
from metricsproj.samplefleet.registration import Ports
from metricsproj.supervision import steps

# Loaded by name only when they are needed: as imports they would be loaded before the first fork, which needs none.
_WEB = "metricsproj.supervision.web"
_CELERY = (
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.bin.celery",
    "celery.concurrency.thread",
    "celery.worker.autoscale",
    "kombu.transport.redis",
    "realtime.tasks",
    "realtime.tasks.beat",
    "realtime.tasks.worker",
)
# The rest of Celery's chatter between workers is for clusters; here there is one.
_ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")
_LONGEST_MESSAGE_BYTES = 4096  # fits into any pipe, so that writing never waits


class FailureNote:
    """Carries the reason of a failure from a fork to its parent."""

    def __init__(self) -> None:
        self._receiving, self.descriptor = os.pipe()

    def say(self, message: str) -> None:
        """Leave a message for the parent."""
        os.write(self.descriptor, message.encode()[:_LONGEST_MESSAGE_BYTES])

    def message(self) -> str:
        """Return the message, "" when there is none; to be called once, when the fork has ended."""
        os.close(self.descriptor)
        with os.fdopen(self._receiving, "rb") as pipe:
            return pipe.read(_LONGEST_MESSAGE_BYTES).decode(errors="replace")


def load_modules() -> None:
    """Load the modules that web process, worker and beat will share, and that take most of their start."""
    for name in (_WEB, *_CELERY):
        import_module(name)


def prepare(*, ports: Ports | None, with_sweep: bool, failure: FailureNote) -> None:
    """Make the tables, register the sample fleet, and make the first sweep; SIGTERM cuts the sweep short.

    ports: where the sample fleet listens; None without `--demo`.
    """
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    output = sys.stdout
    try:
        steps.prepare_database(output)
    except steps.StepFailed as error:
        failure.say(str(error))
        sys.exit(1)
    steps.mention_demo(output, with_fleet=ports is not None)
    if ports is not None:
        steps.register_fleet(ports, output)
        steps.ensure_demo_user(output)
    if with_sweep:
        steps.sweep(output, stop=stop)


def withdraw_fleet() -> None:
    """Disable the sample fleet's rows: nobody answers there any more."""
    steps.withdraw_fleet()


def serve_web(listener: socket) -> None:
    """Serve until SIGTERM."""
    import_module(_WEB).serve(listener)


def work() -> None:
    """Run Celery's worker until SIGTERM."""
    _celery("worker", "--pool", "threads", "--concurrency", "2", *_ALONE)


def schedule() -> None:
    """Run Celery's beat until SIGTERM."""
    _celery("beat")


def _celery(*words: str) -> None:
    sys.exit(app.start(["--quiet", *words]))
