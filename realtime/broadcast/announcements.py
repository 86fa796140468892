"""The channel layer: a collector tells all web processes at once that a snapshot is there.

A convenience, never a need: whoever listens asks the store by itself as well, so that a lost announcement costs a
second and nothing else.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import redis
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

GROUP = "snapshots"
ANNOUNCING_SECONDS = 1.0  # a store that froze must not hold the collector
SECONDS_BEFORE_LISTENING_AGAIN = 1.0

_UNREACHABLE = (redis.RedisError, OSError, TimeoutError)


def announce(snapshot_id: int) -> str | None:
    """Tell all web processes that this snapshot was published; return why that failed, None when it did not.

    A failure costs at most a second: they look for a new snapshot by themselves.
    """
    try:
        async_to_sync(_send)(snapshot_id)
    except _UNREACHABLE as error:
        return type(error).__name__
    return None


async def _send(snapshot_id: int) -> None:
    async with asyncio.timeout(ANNOUNCING_SECONDS):
        await _layer().group_send(GROUP, {"type": "snapshot.published", "snapshot_id": snapshot_id})


async def announcements() -> AsyncIterator[int]:
    """Yield the ids of snapshots as they are announced, until cancelled; while the store is away, none come.

    At most one may run in an event loop: closing it closes the layer's connection.
    """
    layer = _layer()
    try:
        while True:
            try:
                channel = await layer.new_channel()
                await layer.group_add(GROUP, channel)
                break
            except _UNREACHABLE as error:
                logger.debug("announcements cannot be listened to yet (%s)", type(error).__name__)
                await layer.flush()
                await asyncio.sleep(SECONDS_BEFORE_LISTENING_AGAIN)
        # From here on the layer connects again by itself.
        while True:
            snapshot_id = (await layer.receive(channel)).get("snapshot_id")
            if isinstance(snapshot_id, int):
                yield snapshot_id
    finally:
        await layer.flush()


def _layer() -> Any:
    return get_channel_layer()
