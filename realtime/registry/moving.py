"""Secrets stay with their origin: which stored secrets stand in the way of a new base URL.

Whoever changes a base URL may not know the secrets that are stored for the service, so none of them may be sent to
another scheme, host or port. Every way of writing the registry asks here. Secrets go by their names, never by value.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import TypeVar

from realtime.core.origins import are_one_origin

ANOTHER_ORIGIN = "the stored secret is for another origin (scheme, host or port): give it again, or remove it"
# In place of a new base URL: wherever it may lead. No URL has this origin.
ANYWHERE = ""

Name = TypeVar("Name")


class Fate(StrEnum):
    """What a change of a service does to one of its stored secrets."""

    KEPT = "kept"
    REPLACED = "replaced"
    REMOVED = "removed"


def refused_secrets(
    *,
    old_base_url: str | None,
    new_base_url: str,
    stored: Collection[Name],
    fates: Iterable[tuple[Name, Fate]] = (),
) -> dict[Name, str]:
    """Return why the change is refused, by stored secret; empty when it may be made.

    A change within one origin may be made, and so may one that replaces or removes every stored secret. A secret that
    the change does not mention is kept, and so is one that it mentions twice and keeps once.

    Args:
        old_base_url: the one that is stored; None for a new service.
        stored: what identifies each secret that is stored now, such as the name of a header.
        fates: what the change says of them.
    """
    if old_base_url is None or are_one_origin(old_base_url, new_base_url):
        return {}
    mentioned = tuple(fates)
    kept = {name for name, fate in mentioned if fate is Fate.KEPT}
    given_up = {name for name, _ in mentioned} - kept
    return {name: ANOTHER_ORIGIN for name in stored if name not in given_up}
