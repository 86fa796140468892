"""The one ASGI callable: push from an event loop, and all other HTTP through Django's WSGI application.

Django's own ASGI handler costs about 1.1 ms for each request, several times what the same view costs this way.
"""

from django.conf import settings

from metricsproj.wsgi import application as wsgi_application
from metricsproj.wsgi_bridge import WsgiBridge
from realtime.live.routing import with_live_doors

# One interpreter lock: more threads only wait for each other. Requests that wait for the database are the admin's.
HTTP_THREADS = 8

application = with_live_doors(
    WsgiBridge(wsgi_application, threads=HTTP_THREADS, body_limit_bytes=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
)
