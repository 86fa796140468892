"""The Celery application that workers and beat load."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "metricsproj.settings")

app = Celery("metricsproj")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
