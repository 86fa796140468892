"""The one ASGI callable: push from an event loop, and all other HTTP through Django's WSGI application.

Django's own ASGI handler costs about 1.1 ms for each request, several times what the same view costs this way.
"""

from django.conf import settings

from metricsproj import API_PREFIX
from metricsproj.wsgi import application as wsgi_application
from metricsproj.wsgi_bridge import Receive, Scope, Send, WsgiBridge
from realtime.live.routing import with_live_doors

# One interpreter lock: more threads would only take it from each other, for a sixth fewer answers a second. Not one,
# since the request that finds the store frozen waits for it, and the others must not.
API_THREADS = 2
# Pages and the admin wait for the database, and for services that an operator probes.
PAGE_THREADS = 8

_api = WsgiBridge(wsgi_application, threads=API_THREADS, body_limit_bytes=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
_pages = WsgiBridge(wsgi_application, threads=PAGE_THREADS, body_limit_bytes=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


async def _http(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the API and the rest in threads of their own, so that neither waits for the other."""
    is_api = scope["type"] == "http" and scope["path"].startswith(API_PREFIX)
    await (_api if is_api else _pages)(scope, receive, send)
    if scope["type"] == "lifespan":
        _api.close()


application = with_live_doors(_http)
