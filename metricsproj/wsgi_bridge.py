"""Lets an ASGI server ask a WSGI application: one hop to a thread for each request, and one back with a whole answer.

The usual bridge, a2wsgi, hops to and fro for each piece of an answer, so that it can stream. Nothing here streams
through WSGI, and those hops cost more than our view: with it one CPU-second gave 870 answers of the endpoint, with
this 1,970 (two busy cores, uvicorn, 11 services).
"""

import asyncio
import io
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from realtime.live.asgi import Receive, Scope, Send

Environ = dict[str, Any]
WsgiApplication = Callable[[Environ, Any], Iterable[Any]]
Headers = list[tuple[bytes, bytes]]


class WsgiBridge:
    """An ASGI application for HTTP that answers with a WSGI application.

    The body of a request has to come whole in one message, as `metricsproj/request_bodies.py` hands it on.

    threads: requests under way at once; more of them wait.
    """

    def __init__(self, application: WsgiApplication, *, threads: int) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="http")

    def close(self) -> None:
        """Let the threads end once they are idle."""
        self._threads.shutdown(wait=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer HTTP; follow the server's start and stop."""
        if scope["type"] == "lifespan":
            await _follow(receive, send)
            self.close()
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        if message["type"] == "http.disconnect":
            return  # nobody waits for an answer
        body = message.get("body", b"")
        environ = environ_of(scope, body)
        loop = asyncio.get_running_loop()
        status, headers, answer = await loop.run_in_executor(self._threads, _ask, self._application, environ)
        await _send(send, status, headers, answer)


def environ_of(scope: Scope, body: bytes) -> Environ:
    """Return the WSGI environment (PEP 3333) of an ASGI request.

    A header with an underscore in its name is left out, as WSGI servers do: WSGI knows `X_Forwarded_Proto` and
    `X-Forwarded-Proto` under one name, and a stranger could speak for the proxy.
    """
    host, port = scope.get("server") or ("localhost", 80)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", "").encode().decode("latin-1"),
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 0),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if client := scope.get("client"):
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
    for raw_name, raw_value in scope["headers"]:
        if b"_" in raw_name:
            continue
        name, value = _environ_name(raw_name), raw_value.decode("latin-1")
        environ[name] = f"{environ[name]},{value}" if name in environ else value
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _environ_name(name: bytes) -> str:
    word = name.decode("latin-1").upper().replace("-", "_")
    return word if word in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{word}"


def _ask(application: WsgiApplication, environ: Environ) -> tuple[int, Headers, bytes]:
    """Return the application's whole answer; runs in a thread."""
    told: list[tuple[int, Headers]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        told[:] = [
            (
                int(status.split(" ", 1)[0]),
                [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            )
        ]

    answer = application(environ, start_response)
    try:
        body = b"".join(answer)
    finally:
        if close := getattr(answer, "close", None):
            close()
    status, headers = told[0]
    return status, headers, body


async def _follow(receive: Receive, send: Send) -> None:
    for phase in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{phase}.complete"})


async def _send(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
