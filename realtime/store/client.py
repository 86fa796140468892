"""The one way to Redis: opens the connection, runs the scripts, and translates every error into StoreUnavailable."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redis
from django_redis import get_redis_connection

NO_ANSWER = "the store does not answer"


class StoreUnavailable(Exception):
    """Redis could not be asked, or refused to do it; the message is safe to show."""


class StoreClient:
    """Runs scripts in Redis. Every method is one round trip and raises StoreUnavailable."""

    def __init__(self, connect: Callable[[], redis.Redis]) -> None:
        self._connect = connect

    def run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Run a script that writes, and return what it returns."""
        with _translated_errors():
            return self._connect().eval(script, len(keys), *keys, *arguments)

    def run_read_only(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Run a script that only reads, which a replica may do as well."""
        with _translated_errors():
            return self._connect().eval_ro(script, len(keys), *keys, *arguments)

    def list_items(self, key: str) -> list[bytes]:
        """Return all items of a list, empty where there is none."""
        with _translated_errors():
            items: Any = self._connect().lrange(key, 0, -1)
        return list(items)


def connection() -> redis.Redis:
    """Return a connection of django-redis' default cache."""
    found: redis.Redis = get_redis_connection("default")
    return found


def store_trouble(error: BaseException) -> str | None:
    """Return what is wrong with the store if that is behind this exception, in words that are safe to show.

    Libraries on top of redis-py wrap its exceptions in their own, which is why causes and contexts are looked at too.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, StoreUnavailable):
            return str(seen)
        if isinstance(seen, redis.RedisError | OSError):
            return _trouble(seen)
        seen = seen.__cause__ or seen.__context__
    return None


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise StoreUnavailable(_trouble(error)) from error


def _trouble(error: redis.RedisError | OSError) -> str:
    code = _refusal(error)
    return f"the store refused: {code}" if code else NO_ANSWER


def _refusal(error: Exception) -> str | None:
    """Return Redis' own code of an error it answered with (`OOM`, `LOADING`), None where it did not answer.

    Never its text, which could name hosts or keys. redis-py cuts the code off where it has a class for the error.
    """
    code = getattr(error, "status_code", None)
    if code is not None:
        return str(code)
    if not isinstance(error, redis.ResponseError):
        return None
    word = str(error).partition(" ")[0]
    return word if word.isalpha() and word.isupper() else "ERR"
