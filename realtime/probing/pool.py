"""The thread pool: one sweep over all targets that ends on time, whatever the targets do."""

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from realtime.config import Config
from realtime.core.addresses import AddressPolicy
from realtime.core.records import (
    Contact,
    Failure,
    FailureKind,
    Inspection,
    Outcome,
    ProbeResult,
    Status,
    Target,
    Unprobed,
    UnprobedReason,
)
from realtime.outbound.connection import PoolingAdapter, most_kept_hosts, pool_classes
from realtime.outbound.failures import Interrupted, ProbeFailed
from realtime.outbound.resolver import Resolver
from realtime.outbound.tls import Trust
from realtime.outbound.wire import Wire
from realtime.probing.fetch import Fetcher
from realtime.probing.probe import inspect

logger = logging.getLogger(__name__)

# How often the sweeping thread checks its probes, and so how late it can notice a stop.
TICK_SECONDS = 0.03
# Threads that probe what answers at once, and after how long a probe counts as one that does not.
MOVING_THREADS = 16
STALLED_SECONDS = 0.01
# Past the sweep deadline, for probes that were cut to say how far they came.
GRACE_SECONDS = 0.25


class Prober:
    """Everything about probing that outlives a sweep: kept connections, the resolver, threads that are stuck.

    One per process, made after any fork: threads and connections do not survive one. Two sweeps at once are safe,
    but one would see the other's targets as stuck.
    """

    def __init__(self, config: Config) -> None:
        self._threads = config.probe_threads
        self._resolver = Resolver()
        policy = AddressPolicy(allow=config.probe_allow, deny=config.probe_deny)
        adapter = PoolingAdapter(
            pools=pool_classes(resolver=self._resolver, policy=policy),
            trust=Trust(),
            kept_hosts=most_kept_hosts(),
            kept_per_host=config.probe_threads,
        )
        self._fetcher = Fetcher(
            adapter=adapter,
            body_limit_bytes=config.body_limit_bytes,
            exporter_body_limit_bytes=config.exporter_body_limit_bytes,
        )
        self._busy: set[str] = set()

    def close(self) -> None:
        """Close the connections that are kept."""
        self._fetcher.close()

    def inspect(self, target: Target) -> Inspection:
        """Probe one target now, in this thread and within its own timeout; for a person who waits for it."""
        wire = Wire(
            deadline=time.monotonic() + target.timeout_seconds,
            limit_seconds=target.timeout_seconds,
            late_kind=FailureKind.TIMEOUT,
        )
        return inspect(target=target, fetcher=self._fetcher, wire=wire, sweep_started_at=time.monotonic())

    def sweep(
        self, *, targets: Sequence[Target], deadline_seconds: float, stop: threading.Event | None = None
    ) -> tuple[Outcome, ...]:
        """Return one outcome per target, in the order of `targets`, which is also the order in which they begin.

        Returns by `deadline_seconds` (and GRACE_SECONDS). A target still running then is an error of kind
        `sweep_deadline` if it ran for half of that at least, and `OVERRUN` if not; so is one that had no turn, and
        one cut by `stop`. Those likely to hang should come last: with more of them than threads they delay the rest.
        """
        sweep = _Sweep(
            targets=targets,
            deadline_seconds=deadline_seconds,
            fetcher=self._fetcher,
            busy=self._busy,
            sitting_out=frozenset(index for index, target in enumerate(targets) if self._is_stuck(target)),
        )
        # Not `with`: leaving it would wait for a hung probe past the deadline.
        executor = ThreadPoolExecutor(max_workers=self._threads, thread_name_prefix="probe")
        try:
            sweep.watch(executor, max_threads=self._threads, stop=stop)
        finally:
            sweep.end()
            executor.shutdown(wait=False, cancel_futures=True)
        return sweep.outcomes()

    def _is_stuck(self, target: Target) -> bool:
        host = urlsplit(target.base_url).hostname
        return target.name in self._busy or (host is not None and self._resolver.unanswered(host))


class _Sweep:
    """What the threads of one sweep share. Each outcome is written once, by the thread whose turn it was."""

    def __init__(
        self,
        *,
        targets: Sequence[Target],
        deadline_seconds: float,
        fetcher: Fetcher,
        busy: set[str],
        sitting_out: frozenset[int],
    ) -> None:
        self._started_at = time.monotonic()
        self._deadline_seconds = deadline_seconds
        self._ends_at = self._started_at + deadline_seconds
        self._targets = targets
        self._fetcher = fetcher
        self._busy = busy
        self._outcomes: list[Outcome | None] = [
            Unprobed(target=target.name, reason=UnprobedReason.SAT_OUT) if index in sitting_out else None
            for index, target in enumerate(targets)
        ]
        self._waiting = deque(index for index in range(len(targets)) if index not in sitting_out)
        self._running: dict[int, Wire] = {}
        self._lock = threading.Lock()
        self._left = len(self._waiting)
        self._all_done = threading.Event()
        self._is_stopped = False
        self._internal_errors = 0
        if not self._left:
            self._all_done.set()

    def work(self) -> None:
        """Probe one waiting target after the other until there is none left."""
        while True:
            with self._lock:
                if not self._waiting:
                    return
                index = self._waiting.popleft()
                wire = self._running[index] = self._wire_for(self._targets[index])
            outcome = self._outcome(self._targets[index], wire)
            with self._lock:
                del self._running[index]
                self._outcomes[index] = outcome
                self._left -= 1
                if not self._left:
                    self._all_done.set()

    def watch(self, executor: ThreadPoolExecutor, *, max_threads: int, stop: threading.Event | None) -> None:
        """Return when all is done, at the deadline, or when `stop` is set; until then, see that probes go on."""
        threads = 0
        while (now := time.monotonic()) < self._ends_at:
            if stop is not None and stop.is_set():
                self._is_stopped = True
                return
            wires = self._wires()
            self._cut_late(wires)
            wanted = min(self._wanted_threads(wires, now=now), max_threads, threads + len(self._waiting))
            for _ in range(threads, wanted):
                executor.submit(self.work)
            threads = max(threads, wanted)
            tick_seconds = STALLED_SECONDS if self._waiting else TICK_SECONDS
            if self._all_done.wait(min(tick_seconds, self._ends_at - now)):
                return

    def end(self) -> None:
        """Begin no more probes, cut those that run, and give them a moment to say how far they came."""
        with self._lock:
            self._left -= len(self._waiting)
            self._waiting.clear()
        for wire in self._wires():
            wire.cut(stopping=self._is_stopped)
        if self._left:
            self._all_done.wait(GRACE_SECONDS)
        if self._internal_errors > 1:
            logger.error("%d more probes failed for a reason of ours", self._internal_errors - 1)

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return an outcome for each target, also for those whose thread does not come back."""
        with self._lock:
            return tuple(
                outcome or self._outcome_without(index, target)
                for index, (target, outcome) in enumerate(zip(self._targets, self._outcomes, strict=True))
            )

    def _cut_late(self, wires: Sequence[Wire]) -> None:
        # Each probe minds its deadline itself; this is for waits that cannot, such as a slow send under TLS.
        for wire in wires:
            if wire.is_over:
                wire.cut(stopping=False)

    def _wanted_threads(self, wires: Sequence[Wire], *, now: float) -> int:
        # As many as keep MOVING_THREADS of them moving: more would fight for the interpreter (128 at once: a third
        # fewer probes per CPU-second), fewer would wait for hung targets.
        return MOVING_THREADS + sum(wire.began_at < now - STALLED_SECONDS for wire in wires)

    def _wires(self) -> list[Wire]:
        with self._lock:
            return list(self._running.values())

    def _wire_for(self, target: Target) -> Wire:
        now = time.monotonic()
        remaining_seconds = self._ends_at - now
        is_cut_by_end = target.timeout_seconds > remaining_seconds
        limit_seconds = remaining_seconds if is_cut_by_end else target.timeout_seconds
        return Wire(
            deadline=now + limit_seconds,
            limit_seconds=limit_seconds,
            late_kind=self._kind_at_end(remaining_seconds) if is_cut_by_end else FailureKind.TIMEOUT,
        )

    def _kind_at_end(self, remaining_seconds: float) -> FailureKind | None:
        return FailureKind.SWEEP_DEADLINE if remaining_seconds >= self._deadline_seconds / 2 else None

    def _outcome(self, target: Target, wire: Wire) -> Outcome:
        self._busy.add(target.name)
        try:
            return inspect(target=target, fetcher=self._fetcher, wire=wire, sweep_started_at=self._started_at).result
        except Interrupted:
            return Unprobed(target=target.name, reason=UnprobedReason.OVERRUN)
        except Exception:
            if self._is_first_internal():
                logger.exception("The probe of %s failed for a reason of ours", target.name)
            return Unprobed(target=target.name, reason=UnprobedReason.INTERNAL)
        finally:
            self._busy.discard(target.name)

    def _is_first_internal(self) -> bool:
        # One traceback only: an internal error often hits all targets.
        with self._lock:
            self._internal_errors += 1
            return self._internal_errors == 1

    def _outcome_without(self, index: int, target: Target) -> Outcome:
        wire = self._running.get(index)
        late = None if wire is None else wire.late()
        if not isinstance(late, ProbeFailed):
            return Unprobed(target=target.name, reason=UnprobedReason.OVERRUN)
        return ProbeResult(
            target=target.name,
            status=Status.ERROR,
            failure=Failure(kind=FailureKind.SWEEP_DEADLINE, message=late.message),
            finished_seconds=time.monotonic() - self._started_at,
            contact=wire.contact if wire else Contact.NONE,
            place=wire.place if wire else None,
        )
