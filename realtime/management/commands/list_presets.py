"""`manage.py list_presets`: the presets that a service can have, and where the products document what they rest on."""

from typing import Any

from django.core.management.base import BaseCommand

from realtime.registry.presets import all_presets


class Command(BaseCommand):
    help = "List the presets of known products: name, description, and the documentation that each rests on."

    def handle(self, *args: Any, **options: Any) -> None:
        for preset in all_presets().values():
            self.stdout.write(f"{preset.name}: {preset.description}")
            for page in preset.documentation:
                self.stdout.write(f"    {page}")
