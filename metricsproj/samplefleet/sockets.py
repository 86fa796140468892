"""The fleet's sockets, opened before its process starts: each keeps its port when that process is started again."""

import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from metricsproj.samplefleet.catalogue import FLEET, Manner

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleSockets:
    """One socket for each sample service, by name, on a free port."""

    sockets: dict[str, socket.socket]

    @classmethod
    def opened(cls) -> Self:
        return cls(sockets={service.name: _bound(service.manner) for service in FLEET})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for bound in self.sockets.values():
            bound.close()

    def ports(self) -> dict[str, int]:
        return {name: bound.getsockname()[1] for name, bound in self.sockets.items()}

    def descriptors(self) -> tuple[int, ...]:
        return tuple(bound.fileno() for bound in self.sockets.values())

    def arguments(self) -> tuple[str, ...]:
        """Return the words that tell the fleet's process which descriptor is whose."""
        return tuple(f"{name}={bound.fileno()}" for name, bound in self.sockets.items())


def _bound(manner: Manner) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.bind((LOOPBACK, 0))
    if manner is not Manner.REFUSING:  # bound alone, its port is taken, but callers are refused
        bound.listen(128)
    return bound
