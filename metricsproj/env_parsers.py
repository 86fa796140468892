"""What an environment variable may hold: from its text to a value, or to one line that says what is wrong with it."""

import re
from collections.abc import Callable
from ipaddress import ip_interface
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

import environ
from cryptography.fernet import Fernet

from realtime.config import Rate, ReadAccess
from realtime.core.addresses import Network, canonical_network

DATABASE_ENGINES = {
    "sqlite": "django.db.backends.sqlite3",
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
    "psql": "django.db.backends.postgresql",
    "pgsql": "django.db.backends.postgresql",
}
MIN_SECRET_KEY_CHARACTERS = 50  # what Django's own deployment check asks for

_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}  # by the first letter of the unit


class MistakenValue(ValueError):
    """A value that a parser refuses; the message says what is wrong, but never a secret."""


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


def optional_rate(text: str) -> Rate | None:
    """Return a rate written as a number of requests for a unit of time, e.g. 120/min."""
    if not text:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,6}) ?/ ?(s|sec|second|m|min|minute|h|hour|d|day)", text.lower())
    if not found:
        raise MistakenValue(f"{text!r} is no rate (write 120/min; also /s, /hour, /day)")
    return Rate(requests=int(found[1]), window_seconds=_UNIT_SECONDS[found[2][0]])


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
    if "cluster" in parts.scheme:
        raise MistakenValue(f"names a Redis Cluster, which Celery cannot use {advice}")
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
