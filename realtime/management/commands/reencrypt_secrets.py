"""`manage.py reencrypt_secrets`: bring all secrets of the database under the first key of REALTIME_SECRETS_KEY."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from realtime.registry.secrets import reencrypt


class Command(BaseCommand):
    help = "Encrypt all secrets anew with the first key of REALTIME_SECRETS_KEY; the others can go then."

    def handle(self, *args: Any, **options: Any) -> None:
        outcome = reencrypt()
        self.stdout.write(f"{outcome.done} secrets encrypted with the first key")
        if outcome.lost:
            raise CommandError(f"cannot be decrypted with any key, to be typed again: {', '.join(outcome.lost)}")
