"""The one owner of environment variables: a table of names, parsers, defaults and help.

Values are read once, while the settings load, because workers and web servers start in spite of failing
system checks. Turning them into Django's settings is left to `metricsproj.settings`.
"""

import difflib
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_interface
from typing import Any, Generic, Never, TypeVar, cast
from urllib.parse import parse_qs, unquote, urlsplit

import environ
from cryptography.fernet import Fernet

from realtime.config import ReadAccess
from realtime.core.addresses import Network, canonical_network

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

LOOPBACK_HOSTS = frozenset({"localhost", ".localhost", "127.0.0.1", "[::1]"})
DATABASE_ENGINES = {
    "sqlite": "django.db.backends.sqlite3",
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
    "psql": "django.db.backends.postgresql",
    "pgsql": "django.db.backends.postgresql",
}
PROXY_HEADERS = ("X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-For")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
MIN_SECRET_KEY_CHARACTERS = 50  # what Django's own deployment check asks for
OUR_PREFIX = "REALTIME_"


class MistakenValue(ValueError):
    """A value that a parser refuses; the message tells what is wrong, never what a secret is."""


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


def flag(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in words:
        raise MistakenValue(f"{text!r} is neither yes nor no (choose 1 or 0)")
    return words[text.lower()]


def names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def hosts(text: str) -> tuple[str, ...]:
    """Return host names as Django's ALLOWED_HOSTS wants them: no scheme, no port."""
    for host in names(text):
        if not re.fullmatch(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\]", host):
            raise MistakenValue(f"{host!r} is no host name (without scheme and port, e.g. metrics.example.com)")
    return names(text)


def origins(text: str) -> tuple[str, ...]:
    for origin in names(text):
        try:
            parts = urlsplit(origin)
            bare = f"{parts.scheme}://{parts.netloc}"
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.username is None and parts.port != 0
        except ValueError:
            usable = None
        if not usable or origin != bare:
            raise MistakenValue(f"{origin!r} is no origin (write scheme://host or scheme://host:port, no more)")
    return names(text)


def networks(text: str) -> tuple[Network, ...]:
    """Return networks in CIDR notation; a bare address is a network of itself alone."""
    return tuple(canonical_network(_network(word)) for word in names(text))


def _network(text: str) -> Network:
    try:
        interface = ip_interface(text)
    except ValueError:
        interface = None
    # `10.0.0.0/255.0.0.0` could be meant as a mask or as its inverse, and a zone would be lost.
    if interface is None or not text.isascii() or "%" in text or not re.fullmatch(r"[^/]+(/[0-9]{1,3})?", text):
        raise MistakenValue(f"{text!r} is no network (write 10.0.0.0/8 or fd00::/8, comma-separated)")
    if interface.ip != interface.network.network_address:
        raise MistakenValue(f"{text!r} has bits set behind its prefix (write {interface.network})")
    return interface.network


def choice_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    """Return a parser for one of these words, in any case."""

    def parse(text: str) -> str:
        for choice in choices:
            if choice.lower() == text.lower():
                return choice
        raise MistakenValue(f"{text!r} is not one of {', '.join(choices)}")

    return parse


def optional_read_access(text: str) -> ReadAccess | None:
    return ReadAccess(choice_of(tuple(ReadAccess))(text)) if text else None


def optional_rate(text: str) -> str | None:
    """Return a rate as REST framework writes it."""
    if not text:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,6}) ?/ ?(s|sec|second|m|min|minute|h|hour|d|day)", text.lower())
    if not found:
        raise MistakenValue(f"{text!r} is no rate (write 120/min; also /s, /hour, /day)")
    return f"{found[1]}/{found[2][0]}"


def choices_of(choices: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    """Return a parser for a comma-separated list of these words."""
    parse_one = choice_of(choices)

    def parse(text: str) -> tuple[str, ...]:
        return tuple(parse_one(word) for word in names(text))

    return parse


def whole_number(*, at_least: int, at_most: int) -> Callable[[str], int]:
    """Return a parser for a whole number in these bounds, both included."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,12}", text) or not at_least <= int(text) <= at_most:
            raise MistakenValue(f"{text!r} is not a whole number from {at_least} to {at_most}")
        return int(text)

    return parse


def optional_seconds(text: str) -> float | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", text) or not 0.1 <= float(text) <= 3600:
        raise MistakenValue(f"{text!r} is not a number of seconds from 0.1 to 3600")
    return float(text)


def key_prefix(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", text):
        raise MistakenValue(f"{text!r} is not 1 to 64 letters, digits, '.', '_' or '-'")
    return text


def secret_key(text: str) -> str:
    if text and (len(text) < MIN_SECRET_KEY_CHARACTERS or len(set(text)) < 5):
        raise MistakenValue(f"is too weak: use at least {MIN_SECRET_KEY_CHARACTERS} random characters")
    return text


def secrets_keys(text: str) -> tuple[str, ...]:
    """Return Fernet keys, none when unset; no message holds one."""
    for number, key in enumerate(names(text), start=1):
        try:
            Fernet(key)
        except ValueError:
            raise MistakenValue(
                f"number {number} is no Fernet key: 32 random bytes in URL-safe base64 (make one: python -c "
                '"from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())")'
            ) from None
    return names(text)


def database(text: str) -> dict[str, Any] | None:
    """Return an entry of Django's DATABASES, None when unset; messages never hold the URL, it may carry a password."""
    if not text:
        return None
    scheme = text.partition(":")[0]
    if scheme not in DATABASE_ENGINES:
        raise MistakenValue("has an unknown scheme (choose postgres://user:password@host:port/name or sqlite:///path)")
    try:
        entry = cast(dict[str, Any], environ.Env.db_url_config(text))
    except (ValueError, LookupError, AttributeError):
        raise MistakenValue("cannot be read (write postgres://user:password@host:port/name)") from None
    if not entry.get("NAME"):
        raise MistakenValue("names no database (write postgres://user:password@host:port/name)")
    if entry["NAME"] == ":memory:":
        raise MistakenValue("is in memory, which the web server and the worker could not share (name a file)")
    return {**entry, "ENGINE": DATABASE_ENGINES[scheme]}


def redis_url(text: str) -> str:
    """Return the URL as redis-py reads it, empty when unset; messages never hold it, it may carry a password."""
    if not text:
        return ""
    advice = "(choose redis://host:6379/0, rediss://host:6379/0 or unix:///path/to/redis.sock)"
    try:
        parts = urlsplit(text)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        raise MistakenValue(f"cannot be read {advice}") from None
    if parts.scheme not in ("redis", "rediss", "unix") or not port_is_number:
        raise MistakenValue(f"has an unknown scheme or port {advice}")
    if parts.scheme == "unix" and not parts.path.strip("/"):
        raise MistakenValue(f"names no socket {advice}")
    if parts.scheme != "unix" and not parts.hostname:
        raise MistakenValue(f"names no host {advice}")
    db = parse_qs(parts.query).get("db", [""])[0] if parts.scheme == "unix" else unquote(parts.path).strip("/")
    if not re.fullmatch(r"[0-9]{0,4}", db):
        raise MistakenValue(f"has a database that is no number {advice}")
    return text


SECRET_KEY = Variable(
    name="SECRET_KEY",
    parse=secret_key,
    default="",
    help="Django's secret key. Unset: generated once and kept in the data folder. Required as soon as "
    "ALLOWED_HOSTS names another host than this machine, or with REALTIME_HTTPS.",
)
THROTTLE = Variable(
    name="REALTIME_THROTTLE",
    parse=optional_rate,
    default="",
    help="Requests that one client address may send to the REST API, e.g. 120/min. Unset: any number.",
)
SECRETS_KEY = Variable(
    name="REALTIME_SECRETS_KEY",
    parse=secrets_keys,
    default="",
    help="Encrypts the services' secrets in the database: a Fernet key, the same for all programs. Several, "
    "comma-separated: the first encrypts, each decrypts. Unset: generated once and kept in the data folder. "
    "Required when SECRET_KEY is.",
)
DEBUG = Variable(name="DEBUG", parse=flag, default="0", help="Django's debug pages; never in production.")
ALLOWED_HOSTS = Variable(
    name="ALLOWED_HOSTS",
    parse=hosts,
    default="localhost,127.0.0.1,[::1]",
    help="Host names under which the site is asked, comma-separated, without port.",
)
CSRF_TRUSTED_ORIGINS = Variable(
    name="CSRF_TRUSTED_ORIGINS",
    parse=origins,
    default="",
    help="Origins from which the admin's forms are accepted, e.g. https://metrics.example.com behind a proxy.",
)
DATABASE_URL = Variable(
    name="DATABASE_URL",
    parse=database,
    default="",
    help="The registry's database, postgres://user:password@host:port/name. Unset: SQLite in the data folder.",
)
REDIS_URL = Variable(
    name="REDIS_URL",
    parse=redis_url,
    default="",
    help="Redis or Valkey: redis://host:6379/0, rediss://..., unix:///path. "
    "Unset: the embedded Valkey that `manage.py up` runs in the data folder.",
)
LOG_LEVEL = Variable(
    name="LOG_LEVEL", parse=choice_of(LOG_LEVELS), default="INFO", help=f"One of {', '.join(LOG_LEVELS)}."
)
DATA_DIR = Variable(
    name="REALTIME_DATA_DIR",
    parse=str,
    default="var",
    help="Folder of everything embedded; a relative path starts at the checkout.",
)
REFRESH_INTERVAL = Variable(
    name="REALTIME_REFRESH_INTERVAL",
    parse=whole_number(at_least=1, at_most=3600),
    default="5",
    help="Seconds between the starts of two sweeps. Fills an empty schedule only; later it is changed in the admin.",
)
SWEEP_DEADLINE = Variable(
    name="REALTIME_SWEEP_DEADLINE",
    parse=optional_seconds,
    default="",
    help="Seconds that one sweep may take. Unset: the smaller of 4 and 80 % of the refresh interval.",
)
PROBE_THREADS = Variable(
    name="REALTIME_PROBE_THREADS",
    parse=whole_number(at_least=1, at_most=1024),
    default="128",
    help="Most probes under way at once in one process.",
)
BODY_LIMIT = Variable(
    name="REALTIME_BODY_LIMIT",
    parse=whole_number(at_least=1024, at_most=64 * 1024 * 1024),
    default="262144",
    help="Bytes read of one answer, after decompression; a longer one is an error of kind too_large.",
)
PROBE_ALLOW = Variable(
    name="REALTIME_PROBE_ALLOW",
    parse=networks,
    default="",
    help="Networks outside which nothing is probed, comma-separated CIDR: 10.0.0.0/8,fd00::/8. Unset: everywhere. "
    "Link-local, cloud metadata, multicast, unspecified, broadcast and reserved addresses stay refused all the same.",
)
PROBE_DENY = Variable(
    name="REALTIME_PROBE_DENY",
    parse=networks,
    default="",
    help="Networks in which nothing is probed, comma-separated CIDR; it wins over REALTIME_PROBE_ALLOW.",
)
KEY_PREFIX = Variable(
    name="REALTIME_KEY_PREFIX",
    parse=key_prefix,
    default="realtime",
    help="Put before every Redis key, so that installations can share one Redis.",
)
ALLOWED_ORIGINS = Variable(
    name="REALTIME_ALLOWED_ORIGINS",
    parse=origins,
    default="",
    help="Origins of other sites whose pages may read the metrics. Unset: same origin only.",
)
READ_ACCESS = Variable(
    name="REALTIME_READ_ACCESS",
    parse=optional_read_access,
    default="",
    help="Who may read the metrics and the pages: public, key (whoever shows a read key) or staff (who is signed in to "
    "the admin). Unset: public while ALLOWED_HOSTS names this machine alone, else key.",
)
TRUSTED_PROXY_HEADERS = Variable(
    name="REALTIME_TRUSTED_PROXY_HEADERS",
    parse=choices_of(PROXY_HEADERS),
    default="",
    help=f"Headers believed from the proxy in front, which must set or remove each: {', '.join(PROXY_HEADERS)}. "
    "Of X-Forwarded-For the last address counts, which the proxy adds.",
)
HTTPS = Variable(
    name="REALTIME_HTTPS",
    parse=flag,
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
        except MistakenValue as mistake:
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
    deadline, interval = values[SWEEP_DEADLINE], values[REFRESH_INTERVAL]
    if deadline is not None and deadline >= interval:
        mistakes.append(
            f"REALTIME_SWEEP_DEADLINE: {deadline:g} s is not shorter than REALTIME_REFRESH_INTERVAL ({interval} s)"
        )
    return mistakes
