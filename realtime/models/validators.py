"""What a text in the registry must look like; every message is one sentence that says what to write instead."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.deconstruct import deconstructible
from jmespath import functions

from realtime.core import (
    addresses,
    bounds,
    client_certificates,
    expected_status,
    maintenance,
    metric_selectors,
    references,
    status_words,
)
from realtime.core.expressions import BadExpression, compile_expression
from realtime.models.sealed_text import is_sealed

_CONTROL_OR_SPACE = re.compile(r"[\x00-\x20\x7f\\]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+(%[0-9A-Za-z._-]+)?\]")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_READING_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")

CONNECTION_SCHEMES = ("tcp", "tls")

# The connection and the framing of a request belong to the prober.
_OUR_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


@deconstructible
class Bounds:
    """Refuse a number outside these bounds, both included."""

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.high = high

    def __call__(self, value: int) -> None:
        if not self.low <= value <= self.high:
            # A file can hold a number of more digits than Python turns into text.
            given = f", not {value}" if abs(value) < 2**63 else ""
            raise ValidationError(f"must be from {self.low} to {self.high}{given}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bounds) and (self.low, self.high) == (other.low, other.high)

    def __hash__(self) -> int:
        return hash((self.low, self.high))


def validate_base_url(value: str) -> None:
    """Refuse all but http(s)://host[:port][/path], tcp://host:port, tls://host:port, and addresses never probed.

    Names are left to the probe.
    """
    scheme = value.partition("://")[0].lower() if "://" in value else ""
    if scheme not in ("http", "https", *CONNECTION_SCHEMES):
        raise ValidationError("must begin with http://, https://, tcp:// or tls://")
    if not value.isascii() or _CONTROL_OR_SPACE.search(value):
        raise ValidationError("must not hold spaces, backslashes, control or non-ASCII characters")
    if "?" in value or "#" in value:
        raise ValidationError("must not hold a query or a fragment (a query may stand in the health path)")
    example = f"{scheme}://host:{5432 if scheme in CONNECTION_SCHEMES else 8001}"
    host, port, path = _split_base_url(value, example=example)
    if scheme in CONNECTION_SCHEMES:
        _require_port_alone(scheme, port=port, path=path)
    if port == 0:
        raise ValidationError("has port 0 (choose 1 to 65535)")
    _refuse_address(host)


def _split_base_url(value: str, *, example: str) -> tuple[str, int | None, str]:
    """Return host, port and path."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValidationError(f"has a host or port that cannot be read (write {example}, port 1 to 65535)") from None
    if "@" in parts.netloc:
        raise ValidationError("must not hold a user name or password (use a request header)")
    host = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc.removesuffix(":")
    if not _HOST.fullmatch(host):
        raise ValidationError(f"must name a host (write {example})")
    return host, port, parts.path


def _require_port_alone(scheme: str, *, port: int | None, path: str) -> None:
    if port is None:
        raise ValidationError(f"must name a port (write {scheme}://host:5432)")
    if path.strip("/"):
        raise ValidationError(f"must not hold a path: {scheme}:// checks the connection alone")


def _refuse_address(host: str) -> None:
    try:
        literal = addresses.literal_address(host)
    except addresses.OddAddress as error:
        raise ValidationError(f"has a host that {error}") from error
    config = settings.REALTIME
    policy = addresses.AddressPolicy(allow=config.probe_allow, deny=config.probe_deny)
    if literal is not None and (refusal := policy.refusal(literal)):
        raise ValidationError(f"cannot be probed: {refusal}")


def validate_path(value: str) -> None:
    """Refuse what cannot stand behind the base URL as a path; a query is allowed."""
    if not value.startswith("/") or value.startswith("//"):
        raise ValidationError('must begin with one "/"')
    if not value.isascii() or _CONTROL_OR_SPACE.search(value):
        raise ValidationError("must not hold spaces, backslashes, control or non-ASCII characters")
    if "#" in value:
        raise ValidationError("must not hold a fragment")


def validate_expected_status(value: str) -> None:
    try:
        expected_status.parse(value)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def validate_expression(value: str) -> None:
    """Refuse what is no JMESPath, or calls a function in a way that compiles and never gives an answer."""
    validate_storable(value)
    try:
        compiled = compile_expression(value)
    except BadExpression as error:
        raise ValidationError(f"is not valid JMESPath: {str(error).rstrip(' ^')[:200]}") from error
    for node in _nodes(compiled.parsed):
        if node["type"] == "function_expression":
            _refuse_call(name=node["value"], arguments=len(node["children"]))


def _refuse_call(*, name: str, arguments: int) -> None:
    known = functions.Functions.FUNCTION_TABLE
    if name not in known:
        raise ValidationError(f"calls {name}(), which JMESPath lacks (choose {', '.join(sorted(known))})")
    signature = known[name]["signature"]
    is_variadic = bool(signature) and signature[-1].get("variadic", False)
    if arguments < len(signature) or (arguments > len(signature) and not is_variadic):
        wanted = f"{len(signature)}{' or more' if is_variadic else ''}"
        raise ValidationError(f"calls {name}() with the wrong number of arguments: {arguments}, not {wanted}")


def validate_metric(value: str) -> None:
    """Refuse all but the name of a Prometheus metric with label matchers behind it, if any."""
    validate_one_line(value)
    try:
        metric_selectors.parse(value)
    except metric_selectors.BadSelector as error:
        raise ValidationError(str(error)) from error


def validate_bound(value: str) -> None:
    """Refuse all but a comparator and a number."""
    try:
        bounds.parse(value)
    except bounds.BadBound as error:
        raise ValidationError(str(error)) from error


def validate_status_words(value: object) -> None:
    """Refuse all but lists of words under known statuses, each word under one of them."""
    try:
        status_words.parse(value)
    except status_words.BadStatusWords as error:
        raise ValidationError(str(error)) from error


def validate_word(value: str) -> None:
    if not _WORD.fullmatch(value):
        raise ValidationError('must be one word of letters, digits, ".", "_" and "-"')


def validate_storable(value: str) -> None:
    """Refuse what not every database can store: NUL, and halves of surrogate pairs."""
    if _UNSTORABLE.search(value):
        raise ValidationError("holds a character that cannot be stored")


def validate_one_line(value: str) -> None:
    validate_storable(value)
    if _CONTROL.search(value):
        raise ValidationError("must be one line without control characters")


def validate_file_path(value: str) -> None:
    """Refuse all but an absolute path; whether there is such a file only the machine that probes can tell."""
    validate_one_line(value)
    if not PurePosixPath(value).is_absolute() and not PureWindowsPath(value).is_absolute():
        raise ValidationError("must be an absolute path (write /etc/ssl/our-ca.pem)")


def validate_reading_name(value: str) -> None:
    if not _READING_NAME.fullmatch(value):
        raise ValidationError('must begin with a letter or "_" and go on with letters, digits, "_", ".", ":" and "-"')


def validate_header_name(value: str) -> None:
    if not _HEADER_NAME.fullmatch(value):
        raise ValidationError("is no name of an HTTP header (write it like X-Api-Key)")
    if value.lower() in _OUR_HEADERS:
        raise ValidationError("belongs to the connection, which the prober looks after")


def validate_header_value(value: str) -> None:
    """Refuse what cannot be sent, and references that must not be resolved; no message holds the value."""
    if not is_sendable(value):
        raise ValidationError("must be one line of Latin-1 text without control characters")
    if references.is_broken(value):
        raise ValidationError("holds a ${ that begins no ${NAME} (put the value into an environment variable)")
    _refuse_reserved(value)


def validate_client_certificate(value: str) -> None:
    """Refuse all but a certificate with its private key, or one reference to such; no message holds the text."""
    if references.is_one_reference(value):
        _refuse_reserved(value)
    elif is_sealed(value):
        raise ValidationError("cannot be decrypted any more: type it again")
    elif len(value) > client_certificates.MAX_LENGTH:
        raise ValidationError(f"must be at most {client_certificates.MAX_LENGTH // 1024} KiB")
    elif not client_certificates.is_usable(value):
        raise ValidationError(
            "must be a certificate and the private key that belongs to it, not encrypted, both in PEM form, or ${NAME}"
        )


def _refuse_reserved(value: str) -> None:
    reserved = [name for name in references.names_in(value) if name in settings.REALTIME.reserved_environment]
    if reserved:
        raise ValidationError(f"must not refer to {', '.join(reserved)}: a setting of this project")


def is_sendable(value: str) -> bool:
    """Return whether an HTTP header can carry the value: one line, Latin-1."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return _CONTROL.search(value.replace("\t", " ")) is None


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    """Yield every node of a parsed expression; with a stack of our own, for a deep tree must not end in recursion."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, dict) and "type" in node:
            yield node
            pending.extend(node["children"])


def validate_weekdays(value: str) -> None:
    """Refuse what does not name days of the week: `sat,sun`, `mon-fri`, `daily`."""
    try:
        maintenance.parse_weekdays(value)
    except maintenance.BadWeekdays as error:
        raise ValidationError(str(error)) from error


def validate_time_zone(value: str) -> None:
    """Refuse what is no name of the IANA time zone database."""
    try:
        ZoneInfo(value)
    # A name with a null byte, too long for a file, or that of a folder of the database.
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValidationError("is no time zone (write Europe/Berlin, America/New_York or UTC)") from error
