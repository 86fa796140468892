"""Probe now: one probe of a few services for a person to look at, outside any sweep and without publishing."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from django.conf import settings

from realtime.core.records import Inspection
from realtime.probing.pool import Prober
from realtime.registry.targets import load_targets_named


def probe_now(names: Sequence[str]) -> tuple[Inspection, ...]:
    """Probe these services, disabled ones included, one after the other, and return what each probe saw.

    Connections are new, so that every phase of connecting can be seen.
    """
    with closing(Prober(settings.REALTIME)) as prober:
        return tuple(prober.inspect(target) for target in load_targets_named(names))
