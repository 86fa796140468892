"""The origin of a URL: what was given for one origin, such as a secret, is not for another."""

from urllib.parse import SplitResult, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port, the scheme's own port where none is named (RFC 6454, section 4).

    Raises:
        ValueError: the port is no port.
    """
    return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)


def are_one_origin(*urls: str) -> bool:
    """Return whether all these URLs have the same origin; a URL that cannot be parsed shares its origin with none."""
    try:
        return len({origin_of(urlsplit(url)) for url in urls}) == 1
    except ValueError:
        return False
