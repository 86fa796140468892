"""Changing the key that encrypts the registry's secrets."""

from dataclasses import dataclass

from django.db import transaction

from realtime.models import RequestHeader
from realtime.models.sealed_text import is_sealed


@dataclass(frozen=True, kw_only=True, slots=True)
class Reencrypted:
    """How many secrets were encrypted anew, and of which headers (`service: name`) no key is left."""

    done: int
    lost: tuple[str, ...]


@transaction.atomic
def reencrypt() -> Reencrypted:
    """Encrypt every secret with the first key; what no key decrypts stays as it is."""
    headers = list(RequestHeader.objects.select_related("service").order_by("service__name", "name"))
    known = [header for header in headers if not is_sealed(header.value)]
    # Writing a value encrypts it.
    RequestHeader.objects.bulk_update(known, fields=["value"], batch_size=200)
    lost = tuple(f"{header.service.name}: {header.name}" for header in headers if is_sealed(header.value))
    return Reencrypted(done=len(known), lost=lost)
