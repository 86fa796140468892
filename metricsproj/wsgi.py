"""The WSGI callable, for production servers such as gunicorn or granian."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "metricsproj.settings")

application = get_wsgi_application()
