"""The one place of a process that looks for news, and serves all its listeners with the same bytes.

No listener ever causes a sweep, a query or a second rendering: a task reads when a snapshot is announced, and once a
second anyway, so that a lost announcement, staleness and faults of the store are noticed.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import lru_cache

from django.utils import timezone

from realtime.broadcast.announcements import announcements
from realtime.core import delivery
from realtime.core.delivery import Held, Message, Mode, View, Wishes
from realtime.core.slices import Slice
from realtime.live.asgi import Event
from realtime.live.feed import Feed, Transport, advance
from realtime.reporting import access
from realtime.reporting.access import EVERYONE, Admission
from realtime.reporting.reader import Reader, process_reader

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 1.0

# An announcement can overtake the reading of another thread that had begun just before it.
SECONDS_BEFORE_LOOKING_AGAIN = 0.05
MOST_LOOKS_FOR_ONE = 5

SECONDS_TO_STOP = 1.0


class Listener:
    """One open connection: what it wished for, what it has, and a bell that rings when there may be more for it.

    resumed_id: the snapshot that it says it had before the connection broke.
    admission: its right to listen, which may end before it leaves.
    """

    __slots__ = ("admission", "bell", "held", "is_dismissed", "is_gone", "resumed_id", "transport", "wishes")

    def __init__(
        self, *, wishes: Wishes, transport: Transport, resumed_id: int | None = None, admission: Admission = EVERYONE
    ) -> None:
        self.wishes = wishes
        self.transport = transport
        self.resumed_id = resumed_id
        self.admission = admission
        self.is_dismissed = False
        self.held: Held | None = None
        self.bell = asyncio.Event()
        self.is_gone = False

    def dismiss(self) -> None:
        """Say that it may listen no longer."""
        self.is_dismissed = True
        self.leave()

    def leave(self) -> None:
        """Say that the connection is over, or has to be."""
        self.is_gone = True
        self.bell.set()


class Hub:
    """Serves the listeners of one process; only reading, and asking for rights, happen outside its event loop."""

    def __init__(
        self,
        *,
        reader: Reader,
        announcements: Callable[[], AsyncIterator[int]] = announcements,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader = reader
        self._monotonic = monotonic
        self._announcements = announcements
        self._listeners: set[Listener] = set()
        self._feeds: dict[View, Feed] = {}
        self._task: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._rights_changed = asyncio.Event()
        self._announced_id = 0
        # One of its own: the event loop's threads can all be waiting for keys, sessions or counters of who connects.
        self._reading = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hub")

    @contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        """Serve a listener until the block ends."""
        self._listeners.add(listener)
        if not self.is_running:
            self._task = asyncio.create_task(self._run(), name="hub")
        elif listener.wishes.view not in self._feeds:
            self._news.set()
        try:
            yield
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._news.set()

    def next_event(self, listener: Listener) -> Event | None:
        """Return what this listener is to be sent now, and count it as sent; None when there is nothing."""
        now = self._monotonic()
        feed = self._feeds.get(listener.wishes.view)
        message = self._next_message(listener, feed, now=now)
        if feed is None or listener.held is None or message is None:
            return None
        event = feed.event(message, held=listener.held, transport=listener.transport)
        listener.held = delivery.after(message, held=listener.held, present=feed.present, now=now)
        return event

    def _next_message(self, listener: Listener, feed: Feed | None, *, now: float) -> Message | None:
        if feed is None:
            return None
        if listener.held is None:
            listener.held = _held_at_first(listener, feed, now=now)
        return delivery.next_message(
            held=listener.held,
            present=feed.present,
            wishes=listener.wishes,
            can_patch=feed.reaches(listener.held.snapshot_id),
            now=now,
        )

    @property
    def is_running(self) -> bool:
        """Whether anyone is being served."""
        return self._task is not None and not self._task.done()

    def close(self) -> None:
        """End all connections, as the server does before it stops."""
        for listener in self._listeners:
            listener.leave()

    async def _run(self) -> None:
        self._news = asyncio.Event()
        beside = {
            asyncio.create_task(self._listen(), name="announcements"),
            asyncio.create_task(self._dismiss(), name="rights"),
        }
        try:
            while self._listeners:
                await self._look()
                await self._wait()
        finally:
            # More than once: redis-py swallows the cancellation of a task that is just connecting.
            while running := {task for task in beside if not task.done()}:
                for task in running:
                    task.cancel()
                await asyncio.wait(running, timeout=SECONDS_TO_STOP)
            self._task = None
        if self._listeners:  # they connected while this ended, and were served from the old feeds
            self._task = asyncio.create_task(self._run(), name="hub")
        else:
            self._feeds = {}

    async def _listen(self) -> None:
        while True:
            try:
                async for snapshot_id in self._announcements():
                    self._announced_id = snapshot_id
                    self._news.set()
            except Exception:
                logger.exception("announcements cannot be heard; trying again")
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    async def _dismiss(self) -> None:
        """End the connections of those who may no longer read.

        Beside the reading, never before it: asking about sessions takes as long as the database does.
        """
        if access.is_public():
            return
        self._rights_changed = asyncio.Event()
        with access.watched(self._check_rights_soon(asyncio.get_running_loop())):
            while True:
                listeners = tuple(self._listeners)
                try:
                    admitted = await asyncio.to_thread(_rights_of, listeners)
                except Exception:
                    # Without this task nobody would ever be turned out here.
                    logger.exception("the listeners' rights could not be looked at; trying again")
                else:
                    for listener, still in zip(listeners, admitted, strict=True):
                        if not still:
                            listener.dismiss()
                with suppress(TimeoutError):
                    async with asyncio.timeout(SECONDS_BETWEEN_LOOKS):
                        await self._rights_changed.wait()
                self._rights_changed.clear()

    def _check_rights_soon(self, loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
        """Return what has this hub look at everyone's right to listen at once, to be called from any thread."""

        def check_rights_soon() -> None:
            with suppress(RuntimeError):  # the loop has closed meanwhile
                loop.call_soon_threadsafe(self._rights_changed.set)

        return check_rights_soon

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS_BETWEEN_LOOKS):
                await self._news.wait()
        self._news.clear()

    async def _look(self) -> None:
        """Read what there is now and ring for everyone whom it concerns."""
        loop = asyncio.get_running_loop()
        announced_id, self._announced_id = self._announced_id, 0
        for attempt in range(MOST_LOOKS_FOR_ONE):
            if attempt:
                await asyncio.sleep(SECONDS_BEFORE_LOOKING_AGAIN)
            wanted = self._wanted()
            try:
                read = await loop.run_in_executor(self._reading, self._read, wanted, announced_id)
                # Listeners that connected meanwhile were served from an old feed. It must continue, because a new one
                # would count its states from the start.
                feeds, wanted = self._feeds | read, self._wanted()
                self._feeds = {view: feed for view, feed in feeds.items() if view in wanted}
            except Exception:
                # This task must never end: without it no listener would get anything.
                logger.exception("the listeners could not be served; trying again")
            self._ring()
            if all(feed.present.snapshot_id >= announced_id for feed in self._feeds.values()):
                return

    def _wanted(self) -> dict[View, bool]:
        """Return the views that someone listens to, and whether anyone there wants patches."""
        wanted: dict[View, bool] = {}
        for listener in self._listeners:
            view = listener.wishes.view
            wanted[view] = wanted.get(view, False) or listener.wishes.mode is Mode.DELTA
        return wanted

    def _read(self, wanted: Mapping[View, bool], announced_id: int) -> dict[View, Feed]:
        """Return the feeds of these views; runs in a thread, since the store may take its time."""
        if announced_id:
            self._reader.hear_of(announced_id)
        feeds = {}
        for view, wants_patches in wanted.items():
            answer = self._reader.answer(
                period_seconds=view.period_seconds, now=timezone.now(), part=Slice(fields=view.fields)
            )
            feeds[view] = advance(
                self._feeds.get(view),
                rendered=answer.rendered,
                now=self._monotonic(),
                wants_patches=wants_patches,
            )
        return feeds

    def _ring(self) -> None:
        now = self._monotonic()
        for listener in self._listeners:
            feed = self._feeds.get(listener.wishes.view)
            if self._next_message(listener, feed, now=now) is not None:
                listener.bell.set()


def _rights_of(listeners: Sequence[Listener]) -> list[bool]:
    return [listener.admission.holds() for listener in listeners]


def _held_at_first(listener: Listener, feed: Feed, *, now: float) -> Held:
    if listener.resumed_id is None:
        return Held(message_at=now)
    return delivery.came_back(snapshot_id=listener.resumed_id, present=feed.present, now=now)


@lru_cache(maxsize=1)
def process_hub() -> Hub:
    """Return the hub of this process."""
    return Hub(reader=process_reader())
