"""The order of `manage.py up`: store, sample fleet, tables and first sweep, port, worker, schedule; and back again."""

import asyncio
import http
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from socket import socket

from metricsproj.samplefleet.registration import Ports
from metricsproj.supervision import forks, store
from metricsproj.supervision.listening import calling_host, in_url, open_port
from metricsproj.supervision.parts import Fork, Part, describe_end, web_part
from metricsproj.supervision.printer import Printer
from metricsproj.supervision.stop_signals import watch_signals
from metricsproj.supervision.supervisor import PartFailed, Supervisor

OWN_NAME = "up"
ENDPOINT = "/api/v1/real-time-metrics"
LIVENESS = "/livez"
READY_SECONDS = 20.0
POLL_SECONDS = 0.02
# What it does is not interrupted but for the sweep: half-made tables are worse than a late stop.
PREPARE_STOP_SECONDS = 8.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Fleet:
    """The sample fleet as a part, and where its services listen."""

    part: Part
    ports: Ports


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What to run. `store` None: REDIS_URL names one; `fleet` None: no --demo.

    with_collector: False where cron runs `collect_metrics`.
    host_header: a host name that the site answers to.
    """

    store: Part | None
    store_url: str
    fleet: Fleet | None
    with_collector: bool
    listener: socket
    host_header: str


async def run(plan: Plan, *, printer: Printer) -> None:
    """Start everything, keep it running until a signal asks to stop, then stop everything.

    Raises:
        PartFailed: a part that the others need did not come up, or the database cannot be prepared.
        PortUnavailable: another program opened our port while we were starting.
    """
    supervisor = Supervisor(write=printer.write, own_name=OWN_NAME)
    asked_to_stop = asyncio.Event()
    _watch_signals(supervisor, printer, asked_to_stop=asked_to_stop)
    running = _Run(plan=plan, printer=printer, supervisor=supervisor)
    starting = asyncio.create_task(running.start())
    stopping = asyncio.create_task(asked_to_stop.wait())
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
        await stopping
    finally:
        starting.cancel()
        stopping.cancel()
        await running.stop()


def _watch_signals(supervisor: Supervisor, printer: Printer, *, asked_to_stop: asyncio.Event) -> None:
    """Have the first signal set the event, and a second one kill what has not stopped by then."""

    def stop() -> None:
        printer.write(OWN_NAME, "stopping (once more kills)")
        asked_to_stop.set()

    def kill() -> None:
        printer.write(OWN_NAME, "killing all parts")
        supervisor.kill()

    watch_signals(stop=stop, kill=kill)


@dataclass(kw_only=True, slots=True)
class _Run:
    plan: Plan
    printer: Printer
    supervisor: Supervisor

    async def start(self) -> None:
        plan = self.plan
        if plan.store:
            self.supervisor.start(plan.store)
            await self._wait_for(plan.store, self._store_answers)
        if plan.fleet:
            self.supervisor.start(plan.fleet.part)
        preparing = asyncio.create_task(self._prepare())
        await asyncio.sleep(0)  # it is forked now, and works while the rest is loaded here
        forks.load_modules()
        await preparing
        open_port(plan.listener)
        web = web_part(name="web", what=Fork(run=partial(forks.serve_web, plan.listener)), listener=plan.listener)
        self.supervisor.start(web)
        await self._wait_for(web, self._web_answers)
        if plan.with_collector:
            self.supervisor.start(Part(name="worker", what=Fork(run=forks.work)))
            self.supervisor.start(Part(name="beat", what=Fork(run=forks.schedule)))
        self._say_urls()

    async def stop(self) -> None:
        await self.supervisor.stop()
        if self.plan.fleet:
            await self.supervisor.run_once(Part(name=OWN_NAME, what=Fork(run=forks.withdraw_fleet)))

    async def _prepare(self) -> None:
        plan = self.plan
        failure = forks.FailureNote()
        prepare = partial(
            forks.prepare,
            ports=plan.fleet.ports if plan.fleet else None,
            with_sweep=plan.with_collector,
            failure=failure,
        )
        part = Part(
            name=OWN_NAME,
            what=Fork(run=prepare),
            inherited=(failure.descriptor,),
            stop_seconds=PREPARE_STOP_SECONDS,
        )
        return_code = await self.supervisor.run_once(part)
        if message := failure.message():
            raise PartFailed(message)
        if return_code:
            raise PartFailed(f"the database cannot be prepared ({describe_end(return_code)})")

    async def _wait_for(self, part: Part, answers: Callable[[], Awaitable[bool]]) -> None:
        """Wait until a part does its work."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not await answers():
                    self.supervisor.check(part.name)
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError as error:
            raise PartFailed(f"{part.name} does not answer within {READY_SECONDS:g} s") from error

    async def _store_answers(self) -> bool:
        return store.unreachable_reason(self.plan.store_url) is None

    async def _web_answers(self) -> bool:
        """Return whether the web server answers.

        It asks `/livez`, which is open to everyone: without a snapshot, `/readyz` would log a 503 at an ordinary start.
        """
        host, port = calling_host(self.plan.listener), self.plan.listener.getsockname()[1]
        try:
            reader, writer = await asyncio.open_connection(host, port)
        except OSError:
            return False
        try:
            writer.write(
                f"GET {LIVENESS} HTTP/1.1\r\nHost: {self.plan.host_header}\r\nConnection: close\r\n\r\n".encode()
            )
            return (await reader.readline()).split()[1:2] == [b"%d" % http.HTTPStatus.OK]
        finally:
            writer.close()

    def _say_urls(self) -> None:
        port = self.plan.listener.getsockname()[1]
        origin = f"http://{in_url(calling_host(self.plan.listener))}:{port}"
        self.printer.write(OWN_NAME, f"dashboard  {origin}/")
        self.printer.write(OWN_NAME, f"admin      {origin}/admin/")
        self.printer.write(OWN_NAME, f"metrics    {origin}{ENDPOINT}")
        if not self.plan.with_collector:
            self.printer.write(OWN_NAME, "no collector runs here: let cron run manage.py collect_metrics")
        self.printer.write(OWN_NAME, "running; Ctrl-C stops everything")
