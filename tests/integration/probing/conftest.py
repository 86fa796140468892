from collections.abc import Callable, Iterator
from typing import Any

import pytest

from realtime.config import Config
from realtime.probing.pool import Prober
from tests.integration.probing.peers import Handler, Peer

Listen = Callable[..., Peer]


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
