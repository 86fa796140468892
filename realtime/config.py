"""The validated settings of this app as one value; reading them from the environment is the project's business."""

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

DEFAULT_REFRESH_INTERVAL_SECONDS = 5
MAX_SWEEP_DEADLINE_SECONDS = 4.0
SWEEP_DEADLINE_SHARE = 0.8  # of the refresh interval, so that a sweep ends before the next one is due


class ReadAccess(StrEnum):
    """Who may read the metrics: everyone, whoever shows a read key, or who is signed in to the admin as staff."""

    PUBLIC = "public"
    KEY = "key"
    STAFF = "staff"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """So many requests in each window."""

    requests: int
    window_seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """What the rooms of `realtime` need to know; found at `django.conf.settings.REALTIME`.

    refresh_interval_seconds: fills an empty beat table; later the table's row counts.
    sweep_deadline_seconds: None means the smaller of 4 s and 80 % of the refresh interval; under an interval that is no
    longer than it, 80 % of that count.
    probe_threads: most probes under way at once in one process.
    body_limit_bytes: of one answer, after decompression.
    exporter_body_limit_bytes: of one that metric readings are taken from.
    probe_allow: networks outside which nothing is probed; empty means everywhere. probe_deny: refused, also within it.
    key_prefix: put before every Redis key, so that two installations can share one Redis.
    allowed_origins: origins of other sites that may read the metrics; empty means same origin only.
    read_access: who may read the metrics, on whichever way.
    throttle: requests that one client may send; None means any number.
    secrets_keys: Fernet keys of the secrets in the database; the first encrypts, each of them decrypts.
    reserved_environment: names that a registry row must not refer to as `${NAME}`.
    """

    refresh_interval_seconds: int = DEFAULT_REFRESH_INTERVAL_SECONDS
    sweep_deadline_seconds: float | None = None
    probe_threads: int = 128
    body_limit_bytes: int = 256 * 1024
    exporter_body_limit_bytes: int = 16 * 1024 * 1024
    probe_allow: tuple[IPv4Network | IPv6Network, ...] = ()
    probe_deny: tuple[IPv4Network | IPv6Network, ...] = ()
    key_prefix: str = "realtime"
    allowed_origins: tuple[str, ...] = ()
    read_access: ReadAccess = ReadAccess.PUBLIC
    throttle: Rate | None = None
    secrets_keys: tuple[str, ...] = field(default=(), repr=False)
    reserved_environment: frozenset[str] = field(default_factory=frozenset)

    def sweep_deadline(self, *, interval_seconds: int) -> float:
        """Return the seconds that one sweep may take under this refresh interval."""
        longest = SWEEP_DEADLINE_SHARE * interval_seconds
        if self.sweep_deadline_seconds is None:
            return min(MAX_SWEEP_DEADLINE_SECONDS, longest)
        # The interval is changed in the admin, long after this was chosen: a sweep that outlasts it skips the next.
        return self.sweep_deadline_seconds if self.sweep_deadline_seconds < interval_seconds else longest
