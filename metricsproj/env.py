"""The one owner of environment variables: a table of their names, defaults and help.

Values are read once, while the settings load, because workers and web servers start in spite of failing
system checks. Turning them into Django's settings is left to `metricsproj.settings`.
"""

import difflib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Never, TypeVar, cast

from metricsproj import env_parsers as parsers
from realtime.config import ReadAccess

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

LOOPBACK_HOSTS = frozenset({"localhost", ".localhost", "127.0.0.1", "[::1]"})
PROXY_HEADERS = ("X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-For")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
OUR_PREFIX = "REALTIME_"


class MistakenEnvironment(Exception):
    """Some variables cannot be used; `mistakes` has one line for each."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable(Generic[T_co]):
    """One environment variable. `default` is what would be typed for it; a value of only spaces counts as unset."""

    name: str
    parse: Callable[[str], T_co]
    default: str
    help: str


SECRET_KEY = Variable(
    name="SECRET_KEY",
    parse=parsers.secret_key,
    default="",
    help="Django's secret key. Unset: generated once and kept in the data folder. Required as soon as "
    "ALLOWED_HOSTS names another host than this machine, or with REALTIME_HTTPS.",
)
THROTTLE = Variable(
    name="REALTIME_THROTTLE",
    parse=parsers.optional_rate,
    default="",
    help="Requests and new push connections that one client address may send, e.g. 120/min. Unset: any number.",
)
SECRETS_KEY = Variable(
    name="REALTIME_SECRETS_KEY",
    parse=parsers.secrets_keys,
    default="",
    help="Encrypts the services' secrets in the database: a Fernet key, the same for all programs. Several, "
    "comma-separated: the first encrypts, each decrypts. Unset: generated once and kept in the data folder. "
    "Required when SECRET_KEY is.",
)
DEBUG = Variable(name="DEBUG", parse=parsers.flag, default="0", help="Django's debug pages, on this machine alone.")
ALLOWED_HOSTS = Variable(
    name="ALLOWED_HOSTS",
    parse=parsers.hosts,
    default="localhost,127.0.0.1,[::1]",
    help="Host names under which the site is asked, comma-separated, without port.",
)
CSRF_TRUSTED_ORIGINS = Variable(
    name="CSRF_TRUSTED_ORIGINS",
    parse=parsers.origins,
    default="",
    help="Origins from which the admin's forms are accepted, e.g. https://metrics.example.com behind a proxy.",
)
DATABASE_URL = Variable(
    name="DATABASE_URL",
    parse=parsers.database,
    default="",
    help="The registry's database, postgres://user:password@host:port/name. Unset: SQLite in the data folder.",
)
REDIS_URL = Variable(
    name="REDIS_URL",
    parse=parsers.redis_url,
    default="",
    help="Redis or Valkey: redis://host:6379/0, rediss://..., unix:///path. "
    "Unset: the embedded Valkey that `manage.py up` runs in the data folder.",
)
LOG_LEVEL = Variable(
    name="LOG_LEVEL", parse=parsers.choice_of(LOG_LEVELS), default="INFO", help=f"One of {', '.join(LOG_LEVELS)}."
)
DATA_DIR = Variable(
    name="REALTIME_DATA_DIR",
    parse=str,
    default="var",
    help="Folder of everything embedded; a relative path starts at the checkout.",
)
REFRESH_INTERVAL = Variable(
    name="REALTIME_REFRESH_INTERVAL",
    parse=parsers.whole_number(at_least=1, at_most=3600),
    default="5",
    help="Seconds between the starts of two sweeps. Fills an empty schedule only; later it is changed in the admin.",
)
SWEEP_DEADLINE = Variable(
    name="REALTIME_SWEEP_DEADLINE",
    parse=parsers.optional_seconds,
    default="",
    help="Seconds that one sweep may take; 80 % of the refresh interval where that is no longer. "
    "Unset: the smaller of 4 and that.",
)
PROBE_THREADS = Variable(
    name="REALTIME_PROBE_THREADS",
    parse=parsers.whole_number(at_least=1, at_most=1024),
    default="128",
    help="Most probes under way at once in one process.",
)
BODY_LIMIT = Variable(
    name="REALTIME_BODY_LIMIT",
    parse=parsers.whole_number(at_least=1024, at_most=64 * 1024 * 1024),
    default="262144",
    help="Bytes read of one answer, after decompression; a longer one is an error of kind too_large.",
)
EXPORTER_BODY_LIMIT = Variable(
    name="REALTIME_EXPORTER_BODY_LIMIT",
    parse=parsers.whole_number(at_least=1024, at_most=256 * 1024 * 1024),
    default="16777216",
    help="Likewise, of an answer that metric readings are taken from; only the lines that they need are kept of it.",
)
PROBE_ALLOW = Variable(
    name="REALTIME_PROBE_ALLOW",
    parse=parsers.networks,
    default="",
    help="Networks outside which nothing is probed, comma-separated CIDR: 10.0.0.0/8,fd00::/8. Unset: everywhere. "
    "Link-local, cloud metadata, multicast, unspecified, broadcast and reserved addresses stay refused all the same.",
)
PROBE_DENY = Variable(
    name="REALTIME_PROBE_DENY",
    parse=parsers.networks,
    default="",
    help="Networks in which nothing is probed, comma-separated CIDR; it wins over REALTIME_PROBE_ALLOW.",
)
KEY_PREFIX = Variable(
    name="REALTIME_KEY_PREFIX",
    parse=parsers.key_prefix,
    default="realtime",
    help="Put before every Redis key, so that installations can share one Redis.",
)
ALLOWED_ORIGINS = Variable(
    name="REALTIME_ALLOWED_ORIGINS",
    parse=parsers.origins,
    default="",
    help="Origins of other sites whose pages may read the metrics. Unset: same origin only.",
)
READ_ACCESS = Variable(
    name="REALTIME_READ_ACCESS",
    parse=parsers.optional_read_access,
    default="",
    help="Who may read the metrics and the pages: public, key (whoever shows a read key) or staff (who is signed in to "
    "the admin). Unset: public while ALLOWED_HOSTS names this machine alone, else key.",
)
TRUSTED_PROXY_HEADERS = Variable(
    name="REALTIME_TRUSTED_PROXY_HEADERS",
    parse=parsers.choices_of(PROXY_HEADERS),
    default="",
    help=f"Headers believed from the proxy in front, which must set or remove each: {', '.join(PROXY_HEADERS)}. "
    "Of X-Forwarded-For the last address counts, which the proxy adds.",
)
HTTPS = Variable(
    name="REALTIME_HTTPS",
    parse=parsers.flag,
    default="0",
    help="The site is served over TLS: secure cookies, redirect from http, HSTS. "
    "Behind a proxy that ends TLS, trust its X-Forwarded-Proto too.",
)

TABLE: tuple[Variable[Any], ...] = (
    SECRET_KEY,
    SECRETS_KEY,
    DEBUG,
    ALLOWED_HOSTS,
    CSRF_TRUSTED_ORIGINS,
    DATABASE_URL,
    REDIS_URL,
    LOG_LEVEL,
    DATA_DIR,
    REFRESH_INTERVAL,
    SWEEP_DEADLINE,
    PROBE_THREADS,
    BODY_LIMIT,
    EXPORTER_BODY_LIMIT,
    PROBE_ALLOW,
    PROBE_DENY,
    KEY_PREFIX,
    ALLOWED_ORIGINS,
    READ_ACCESS,
    THROTTLE,
    TRUSTED_PROXY_HEADERS,
    HTTPS,
)
NAMES = frozenset(variable.name for variable in TABLE)


class Values:
    """The parsed value of every variable in the table, typed: `values[DEBUG]` is a bool."""

    def __init__(self, parsed: Mapping[str, Any]) -> None:
        self._parsed = parsed

    def __getitem__(self, variable: Variable[T]) -> T:
        return cast(T, self._parsed[variable.name])


def is_loopback_only(allowed_hosts: tuple[str, ...]) -> bool:
    """Return whether the site is asked from this machine alone."""
    return all(host.lower() in LOOPBACK_HOSTS for host in allowed_hosts)


def read_access(values: Values) -> ReadAccess:
    """Return who may read: without a word, everyone only while nobody else can ask."""
    unsaid = ReadAccess.PUBLIC if is_loopback_only(values[ALLOWED_HOSTS]) else ReadAccess.KEY
    return values[READ_ACCESS] or unsaid


def read(variables: Mapping[str, str]) -> Values:
    """Return the values of the whole table.

    Raises:
        MistakenEnvironment: with one line for each mistake, unknown `REALTIME_` names included: they are typing errors.
    """
    parsed: dict[str, Any] = {}
    mistakes = _unknown_names(variables)
    for variable in TABLE:
        text = variables.get(variable.name, "").strip() or variable.default
        try:
            parsed[variable.name] = variable.parse(text)
        except parsers.MistakenValue as mistake:
            mistakes.append(f"{variable.name}: {mistake}")
    if not mistakes:
        mistakes = _contradictions(Values(parsed))
    if mistakes:
        raise MistakenEnvironment(tuple(mistakes))
    return Values(parsed)


def read_or_exit(variables: Mapping[str, str]) -> Values:
    """Return the values of the whole table; on mistakes print one line for each to stderr and exit with 2."""
    try:
        return read(variables)
    except MistakenEnvironment as error:
        exit_with(*error.mistakes)


def exit_with(*mistakes: str) -> Never:
    """End this process with 2 and one line for each mistake, whichever program loads the settings."""
    for mistake in mistakes:
        print(f"settings: {mistake}", file=sys.stderr)
    sys.exit(2)


def _unknown_names(variables: Mapping[str, str]) -> list[str]:
    unknown = sorted(name for name in variables if name.startswith(OUR_PREFIX) and name not in NAMES)
    return [f"{name}: no such setting{_nearest(name)}" for name in unknown]


def _nearest(name: str) -> str:
    ours = {known.removeprefix(OUR_PREFIX): known for known in sorted(NAMES) if known.startswith(OUR_PREFIX)}
    near = difflib.get_close_matches(name.removeprefix(OUR_PREFIX), ours, n=1)
    return f" (did you mean {ours[near[0]]}?)" if near else f" (choose {', '.join(ours.values())})"


def _contradictions(values: Values) -> list[str]:
    """Return what is wrong between variables that are each fine alone."""
    mistakes = []
    for variable in (SECRET_KEY, SECRETS_KEY):
        if values[variable]:
            continue
        if not is_loopback_only(values[ALLOWED_HOSTS]):
            mistakes.append(f"{variable.name}: is required, because ALLOWED_HOSTS names another host than this machine")
        elif values[HTTPS]:
            mistakes.append(f"{variable.name}: is required with REALTIME_HTTPS")
    if values[DEBUG] and not is_loopback_only(values[ALLOWED_HOSTS]):
        mistakes.append("DEBUG: shows settings and variables to whoever asks, and ALLOWED_HOSTS names another host")
    deadline, interval = values[SWEEP_DEADLINE], values[REFRESH_INTERVAL]
    if deadline is not None and deadline >= interval:
        mistakes.append(
            f"REALTIME_SWEEP_DEADLINE: {deadline:g} s is not shorter than REALTIME_REFRESH_INTERVAL ({interval} s)"
        )
    return mistakes
