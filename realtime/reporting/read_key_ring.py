"""The read keys as this process knows them, kept current by a thread beside the requests.

A request looks into memory only: no SQL, and no round trip of its own. The thread asks the store four times a second,
where a changed set is published as soon as it is committed. It asks the registry's database every few seconds, so that
a change that could not be published is found and published, and at once while the store is away or has lost the set.
While neither answers, the keys last known go on.
"""

import hmac
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.db import Error as RegistryError
from django.db import close_old_connections
from django.utils import timezone

from realtime.core.read_keys import KeyMark, fingerprint
from realtime.registry import read_keys
from realtime.store.client import StoreUnavailable
from realtime.store.read_key_sets import ReadKeySet, ReadKeySets, open_read_key_sets

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 0.25
SECONDS_BETWEEN_REGISTRY_LOOKS = 5.0
SECONDS_BETWEEN_REGISTRY_LOOKS_ALONE = 0.5  # while the store does not tell
SECONDS_BETWEEN_NOTES = 60.0
FIRST_LOOK_SECONDS = 5.0

_NO_KEY = "0" * 64


class KeysUnknown(Exception):
    """This process has not learned yet which keys are good: neither store nor database answered since it started."""


class ReadKeyRing:
    """Knows which keys are valid, for one process.

    digests_in_registry, note_uses: the table of read keys; they raise Django's database errors.
    """

    def __init__(
        self,
        *,
        read_key_sets: ReadKeySets,
        digests_in_registry: Callable[[], Mapping[str, str]] = read_keys.opening_digests,
        note_uses: Callable[[Mapping[str, datetime]], None] = read_keys.note_uses,
        clock: Callable[[], datetime] = timezone.now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._key_sets = read_key_sets
        self._digests_in_registry = digests_in_registry
        self._note_uses = note_uses
        self._clock = clock
        self._monotonic = monotonic
        self._digests: Mapping[str, str] | None = None
        self._published: ReadKeySet | None = None
        self._registry_asked_at: float | None = None
        self._registry_failed = False
        self._used: dict[str, datetime] = {}
        self._noted_at: float | None = None
        self._watchers: set[Callable[[], None]] = set()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._first_look = threading.Event()
        self._stopping = threading.Event()

    def holds(self, mark: KeyMark) -> bool:
        """Return whether a key is valid. Raises KeysUnknown."""
        # Compared also where there is no such id, and always to the end: so the time taken reveals nothing.
        known = self._known().get(mark.public_id, _NO_KEY)
        return hmac.compare_digest(known, mark.digest)

    def mark_with(self, *, public_id: str, fingerprint_shown: str) -> KeyMark | None:
        """Return the mark of the good key that a cookie was given for, None when there is none. Raises KeysUnknown."""
        digest = self._known().get(public_id, _NO_KEY)
        if not hmac.compare_digest(fingerprint(digest), fingerprint_shown):
            return None
        return KeyMark(public_id=public_id, digest=digest)

    def note_use(self, mark: KeyMark) -> None:
        """Remember that a key was used now; written down later, by the thread."""
        self._used[mark.public_id] = self._clock()

    @contextmanager
    def watched(self, on_change: Callable[[], None]) -> Iterator[None]:
        """Call this, in the ring's thread, whenever the keys have changed, until the block ends."""
        self._watchers.add(on_change)
        try:
            yield
        finally:
            self._watchers.discard(on_change)

    def stop(self) -> None:
        """End the thread; the next question starts it again."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> None:
        """See whether the keys have changed, and write down which were used. Called by the thread."""
        is_told = self._ask_store()
        if self._registry_is_due(is_told=is_told):
            self._ask_registry()
        self._note()

    def _known(self) -> Mapping[str, str]:
        # A process that forked has the thread's object, but not the thread.
        if self._thread is None or not self._thread.is_alive():
            self._start()
        if self._digests is None:
            self._first_look.wait(FIRST_LOOK_SECONDS)
        if self._digests is None:
            raise KeysUnknown
        return self._digests

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._stopping.clear()
                self._thread = threading.Thread(target=self._run, name="read-keys", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look()
                close_old_connections()  # as the end of a request does in the other threads
            except Exception:
                # Without this thread no key would ever be revoked here.
                logger.exception("the read keys could not be looked at; trying again")
            self._first_look.set()
            self._stopping.wait(SECONDS_BETWEEN_LOOKS)

    def _ask_store(self) -> bool:
        """Take what is published; return False when the store does not tell."""
        known = self._published.version if self._published else None
        try:
            found = self._key_sets.read(known_version=known)
        except StoreUnavailable:
            return False  # the reader of the snapshots says so
        if isinstance(found, ReadKeySet):
            self._published = found
            self._take(found.digests)
        elif found is None:
            self._published = None
        return found is not None

    def _registry_is_due(self, *, is_told: bool) -> bool:
        gap = SECONDS_BETWEEN_REGISTRY_LOOKS if is_told else SECONDS_BETWEEN_REGISTRY_LOOKS_ALONE
        return self._registry_asked_at is None or self._monotonic() - self._registry_asked_at >= gap

    def _ask_registry(self) -> None:
        self._registry_asked_at = self._monotonic()
        try:
            digests = self._digests_in_registry()
        except RegistryError as error:
            if not self._registry_failed:
                logger.warning("the read keys cannot be read from the registry (%s)", type(error).__name__)
            self._registry_failed = True
            return
        self._registry_failed = False
        self._take(digests)
        if self._published is None or self._published.digests != digests:
            with suppress(StoreUnavailable, RegistryError):
                publish(self._key_sets, digests_in_registry=self._digests_in_registry)

    def _take(self, digests: Mapping[str, str]) -> None:
        if digests == self._digests:
            return
        self._digests = digests
        for on_change in tuple(self._watchers):
            on_change()

    def _note(self) -> None:
        now = self._monotonic()
        if not self._used or (self._noted_at is not None and now - self._noted_at < SECONDS_BETWEEN_NOTES):
            return
        self._noted_at = now
        used, self._used = self._used, {}
        try:
            self._note_uses(used)
        except RegistryError:
            self._used = {**used, **self._used}


def publish(
    read_key_sets: ReadKeySets, *, digests_in_registry: Callable[[], Mapping[str, str]] = read_keys.opening_digests
) -> None:
    """Publish the keys as the registry has them now. Raises StoreUnavailable."""
    version = read_key_sets.next_version()
    read_key_sets.publish(ReadKeySet(version=version, digests=digests_in_registry()))


def publish_committed() -> None:
    """Publish the keys after a change was committed; where that fails, every ring finds the change by itself."""
    try:
        publish(open_read_key_sets(settings.REALTIME))
    except (StoreUnavailable, RegistryError) as error:
        logger.warning("changed read keys could not be published, and take effect within seconds: %s", error)


@lru_cache(maxsize=1)
def process_read_key_ring() -> ReadKeyRing:
    """Return the key ring of this process."""
    return ReadKeyRing(read_key_sets=open_read_key_sets(settings.REALTIME))
