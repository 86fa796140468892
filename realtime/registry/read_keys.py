"""The table of read keys: making one, which ones open, and when they were last used."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from django.db.models import Q

from realtime.core import read_keys
from realtime.core.read_keys import PUBLIC_ID_CHARACTERS
from realtime.models import ReadKey

_SECRET_BYTES = 32


def give_key(row: ReadKey) -> str:
    """Return a new key for this row, which is not saved yet; it can be shown only now."""
    text = read_keys.write(
        public_id=secrets.token_hex(PUBLIC_ID_CHARACTERS // 2), secret=secrets.token_urlsafe(_SECRET_BYTES)
    )
    mark = read_keys.mark_of(text)
    if mark is None:
        raise AssertionError("a key that was just written cannot be read")
    row.take(mark)
    return text


def create_read_key(name: str) -> str:
    """Make a read key and return it; it is shown this once.

    Raises:
        ValidationError: the name is empty, too long or taken.
    """
    row = ReadKey(name=name)
    text = give_key(row)
    row.save()
    return text


def opening_digests() -> Mapping[str, str]:
    """Return the digests of all keys that open, by public id."""
    return ReadKey.objects.digests()


def note_uses(used_at: Mapping[str, datetime]) -> None:
    """Write down when keys were last used; a later time that another process wrote stays."""
    for public_id, at in used_at.items():
        rows = ReadKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=at), public_id=public_id)
        rows.update(last_used_at=at)
