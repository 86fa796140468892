"""The order of `manage.py up`: store, tables, sample fleet, one sweep, port, worker, schedule; and back again."""

import asyncio
import http.client
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import TypeVar

from metricsproj.samplefleet.registration import Ports
from metricsproj.supervision import steps, store
from metricsproj.supervision.listening import calling_host, in_url, open_port
from metricsproj.supervision.parts import Part, python_part, web_part
from metricsproj.supervision.printer import Printer
from metricsproj.supervision.stop_signals import watch_signals
from metricsproj.supervision.supervisor import PartFailed, Supervisor

T = TypeVar("T")

OWN_NAME = "up"
ENDPOINT = "/api/v1/real-time-metrics"
LIVENESS = "/livez"
READY_SECONDS = 20.0
POLL_SECONDS = 0.05


class StoppedEarly(Exception):
    """A person asked to stop while things were still starting."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fleet:
    """The sample fleet as a part, and where its services listen."""

    part: Part
    ports: Ports


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What to run. `store` None: REDIS_URL names one; `fleet` None: no --demo.

    with_collector: False where cron runs `collect_metrics`.
    host_header: a name under which the site lets itself be asked.
    """

    store: Part | None
    store_url: str
    fleet: Fleet | None
    with_collector: bool
    listener: socket
    project_dir: Path
    host_header: str


def collecting_parts(plan: Plan) -> tuple[Part, ...]:
    """Return the parts that keep the snapshot fresh."""
    celery = ("celery", "--quiet", "-A", "metricsproj")
    # The rest of Celery's chatter between workers is for clusters; here there is one.
    alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    worker = ("worker", "--pool", "threads", "--concurrency", "2", *alone)
    return (
        python_part("worker", *celery, *worker, project_dir=plan.project_dir),
        python_part("beat", *celery, "beat", project_dir=plan.project_dir),
    )


async def run(plan: Plan, *, printer: Printer) -> None:
    """Start everything, keep it running until a signal asks to stop, then stop everything.

    Raises:
        PartFailed: a part that the others need did not come up.
        StepFailed: the database cannot be prepared.
        PortUnavailable: another program opened our port while we were starting.
    """
    supervisor = Supervisor(write=printer.write, own_name=OWN_NAME)
    asked_to_stop, stop_sweep = asyncio.Event(), threading.Event()
    _watch_signals(supervisor, printer, asked_to_stop=asked_to_stop, stop_sweep=stop_sweep)
    # One thread for all steps, so that its database connections are its own and can be closed.
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix=OWN_NAME) as thread:
        running = _Run(
            plan=plan,
            printer=printer,
            supervisor=supervisor,
            asked_to_stop=asked_to_stop,
            stop_sweep=stop_sweep,
            thread=thread,
        )
        try:
            await running.start()
            await asked_to_stop.wait()
        except StoppedEarly:
            pass
        finally:
            await running.stop()


def _watch_signals(
    supervisor: Supervisor, printer: Printer, *, asked_to_stop: asyncio.Event, stop_sweep: threading.Event
) -> None:
    """Have the first signal set both events, and a second one kill what has not stopped by then."""

    def stop() -> None:
        printer.write(OWN_NAME, "stopping (once more kills)")
        asked_to_stop.set()
        stop_sweep.set()

    def kill() -> None:
        printer.write(OWN_NAME, "killing all parts")
        supervisor.kill()

    watch_signals(stop=stop, kill=kill)


@dataclass(kw_only=True, slots=True)
class _Run:
    plan: Plan
    printer: Printer
    supervisor: Supervisor
    asked_to_stop: asyncio.Event
    stop_sweep: threading.Event
    thread: ThreadPoolExecutor

    async def start(self) -> None:
        plan, output = self.plan, self.printer.stream(OWN_NAME)
        if plan.store:
            await self._start_until(plan.store, lambda: store.unreachable_reason(plan.store_url) is None)
        if plan.fleet:
            await self.supervisor.start(plan.fleet.part)
        await self._step(lambda: steps.prepare_database(output))
        await self._step(lambda: steps.mention_demo(output, with_fleet=plan.fleet is not None))
        if plan.fleet:
            ports = plan.fleet.ports
            await self._step(lambda: steps.register_fleet(ports, output))
            await self._step(lambda: steps.ensure_demo_user(output))
        if plan.with_collector:
            await self._step(lambda: steps.sweep(output, stop=self.stop_sweep))
        open_port(plan.listener)
        web = web_part(name="web", listener=plan.listener, project_dir=plan.project_dir)
        await self._start_until(web, lambda: _web_answers(plan))
        if plan.with_collector:
            for part in collecting_parts(plan):
                await self.supervisor.start(part)
        self._tell_urls()

    async def stop(self) -> None:
        await self.supervisor.stop()
        if self.plan.fleet:
            await self._in_thread(steps.withdraw_fleet)
        await self._in_thread(steps.close)

    async def _start_until(self, part: Part, is_ready: Callable[[], bool]) -> None:
        """Start a part and wait until it does its work."""
        await self.supervisor.start(part)
        deadline = time.monotonic() + READY_SECONDS
        while not await self._step(is_ready):
            self.supervisor.check(part.name)
            if time.monotonic() > deadline:
                raise PartFailed(f"{part.name} does not answer within {READY_SECONDS:g} s")
            await asyncio.sleep(POLL_SECONDS)

    async def _step(self, work: Callable[[], T]) -> T:
        """Do this beside the event loop, which goes on printing; a stop waits for the step's end, not longer."""
        if self.asked_to_stop.is_set():
            raise StoppedEarly
        return await self._in_thread(work)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.thread, work)

    def _tell_urls(self) -> None:
        port = self.plan.listener.getsockname()[1]
        origin = f"http://{in_url(calling_host(self.plan.listener))}:{port}"
        self.printer.write(OWN_NAME, f"dashboard  {origin}/")
        self.printer.write(OWN_NAME, f"admin      {origin}/admin/")
        self.printer.write(OWN_NAME, f"metrics    {origin}{ENDPOINT}")
        if not self.plan.with_collector:
            self.printer.write(OWN_NAME, "no collector runs here: let cron run manage.py collect_metrics")
        self.printer.write(OWN_NAME, "running; Ctrl-C stops everything")


def _web_answers(plan: Plan) -> bool:
    """Return whether the web server answers.

    It asks `/livez`, which is open to everyone: without a snapshot `/readyz` would log a 503 at each ordinary start.
    """
    address = (calling_host(plan.listener), plan.listener.getsockname()[1])
    connection = http.client.HTTPConnection(*address, timeout=READY_SECONDS)
    try:
        connection.request("GET", LIVENESS, headers={"Host": plan.host_header})
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
