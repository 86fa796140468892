"""Who may read the metrics: the one place that REST, pages, WebSocket and event stream ask.

public: everyone. key: whoever shows a read key, in a header or as the cookie that the page gave for one; neither SQL
nor a round trip. staff: whoever is signed in to the admin, looked up in the database.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Protocol, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.core import signing
from django.db import Error as RegistryError
from django.db import close_old_connections
from django.http import HttpRequest

from realtime.config import ReadAccess
from realtime.core import read_keys
from realtime.core.problems import Problem
from realtime.core.read_keys import KeyMark, fingerprint
from realtime.core.records import Fault, FaultCode
from realtime.reporting.read_key_ring import KeysUnknown, process_read_key_ring

CHALLENGE = 'Bearer realm="real-time metrics"'  # of a 401 (RFC 6750, section 3)
COOKIE = "realtime_read"
COOKIE_SECONDS = 30 * 24 * 3600
_SALT = "realtime.read"

# A session costs a query, so those of open connections are looked at only this often.
SECONDS_BETWEEN_SESSION_CHECKS = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Presented:
    """What a client shows of itself, as it came; empty where it shows nothing."""

    authorization: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    cookie: str = field(default="", repr=False)
    session: str = field(default="", repr=False)


class NotAdmitted(Exception):
    """This client may not read. code: stable word of the answer; is_key_wanted: a read key would open."""

    def __init__(self, code: str, message: str, *, is_key_wanted: bool) -> None:
        super().__init__(message)
        self.code = code
        self.is_key_wanted = is_key_wanted

    @property
    def problem(self) -> Problem:
        if self.is_key_wanted:
            return Problem(status=HTTPStatus.UNAUTHORIZED, code=self.code, detail=str(self), challenge=CHALLENGE)
        return Problem(status=HTTPStatus.FORBIDDEN, code=self.code, detail=str(self))


class AccessUnknown(Exception):
    """It is not known now whether this client may read; `fault` is the internal failure."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class Admission(Protocol):
    """The right to read, for as long as it holds. Asking may take a query in `staff`; never raises."""

    def holds(self) -> bool: ...


class _Everyone:
    def holds(self) -> bool:
        return True


@dataclass(frozen=True, kw_only=True, slots=True)
class _ByKey:
    mark: KeyMark

    def holds(self) -> bool:
        return process_read_key_ring().holds(self.mark)


class _BySession:
    def __init__(self, session: str) -> None:
        self._session = session
        self._checked_at = time.monotonic()

    def holds(self) -> bool:
        if time.monotonic() - self._checked_at < SECONDS_BETWEEN_SESSION_CHECKS:
            return True
        self._checked_at = time.monotonic()
        try:
            return _is_staff(self._session)
        except AccessUnknown:
            return True  # an internal failure does not end anyone's right to read


EVERYONE: Admission = _Everyone()


def is_public() -> bool:
    """Return whether everyone may read, so that no credentials are needed."""
    return settings.REALTIME.read_access is ReadAccess.PUBLIC


def presented_in(request: HttpRequest) -> Presented:
    """Return what a client shows of itself in an HTTP request."""
    return Presented(
        authorization=request.META.get("HTTP_AUTHORIZATION", ""),
        api_key=request.META.get("HTTP_X_API_KEY", ""),
        cookie=request.COOKIES.get(COOKIE, ""),
        session=request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""),
    )


def admit(presented: Presented) -> Admission:
    """Return the right to read that this client has.

    Raises:
        NotAdmitted: it has none.
        AccessUnknown: neither store nor database say who has.
    """
    match settings.REALTIME.read_access:
        case ReadAccess.KEY:
            return _ByKey(mark=_admitted_mark(presented))
        case ReadAccess.STAFF:
            if not presented.session or not _is_staff(presented.session):
                raise NotAdmitted("permission_denied", "sign in to the admin as staff", is_key_wanted=False)
            return _BySession(presented.session)
    return EVERYONE


@contextmanager
def watched(on_change: Callable[[], None]) -> Iterator[None]:
    """Call this from another thread whenever somebody's right to read may have ended, until the block ends."""
    if settings.REALTIME.read_access is not ReadAccess.KEY:
        yield
        return
    with process_read_key_ring().watched(on_change):
        yield


def cookie_for(key: str) -> str | None:
    """Return what the page's cookie holds for a read key, None when the key is not valid. Raises AccessUnknown."""
    mark = read_keys.mark_of(key.strip())
    if mark is None or not _is_good(mark):
        return None
    return signing.dumps([mark.public_id, fingerprint(mark.digest)], salt=_SALT)


def _admitted_mark(presented: Presented) -> KeyMark:
    """Return the mark of the key that is shown; a header counts before the cookie."""
    token = read_keys.bearer_token(presented.authorization) or presented.api_key.strip()
    if token:
        mark = read_keys.mark_of(token)
        if mark is None or not _is_good(mark):
            raise NotAdmitted("authentication_failed", "this read key is unknown or revoked", is_key_wanted=True)
    else:
        mark = _mark_in_cookie(presented.cookie)
    process_read_key_ring().note_use(mark)
    return mark


def _mark_in_cookie(cookie: str) -> KeyMark:
    if not cookie:
        raise NotAdmitted("not_authenticated", "send a read key: Authorization: Bearer <key>", is_key_wanted=True)
    try:
        public_id, shown = signing.loads(cookie, salt=_SALT, max_age=COOKIE_SECONDS)
        mark = process_read_key_ring().mark_with(public_id=public_id, fingerprint_shown=shown)
    except (signing.BadSignature, ValueError, TypeError):
        mark = None
    except KeysUnknown as error:
        raise AccessUnknown(_KEYS_UNKNOWN) from error
    if mark is None:
        raise NotAdmitted("authentication_failed", "sign in again with a read key", is_key_wanted=True)
    return mark


def _is_good(mark: KeyMark) -> bool:
    try:
        return process_read_key_ring().holds(mark)
    except KeysUnknown as error:
        raise AccessUnknown(_KEYS_UNKNOWN) from error


def _is_staff(session: str) -> bool:
    """Return whether this is the session of a staff user. Queries the database; safe from any thread."""
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore(session)
    try:
        close_old_connections()
        user: Any = get_user(cast(HttpRequest, SimpleNamespace(session=store)))
        return bool(user.is_active and user.is_staff)
    except RegistryError as error:
        raise AccessUnknown(_SESSIONS_UNKNOWN) from error


_KEYS_UNKNOWN = Fault(code=FaultCode.STORE_UNAVAILABLE, message="read keys cannot be checked now")
_SESSIONS_UNKNOWN = Fault(code=FaultCode.REGISTRY_UNAVAILABLE, message="sessions cannot be checked now")
