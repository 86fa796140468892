"""Slices of the answer: the same snapshot with fewer entries, or with less in each; totals never change."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from realtime.core.records import ServiceState, Status


class Fields(StrEnum):
    """How much of the answer is wanted: everything, everything but the entries, or entries without comparisons."""

    ALL = "all"
    SUMMARY = "summary"
    BRIEF = "brief"


class UnknownName(LookupError):
    """A slice names a service or group that the snapshot does not have."""

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(f"there is no {field} {name!r} in the snapshot")
        self.field = field
        self.name = name


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """Which entries are wanted; None selects all. An entry has to meet all three conditions."""

    fields: Fields = Fields.ALL
    groups: frozenset[str] | None = None
    statuses: frozenset[Status] | None = None
    services: frozenset[str] | None = None

    @property
    def is_whole(self) -> bool:
        return self == WHOLE

    def selects(self, state: ServiceState) -> bool:
        """Return whether the entry of this service is wanted."""
        return (
            self.fields is not Fields.SUMMARY
            and (self.groups is None or state.group in self.groups)
            and (self.statuses is None or state.status in self.statuses)
            and (self.services is None or state.name in self.services)
        )

    def check_names(self, services: Iterable[ServiceState]) -> None:
        """Raise UnknownName for a service or group that is not among these services."""
        if self.groups is None and self.services is None:
            return
        states = tuple(services)
        for field, wanted, known in (
            ("service", self.services, {state.name for state in states}),
            ("group", self.groups, {state.group for state in states}),
        ):
            for name in sorted((wanted or frozenset()) - known):
                raise UnknownName(field=field, name=name)


WHOLE = Slice()
