"""Changing the key that encrypts the registry's secrets."""

from dataclasses import dataclass

from django.db import transaction

from realtime.models import RequestHeader, Service
from realtime.models.sealed_text import is_sealed


@dataclass(frozen=True, kw_only=True, slots=True)
class Reencrypted:
    """How many secrets were encrypted anew, and for which of them (`service: name`) no key is left.

    The name is that of a header, or `client_certificate`.
    """

    done: int
    lost: tuple[str, ...]


@transaction.atomic
def reencrypt() -> Reencrypted:
    """Encrypt every secret with the first key; what no key decrypts stays as it is."""
    headers = list(RequestHeader.objects.select_related("service").order_by("service__name", "name"))
    known = [header for header in headers if not is_sealed(header.value)]
    services = list(Service.objects.exclude(client_certificate="").order_by("name"))
    readable = [service for service in services if not is_sealed(service.client_certificate)]
    # Writing a value encrypts it.
    RequestHeader.objects.bulk_update(known, fields=["value"], batch_size=200)
    Service.objects.bulk_update(readable, fields=["client_certificate"], batch_size=200)
    lost = [f"{header.service.name}: {header.name}" for header in headers if is_sealed(header.value)]
    lost += [f"{service.name}: client_certificate" for service in services if is_sealed(service.client_certificate)]
    return Reencrypted(done=len(known) + len(readable), lost=tuple(lost))
