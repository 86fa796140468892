from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from realtime.config import Config
from realtime.probing.pool import Prober
from tests.integration.probing.peers import Handler, Peer

Listen = Callable[..., Peer]
Found = TypeVar("Found")

DEADLINES_SECONDS = (0.4, 2.0, 10.0, 50.0)


def with_time_enough(attempt: Callable[[float], Found], *, came_far_enough: Callable[[Found], bool]) -> Found:
    """Return what comes of an attempt under the shortest deadline that lets it come as far as the test wants.

    So a machine that stalls before the deadline costs a longer attempt, and no failure.
    """
    for seconds in DEADLINES_SECONDS:
        found = attempt(seconds)
        if came_far_enough(found):
            break
    return found


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Start peers that are closed, threads and all, when the test ends."""
    peers: list[Peer] = []

    def start(handler: Handler, **options: Any) -> Peer:
        peers.append(Peer(handler, **options))
        return peers[-1]

    yield start
    for peer in peers:
        peer.close()


@pytest.fixture
def prober() -> Iterator[Prober]:
    prober = Prober(Config())
    yield prober
    prober.close()
