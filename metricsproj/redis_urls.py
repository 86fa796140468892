"""One Redis, the URL forms and connection options that its clients want."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

# A frozen store must not hold a request: redis-py by itself waits 5 s and tries 10 times.
SOCKET_TIMEOUT_SECONDS = 0.5


def client_options() -> dict[str, Any]:
    """Return redis-py's connection options: short timeouts, no second try."""
    return {
        "socket_timeout": SOCKET_TIMEOUT_SECONDS,
        "socket_connect_timeout": SOCKET_TIMEOUT_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }


def async_client_options() -> dict[str, Any]:
    """Return the same for redis-py's asyncio side."""
    return {**client_options(), "retry": AsyncRetry(NoBackoff(), 0)}


def broker_url(url: str) -> str:
    """Return redis-py's URL as Celery reads it: a unix socket has another scheme and another word for the database."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    query = [("virtual_host" if name == "db" else name, value) for name, value in parse_qsl(parts.query)]
    credentials, at, _ = parts.netloc.rpartition("@")
    return f"redis+socket://{credentials}{at}{parts.path}" + (f"?{urlencode(query)}" if query else "")


def broker_ssl(url: str) -> dict[str, str] | None:
    """Return Celery's TLS options: certificates are checked unless the URL says otherwise, as redis-py does it.

    Celery alone would take `rediss://` for "encrypt, but trust anyone".
    """
    parts = urlsplit(url)
    if parts.scheme != "rediss" or "ssl_cert_reqs" in parts.query:
        return None
    return {"ssl_cert_reqs": "required"}
