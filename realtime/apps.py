"""The Django app: its name in the admin, and the receivers that follow changes of the schedule and of the read keys."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import transaction
from django.db.models.signals import post_delete, post_migrate, post_save


class RealtimeConfig(AppConfig):
    name = "realtime"
    label = "realtime"
    verbose_name = "Real-time metrics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Not at the top: models can be imported only once all apps are loaded.
        from realtime.models import ReadKey
        from realtime.registry import schedule

        post_migrate.connect(schedule.fill_empty_table, sender=apps.get_app_config("django_celery_beat"))
        post_save.connect(_publish_read_keys, sender=ReadKey)
        post_delete.connect(_publish_read_keys, sender=ReadKey)


def _publish_read_keys(**_: Any) -> None:
    from realtime.reporting.read_key_ring import publish_committed

    transaction.on_commit(publish_committed)
