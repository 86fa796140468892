"""The Celery application that workers and beat load."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "metricsproj.settings")

app = Celery("metricsproj")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_the_logging_of_the_settings(**_: Any) -> None:
    """Have Celery leave the loggers alone, as it does where this signal has a receiver: LOG_LEVEL counts everywhere."""
