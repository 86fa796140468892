"""The project around the app: settings, entry points, `manage.py up` and the sample fleet."""

from metricsproj.celery import app as celery_app  # shared tasks bind to it, whichever program imports them

__all__ = ("celery_app",)

API_PREFIX = "/api/"  # of the paths of all that programs ask; the rest is for people with a browser
HEALTH_PATHS = ("/livez", "/readyz")  # what an orchestrator asks
