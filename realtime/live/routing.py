"""Routes WebSocket and event stream, before Django's URLs."""

from django.conf import settings

from realtime.live import event_stream, websocket
from realtime.live.asgi import Application, Receive, Scope, Send, path_of

WEBSOCKET_PATH = "/ws/real-time-metrics"
STREAM_PATH = "/api/v1/real-time-metrics/stream"


def with_live_routes(http: Application) -> Application:
    """Return an ASGI application that serves WebSocket and event stream itself, and leaves the rest to `http`."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if path_of(scope) == WEBSOCKET_PATH:
                await websocket.listen(scope, receive, send)
            else:
                await websocket.refuse(receive, send)
        elif scope["type"] == "http" and path_of(scope) == STREAM_PATH and not _is_cors_preflight(scope):
            await event_stream.stream(scope, receive, send)
        else:
            await http(scope, receive, send)

    return application


def _is_cors_preflight(scope: Scope) -> bool:
    """Return whether this is a CORS preflight, which Django's CORS middleware answers where it is installed."""
    if scope["method"] != "OPTIONS" or not settings.REALTIME.allowed_origins:
        return False
    return any(name == b"access-control-request-method" for name, _ in scope["headers"])
