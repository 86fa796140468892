"""Where a redirect leads, and whether a probe may follow it."""

from collections.abc import Sequence
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from realtime.core.origins import DEFAULT_PORTS, origin_of
from realtime.core.records import FailureKind
from realtime.outbound.failures import ProbeFailed

MAX_REDIRECTS = 3
# RFC 9110, section 4.1, has everybody take 8,000; the head of an answer may hold sixteen times as much.
MAX_URL_CHARACTERS = 8000

_STATUSES = frozenset({301, 302, 303, 307, 308})


def is_redirect(http_status: int) -> bool:
    """Return whether an HTTP status is a redirect (RFC 9110, section 15.4)."""
    return http_status in _STATUSES


def next_url(*, asked: Sequence[str], location: str | None) -> str:
    """Return the URL that a redirect leads to, without user and password; `asked`: the URLs so far, in full.

    Raises:
        ProbeFailed: there is no such URL, or it may not be asked.
    """
    if not location:
        raise _failed("redirected without a location")
    try:
        parts = urlsplit(urljoin(asked[-1], location))
        origin_of(parts)
    except ValueError as error:
        raise _failed("redirected to a location that is no URL") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise _failed("redirected to something other than http and https")
    if not parts.hostname:
        raise _failed("redirected to a location that is no URL")
    url = urlunsplit((parts.scheme, _host_and_port(parts), parts.path or "/", parts.query, ""))
    if len(url) > MAX_URL_CHARACTERS:
        raise _failed(f"redirected to a location of more than {MAX_URL_CHARACTERS} characters")
    if url in asked:
        raise _failed("redirected in a loop")
    if len(asked) > MAX_REDIRECTS:
        raise _failed(f"redirected more than {MAX_REDIRECTS} times")
    return url


def without_query(url: str) -> str:
    """Return a URL that is fit to be shown: without user, password, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, _host_and_port(parts), parts.path, "", ""))


def _host_and_port(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _failed(message: str) -> ProbeFailed:
    return ProbeFailed(kind=FailureKind.REDIRECT, message=message)
