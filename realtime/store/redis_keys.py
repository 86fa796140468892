"""The one owner of Redis keys and their lifetimes; ARCHITECTURE.md shows them as a table."""

from dataclasses import dataclass

from realtime.core.codec import RECORDS_VERSION
from realtime.core.history import PERIODS

DAY_SECONDS = 86_400
# The snapshot outlives its own staleness by a day. What the next sweep and the comparison need is kept for the longest
# comparison (2 x 24 h) and two days more, so that it outlives the snapshot also at an interval of a day.
SNAPSHOT_EXTRA_SECONDS = DAY_SECONDS
HISTORY_SECONDS = 4 * DAY_SECONDS
CHANGES_SECONDS = 30 * DAY_SECONDS
CHANGES_KEPT = 20
# The next sweep takes it, or nobody does.
WOKEN_SECONDS = DAY_SECONDS


@dataclass(frozen=True, slots=True)
class RedisKeys:
    """Names of all keys under one prefix.

    The prefix is a hash tag, so that a Redis Cluster keeps them together, as the scripts need.
    """

    prefix: str

    @property
    def lease(self) -> str:
        return self._key("lease")

    @property
    def sequence(self) -> str:
        return self._key("sequence")

    @property
    def started(self) -> str:
        return self._key("started")

    @property
    def head(self) -> str:
        return self._key("head")

    @property
    def snapshot(self) -> str:
        return self._key("snapshot")

    @property
    def memory(self) -> str:
        return self._key("memory")

    @property
    def totals(self) -> str:
        return self._key("totals")

    @property
    def history(self) -> tuple[str, ...]:
        """One key for each period, in the order of PERIODS."""
        return tuple(self._key(f"history:{seconds}") for seconds in PERIODS.values())

    @property
    def read_keys(self) -> str:
        return self._key("read-keys")

    @property
    def read_keys_version(self) -> str:
        return self._key("read-keys-version")

    @property
    def woken(self) -> str:
        return self._key("woken")

    def requests(self, client: str) -> str:
        return self._key(f"requests:{client}")

    def changes(self, service: str) -> str:
        return self._key(f"changes:{service}")

    def _key(self, name: str) -> str:
        return f"{{{self.prefix}}}:{RECORDS_VERSION}:{name}"
