"""The read keys in Redis: the set of those that open the metrics, published as a whole under a growing version.

What is kept of a key is a hash of 256 random bits, so whoever reads Redis cannot make the key of it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import redis
from django_redis import get_redis_connection

from realtime.config import Config
from realtime.store import scripts
from realtime.store.keys import Keys
from realtime.store.snapshots import translated_errors


@dataclass(frozen=True, kw_only=True, slots=True)
class KeySet:
    """All keys that are good: digest by public id."""

    version: int
    digests: Mapping[str, str] = field(repr=False)


class KeySets:
    """The one set of an installation. Every method is one round trip and raises StoreUnavailable."""

    def __init__(self, *, connect: Callable[[], "redis.Redis"], prefix: str) -> None:
        self._connect = connect
        self._keys = Keys(prefix)
        self._highest_seen = 0

    def read(self, *, known_version: int | None) -> KeySet | int | None:
        """Return the set: its bare version when that is the one already known, None when there is none."""
        with translated_errors():
            answer: Any = self._connect().eval_ro(scripts.READ_KEYS, 1, self._keys.read_keys, str(known_version or ""))
        if not answer:
            return None
        self._highest_seen = max(self._highest_seen, int(answer[0]))
        if len(answer) == 1:
            return int(answer[0])
        try:
            digests = json.loads(answer[1])
        except ValueError:
            return None
        return KeySet(version=int(answer[0]), digests=digests) if isinstance(digests, dict) else None

    def next_version(self) -> int:
        """Return a version higher than all before; whoever publishes takes it before reading what to publish.

        So of two who publish at once, the one with the higher version has seen what the other had committed.
        """
        with translated_errors():
            answer: Any = self._connect().eval(
                scripts.NEXT_KEYS_VERSION, 1, self._keys.read_keys_version, str(self._highest_seen)
            )
        return int(answer)

    def publish(self, key_set: KeySet) -> bool:
        """Publish a set unless a higher version is there; return whether that was done."""
        content = json.dumps(dict(key_set.digests), separators=(",", ":"))
        with translated_errors():
            done: Any = self._connect().eval(
                scripts.PUBLISH_KEYS, 1, self._keys.read_keys, str(key_set.version), content
            )
        return bool(done)


def open_key_sets(config: Config) -> KeySets:
    """Return the read keys of this installation, in django-redis' default cache."""
    return KeySets(connect=lambda: get_redis_connection("default"), prefix=config.key_prefix)
