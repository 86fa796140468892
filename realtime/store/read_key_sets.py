"""The read keys in Redis: the set of those that open the metrics, published as a whole under a growing version.

What is kept of a key is a hash of 256 random bits, so whoever reads Redis cannot make the key of it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import redis

from realtime.config import Config
from realtime.store import scripts
from realtime.store.client import StoreClient, connection
from realtime.store.redis_keys import RedisKeys


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadKeySet:
    """All keys that are good: digest by public id."""

    version: int
    digests: Mapping[str, str] = field(repr=False)


class ReadKeySets:
    """The one set of an installation. Every method is one round trip and raises StoreUnavailable."""

    def __init__(self, *, connect: Callable[[], "redis.Redis"], prefix: str) -> None:
        self._client = StoreClient(connect)
        self._keys = RedisKeys(prefix)
        self._highest_seen = 0

    def read(self, *, known_version: int | None) -> ReadKeySet | int | None:
        """Return the set: its bare version when that is the one already known, None when there is none."""
        answer = self._client.run_read_only(scripts.READ_KEYS, [self._keys.read_keys], [str(known_version or "")])
        if not answer:
            return None
        self._highest_seen = max(self._highest_seen, int(answer[0]))
        if len(answer) == 1:
            return int(answer[0])
        try:
            digests = json.loads(answer[1])
        except ValueError:
            return None
        return ReadKeySet(version=int(answer[0]), digests=digests) if isinstance(digests, dict) else None

    def next_version(self) -> int:
        """Return a version higher than all before; whoever publishes takes it before reading what to publish.

        So of two who publish at once, the one with the higher version has seen what the other had committed.
        """
        answer = self._client.run(scripts.NEXT_KEYS_VERSION, [self._keys.read_keys_version], [str(self._highest_seen)])
        return int(answer)

    def publish(self, key_set: ReadKeySet) -> bool:
        """Publish a set unless a higher version is there; return whether that was done."""
        content = json.dumps(dict(key_set.digests), separators=(",", ":"))
        return bool(self._client.run(scripts.PUBLISH_KEYS, [self._keys.read_keys], [str(key_set.version), content]))


def open_read_key_sets(config: Config) -> ReadKeySets:
    """Return the read keys of this installation, in django-redis' default cache."""
    return ReadKeySets(connect=connection, prefix=config.key_prefix)
