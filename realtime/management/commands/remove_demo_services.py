"""`manage.py remove_demo_services`: remove what `up --demo` has registered, and nothing else."""

from typing import Any

from django.core.management.base import BaseCommand

from realtime.models import Service


class Command(BaseCommand):
    help = "Remove the sample services that `manage.py up --demo` registered. Other services stay."

    def handle(self, *args: Any, **options: Any) -> None:
        services = Service.objects.demo()
        number = services.count()
        services.delete()
        self.stdout.write(f"{number} sample services removed")
