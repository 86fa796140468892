"""`/ws/real-time-metrics`: each new snapshot as a message, as soon as it is published.

Close codes: 4400 a parameter is wrong (the reason says which), 4401 the right to read has ended (a revoked key, an
ended session), 4408 the client reads too slowly, 4429 the client sends more requests than it may (the reason says when
to come again), 1012 the server restarts. A client that may not connect at all is refused with 403 before.
Not a consumer of Channels: that gives each connection a channel of its own in Redis, where one for each process is
enough.
"""

import asyncio
import logging

from realtime.core.parameters import InvalidParameter
from realtime.core.problems import Problem
from realtime.live.asgi import Receive, Scope, Send, request_of, wishes_of
from realtime.live.connection import ReadsTooSlowly, deliver
from realtime.live.feed import Transport
from realtime.live.gate import admission, is_allowed_origin, over_the_limit
from realtime.live.hub import Listener, process_hub

logger = logging.getLogger(__name__)

BAD_PARAMETER = 4400
NO_LONGER_ADMITTED = 4401
READS_TOO_SLOWLY = 4408
TOO_MANY_REQUESTS = 4429
MAX_REASON_BYTES = 123  # RFC 6455, section 5.5
# The code can reach a slow reader only once it reads again.
FAREWELL_SECONDS = 5.0


async def listen(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one WebSocket."""
    request = request_of(scope)
    admitted = await admission(request)
    if isinstance(admitted, Problem) or not is_allowed_origin(request):
        await refuse(receive, send)
        return
    refused = await over_the_limit(request)
    await receive()  # websocket.connect
    # Accepted also where it is closed at once: of a refused handshake, a browser tells its page nothing.
    await send({"type": "websocket.accept"})
    if refused is not None:
        await _close(send, code=TOO_MANY_REQUESTS, reason=refused.detail)
        return
    try:
        listener = Listener(wishes=wishes_of(scope), transport=Transport.WEBSOCKET, admission=admitted)
    except InvalidParameter as error:
        await _close(send, code=BAD_PARAMETER, reason=str(error))
        return
    try:
        await deliver(hub=process_hub(), listener=listener, receive=receive, send=send)
    except ReadsTooSlowly:
        logger.info("a WebSocket listener was dropped: it reads too slowly")
        await _close(send, code=READS_TOO_SLOWLY, reason="reads too slowly")
        return
    if listener.is_dismissed:
        await _close(send, code=NO_LONGER_ADMITTED, reason="the right to read has ended")


async def refuse(receive: Receive, send: Send) -> None:
    """Refuse the handshake, which servers answer with 403.

    The extension for other answers is not used: uvicorn 0.54 logs an error for each.
    """
    await receive()  # websocket.connect
    await send({"type": "websocket.close"})


async def _close(send: Send, *, code: int, reason: str) -> None:
    short = reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
    try:
        async with asyncio.timeout(FAREWELL_SECONDS):
            await send({"type": "websocket.close", "code": code, "reason": short})
    except OSError:  # TimeoutError is one: it never read on, or is gone
        return
