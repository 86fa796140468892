"""Sends a listener its events until one of the two sides ends it."""

import asyncio

from realtime.live.asgi import Receive, Send
from realtime.live.hub import Hub, Listener

# A reader that takes nothing for this long is dropped. What waits for it meanwhile is one message and the server's
# write buffer (64 KiB in uvicorn), since a listener has no queue.
SLOW_READER_SECONDS = 10.0


class ReadsTooSlowly(Exception):
    """A client that does not take what it is sent."""


async def deliver(*, hub: Hub, listener: Listener, receive: Receive, send: Send) -> None:
    """Send events until the client leaves or the hub closes.

    Raises:
        ReadsTooSlowly: nothing could be sent for SLOW_READER_SECONDS.
    """
    watching = asyncio.create_task(_leave_with_client(listener, receive))
    try:
        with hub.listening(listener):
            await _send_all(hub, listener, send)
    finally:
        watching.cancel()


async def _send_all(hub: Hub, listener: Listener, send: Send) -> None:
    while not listener.is_gone:
        event = hub.next_event(listener)
        if event is None:
            await listener.bell.wait()
            listener.bell.clear()
            continue
        try:
            async with asyncio.timeout(SLOW_READER_SECONDS):
                await send(event)
        except TimeoutError as error:
            raise ReadsTooSlowly from error
        except OSError:  # as ASGI servers say that the client is gone
            return


async def _leave_with_client(listener: Listener, receive: Receive) -> None:
    """Read until the client leaves; what it sends meanwhile is ignored."""
    while (await receive())["type"] not in ("websocket.disconnect", "http.disconnect"):
        pass
    listener.leave()
