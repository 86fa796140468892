"""The frozen values that pass between the stages, from target to snapshot.

Seconds, ratios and aware UTC datetimes inside; `core.document` turns them into what the public contract shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from realtime.core.bounds import Bound
from realtime.core.exposition import Exposition
from realtime.core.maintenance import MaintenanceWindow

# Raw totals of a metric by label set, then by the upper bound of the bucket; a counter has its own under "".
LabelledTotals = Mapping[str, Mapping[str, float]]


class Status(StrEnum):
    """What is shown for a service; order and roll-up are in `core.counting`."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    ERROR = "error"
    UNKNOWN = "unknown"
    MAINTENANCE = "maintenance"

    @property
    def is_good(self) -> bool:
        return self in (Status.HEALTHY, Status.DEGRADED)

    @property
    def is_bad(self) -> bool:
        return self in (Status.UNHEALTHY, Status.ERROR)


class FailureKind(StrEnum):
    """Why a probe failed; `protocol`: connected, but what came was not valid HTTP or broke off."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    HTTP_STATUS = "http_status"
    REPORTED = "reported"
    BODY = "body"
    TOO_LARGE = "too_large"
    REDIRECT = "redirect"
    SWEEP_DEADLINE = "sweep_deadline"
    BLOCKED = "blocked"
    BOUND = "bound"


class Evidence(StrEnum):
    """What a verdict rests on: the first of PATH, WORD and BOUND that was evaluated, otherwise HTTP or CONNECTION.

    PATH: the words under `status_path`. WORD: a status word or boolean in one of the usual places.
    BOUND: a limit on a reading, or `body_contains`. HTTP: the HTTP status alone. CONNECTION: an established connection.
    """

    PATH = "path"
    WORD = "word"
    BOUND = "bound"
    HTTP = "http"
    CONNECTION = "connection"


class Contact(StrEnum):
    """What a probe received from beyond this machine. It distinguishes a dead network from a failing service.

    NONE: it asked nobody there (loopback, an address of this machine, refused by our own policy), so it proves nothing.
    ANSWERED: something came back, a refused connection and 'no such name' included.
    SILENT: no route, no answer to connecting or to a request on a kept connection, or none of the resolver.
    """

    NONE = "none"
    ANSWERED = "answered"
    SILENT = "silent"


class ReadingKind(StrEnum):
    """A counter is a growing total; what is shown of it is its rate per second between two sweeps."""

    GAUGE = "gauge"
    COUNTER = "counter"


class Aggregate(StrEnum):
    """How the matching samples of a Prometheus metric become one number; the quantiles are those of a histogram."""

    SUM = "sum"
    MIN = "min"
    MAX = "max"
    COUNT = "count"
    P50 = "p50"
    P95 = "p95"
    P99 = "p99"


class FaultCode(StrEnum):
    """Codes of internal failures, never of a service's failure: the top-level `error.code` of an answer."""

    NO_SNAPSHOT = "no_snapshot"
    STORE_UNAVAILABLE = "store_unavailable"
    REGISTRY_UNAVAILABLE = "registry_unavailable"
    NETWORK_UNREACHABLE = "network_unreachable"
    SWEEP_OVERRUN = "sweep_overrun"
    INTERNAL = "internal"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """An internal failure; `message` is safe to show to anyone."""

    code: FaultCode
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why a probe failed; `message` holds no credential, query string, header or stack trace."""

    kind: FailureKind
    message: str
    http_status: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadingSpec:
    """A reading to take. `path` None means the health answer.

    expression: JMESPath that must give a number; metric: a Prometheus metric, label matchers included. One is set.
    aggregate: how the matching samples of `metric` become one number.
    degraded_if, unhealthy_if: bounds that make the verdict at best that.
    """

    name: str
    expression: str = ""
    metric: str | None = None
    aggregate: Aggregate = Aggregate.SUM
    path: str | None = None
    kind: ReadingKind = ReadingKind.GAUGE
    counts_toward_events: bool = False
    degraded_if: Bound | None = None
    unhealthy_if: Bound | None = None

    @property
    def has_bound(self) -> bool:
        """Whether the verdict depends on this reading."""
        return self.degraded_if is not None or self.unhealthy_if is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSourceSpec:
    """A data source that this target decides; `condition` is a JMESPath on the health answer that must give true."""

    name: str
    condition: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The frozen value made from a service at the start of a sweep; its references to secrets are resolved.

    expected_status: inclusive ranges, e.g. ((200, 299),).
    status_path: JMESPath of the status word, None for the usual places.
    status_words: the service's own words, normalised, and what each means; they take precedence over the known ones.
    body_contains: text that a healthy answer must contain; empty: none.
    certificate_warn_days: a certificate with fewer days left makes the service degraded; None: the smaller of 14 and a
        third of its lifetime; 0: never.
    degraded_above_seconds: None means that slowness does not matter.
    timeout_seconds: one deadline for everything asked of this service in a sweep.
    ca_file: path of a PEM file whose certificates alone are trusted; None: those that the machine trusts.
    verify_tls: False: any certificate will do.
    client_certificate: in PEM form with its private key, shown to the service; None: none.
    """

    name: str
    base_url: str
    health_path: str = "/health"
    status_path: str | None = None
    status_words: Mapping[str, Status] = field(default_factory=dict)
    type: str = "core"
    group: str = ""
    counts_as_api: bool = True
    timeout_seconds: float = 2.0
    expected_status: tuple[tuple[int, int], ...] = ((200, 299),)
    follow_redirects: bool = False
    degraded_above_seconds: float | None = None
    body_contains: str = ""
    certificate_warn_days: int | None = None
    failure_threshold: int = 1
    success_threshold: int = 1
    ca_file: str | None = None
    verify_tls: bool = True
    client_certificate: str | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    readings: tuple[ReadingSpec, ...] = ()
    data_sources: tuple[DataSourceSpec, ...] = ()
    maintenance: tuple[MaintenanceWindow, ...] = ()

    @property
    def is_connection(self) -> bool:
        """Whether a connection alone is probed: `tcp://` or `tls://`."""
        return self.base_url.lower().startswith(("tcp://", "tls://"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Phases:
    """Seconds of one HTTP exchange, phase by phase; None where the phase did not happen (a kept connection) or end."""

    dns_seconds: float | None = None
    connect_seconds: float | None = None
    tls_seconds: float | None = None
    first_byte_seconds: float | None = None
    body_seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """How long the certificate that a server presented is valid."""

    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """One request and what came back; either `failure` is set or `http_status`, `headers` and `body` are.

    A body over the limit is a failure of kind `too_large` that still has its `http_status`.
    elapsed_seconds: from sending the request, connecting included where needed, to the last byte of the body.
    address: `host:port` that was connected to, None when that was not reached.
    hops: the URLs asked, without query, the last one being the one that answered.
    place: the address beyond this machine that was asked, the name where it was not resolved; None where there is none.
    exposition: what metric readings need of the body, None where there are none; `body` is only its beginning then.
    size_bytes: of the whole body, after decompression.
    certificate: that of the server, None without TLS.
    """

    path: str
    hops: tuple[str, ...] = ()
    address: str | None = None
    reused_connection: bool = False
    phases: Phases = field(default_factory=Phases)
    elapsed_seconds: float | None = None
    http_status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = ""
    body: bytes = field(default=b"", repr=False)
    exposition: Exposition | None = field(default=None, repr=False)
    size_bytes: int = 0
    failure: Failure | None = None
    contact: Contact = Contact.NONE
    place: str | None = None
    certificate: Certificate | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeResult:
    """The outcome of one probe: the verdict before flap damping, and the unregistered numbers.

    response_time_seconds: of the health request, None when there was no answer.
    finished_seconds: when the probe ended, after the start of its sweep.
    gauges: readings by name, registered ones first; counters: raw totals by name, not yet rates; series: the same of
        metric readings, by label set and bucket.
    conditions: per data source, whether its condition held on this answer.
    contact, place: of the health request, as in `Exchange`.
    evidence: what the status rests on, None without an answer.
    unknown_word: a status word that nobody knows, where the service answered with one.
    reason: a sentence that says why, safe to show to anyone; None when healthy.
    certificate: that of the server, None without TLS. certificate_days: whole days for which it is still valid,
        negative once it has expired; filled by `core.certificate_verdict`.
    """

    target: str
    status: Status
    failure: Failure | None = None
    evidence: Evidence | None = None
    unknown_word: str | None = None
    reason: str | None = None
    certificate: Certificate | None = None
    certificate_days: int | None = None
    response_time_seconds: float | None = None
    finished_seconds: float
    gauges: Mapping[str, float] = field(default_factory=dict)
    counters: Mapping[str, float] = field(default_factory=dict)
    series: Mapping[str, LabelledTotals] = field(default_factory=dict)
    reading_errors: Mapping[str, str] = field(default_factory=dict)
    uptime_seconds: float | None = None
    conditions: Mapping[str, bool] = field(default_factory=dict)
    contact: Contact = Contact.NONE
    place: str | None = None


class UnprobedReason(StrEnum):
    """Why a target has no probe result in a sweep.

    SAT_OUT: on purpose: it kept timing out, or its thread or name look-up from an earlier sweep still hangs.
    OVERRUN: not begun, or cut before its time, because the sweep took too long or was stopped.
    INTERNAL: our own code raised; the traceback is in the log.
    """

    SAT_OUT = "sat_out"
    OVERRUN = "overrun"
    INTERNAL = "internal"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unprobed:
    """A target that was not probed in this sweep, or whose probe says nothing about the service."""

    target: str
    reason: UnprobedReason


Outcome = ProbeResult | Unprobed


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """One pass over all targets: `outcomes` in the order of `targets`, and the figures it was made under.

    fault: the internal failure before the probes began (the registry), None without one.
    """

    targets: Sequence[Target]
    outcomes: Sequence[Outcome]
    started_at: datetime
    finished_at: datetime
    collection_seconds: float
    refresh_interval_seconds: int
    deadline_seconds: float
    fault: Fault | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """One probe with everything that it saw, for a person to read.

    rule: a sentence that names the rule which decided the status.
    """

    exchanges: tuple[Exchange, ...]
    rule: str
    result: ProbeResult


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceState:
    """What a snapshot says of one service.

    status: shown, after flap damping; failure: the one on which a shown unhealthy or error rests, else None.
    status_since: since when this status is shown, None while that is not known.
    evidence, unknown_word, reason: what the shown status rests on, as in `ProbeResult`.
    maintenance_until: the end of the maintenance window that it is in, None outside one.
    readings: public names, registered ones first; tracked: those of them that have history.
    next_check_at: until when it sits sweeps out because it kept timing out, None while it does not.
    """

    name: str
    type: str
    group: str
    counts_as_api: bool
    status: Status
    status_since: datetime | None = None
    evidence: Evidence | None = None
    unknown_word: str | None = None
    reason: str | None = None
    pending: bool = False
    response_time_seconds: float | None = None
    readings: Mapping[str, float] = field(default_factory=dict)
    tracked: tuple[str, ...] = ()
    reading_errors: Mapping[str, str] = field(default_factory=dict)
    uptime_seconds: float | None = None
    checked_at: datetime | None = None
    last_success_at: datetime | None = None
    consecutive_failures: int = 0
    failure: Failure | None = None
    next_check_at: datetime | None = None
    maintenance_until: datetime | None = None
    certificate_days: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusChange:
    """A shown status that became another; `kind` says why where it turned bad, `reason` why unless it is healthy."""

    service: str
    at: datetime
    was: Status
    became: Status
    kind: FailureKind | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """The consolidated, immutable outcome of one sweep; `services` is in registry order.

    events_per_second: sum of the readings that count toward it; it rests on `events_fresh` of `events_expected`
    services. registered_sources, active_sources: sorted names of the data sources of all services, and of the active.
    status_since: since when the roll-up of all services has the value it has. recent_changes: newest first.
    """

    id: int
    finished_at: datetime
    refresh_interval_seconds: int
    sweep_deadline_seconds: float
    collection_seconds: float
    services: tuple[ServiceState, ...] = ()
    registered_sources: tuple[str, ...] = ()
    active_sources: tuple[str, ...] = ()
    events_per_second: float = 0.0
    events_expected: int = 0
    events_fresh: int = 0
    status_since: datetime | None = None
    recent_changes: tuple[StatusChange, ...] = ()
    fault: Fault | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CounterSample:
    """The raw total of a counter and when it was read."""

    total: float
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesSample:
    """The raw totals of a metric reading's label sets, and when they were read."""

    totals: LabelledTotals
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A shown status with everything that it rests on, as in `ServiceState`."""

    status: Status
    since: datetime | None = None
    failure: Failure | None = None
    evidence: Evidence | None = None
    unknown_word: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceMemory:
    """What a collector must remember of a service from sweep to sweep, beside its state in the snapshot.

    streak: probes in a row that speak against the shown status (flap damping).
    last_kind: kind of the last failed probe; a target that sits out counts as failed once more of that kind.
    timeouts: probes in a row that timed out; next_check_at: until when it sits out because of them.
    held: what was shown before our own network failed, from which damping goes on.
    conditions: per data source, what its condition gave on the last usable answer.
    """

    streak: int = 0
    last_kind: FailureKind | None = None
    timeouts: int = 0
    next_check_at: datetime | None = None
    held: Shown | None = None
    counters: Mapping[str, CounterSample] = field(default_factory=dict)
    series: Mapping[str, SeriesSample] = field(default_factory=dict)
    conditions: Mapping[str, bool] = field(default_factory=dict)
