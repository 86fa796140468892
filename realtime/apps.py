"""The Django app: its name in the admin, and the receivers that keep beat's row of the sweep right."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate, post_save, pre_save


class RealtimeConfig(AppConfig):
    name = "realtime"
    label = "realtime"
    verbose_name = "Real-time metrics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Not at the top: models can be imported only once all apps are loaded.
        from django_celery_beat.models import IntervalSchedule, PeriodicTask

        from realtime.registry import schedule

        pre_save.connect(schedule.let_late_sweeps_expire, sender=PeriodicTask)
        post_save.connect(schedule.follow_shared_interval, sender=IntervalSchedule)
        post_migrate.connect(schedule.fill_empty_table, sender=apps.get_app_config("django_celery_beat"))
