"""The WSGI callable, for production servers such as gunicorn or granian."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from realtime.reporting.reader import process_reader

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "metricsproj.settings")

application = get_wsgi_application()
# A process that has seen a snapshot can answer while the store is away.
process_reader().refresh()
# Loading the URLs now saves the first request that time.
import_module(settings.ROOT_URLCONF)
