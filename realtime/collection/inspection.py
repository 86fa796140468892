"""Probe now: one probe of a few services for a person to look at, outside any sweep and without publishing."""

from collections.abc import Sequence

from realtime.collection.cycle import process_collector
from realtime.core.records import Inspection
from realtime.registry.targets import load_targets_named


def probe_now(names: Sequence[str]) -> tuple[Inspection, ...]:
    """Probe these services, disabled ones included, one after the other, and return what each probe saw."""
    return tuple(process_collector().inspect(target) for target in load_targets_named(names))
