"""The Django app: its name in the admin, and the receivers that follow changes of the schedule and of the read keys."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import transaction
from django.db.models.signals import post_delete, post_migrate, post_save, pre_save


class RealtimeConfig(AppConfig):
    name = "realtime"
    label = "realtime"
    verbose_name = "Real-time metrics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Not at the top: models can be imported only once all apps are loaded.
        from django_celery_beat.models import IntervalSchedule, PeriodicTask

        from realtime.models import ReadKey
        from realtime.registry import schedule

        pre_save.connect(schedule.let_late_sweeps_expire, sender=PeriodicTask)
        post_save.connect(schedule.follow_shared_interval, sender=IntervalSchedule)
        post_migrate.connect(schedule.fill_empty_table, sender=apps.get_app_config("django_celery_beat"))
        post_save.connect(_publish_read_keys, sender=ReadKey)
        post_delete.connect(_publish_read_keys, sender=ReadKey)


def _publish_read_keys(**_: Any) -> None:
    from realtime.reporting.key_ring import publish_committed

    transaction.on_commit(publish_committed)
