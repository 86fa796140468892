"""The doors of the live edge, before those of Django."""

from realtime.live import event_stream, websocket
from realtime.live.asgi import Application, Receive, Scope, Send, path_of

WEBSOCKET_PATH = "/ws/real-time-metrics"
STREAM_PATH = "/api/v1/real-time-metrics/stream"


def with_live_doors(http: Application) -> Application:
    """Return an ASGI application that serves WebSocket and event stream itself, and leaves the rest to `http`."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if path_of(scope) == WEBSOCKET_PATH:
                await websocket.listen(scope, receive, send)
            else:
                await websocket.refuse(receive, send)
        elif scope["type"] == "http" and scope["method"] != "OPTIONS" and path_of(scope) == STREAM_PATH:
            # OPTIONS is a question of another site's page about its rights, which the CORS middleware answers.
            await event_stream.stream(scope, receive, send)
        else:
            await http(scope, receive, send)

    return application
