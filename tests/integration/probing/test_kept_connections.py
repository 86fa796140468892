"""Connections are kept between sweeps, and one that the server closed meanwhile is no failure of the service."""

import contextvars
import threading
import time

import requests

from realtime.core.addresses import AddressPolicy
from realtime.core.records import FailureKind, Status
from realtime.outbound.connection import PoolingAdapter, pool_classes
from realtime.outbound.resolver import Resolver
from realtime.outbound.tls import Trust
from realtime.outbound.wire import CURRENT, Wire
from realtime.probing.pool import Prober
from tests.integration.probing.conftest import Listen
from tests.integration.probing.peers import HEALTHY, Line, healthy, http_answer


def test_a_second_probe_uses_the_same_connection(prober: Prober, listen: Listen) -> None:
    peer = listen(healthy)

    first, second = (prober.inspect(peer.target()).exchanges[0] for _ in range(2))

    assert (first.reused_connection, second.reused_connection) == (False, True)
    assert second.address == first.address == f"127.0.0.1:{peer.port}"
    assert second.phases.connect_seconds is None
    assert peer.connections == 1


def test_a_server_that_closed_the_idle_connection_is_asked_on_a_new_one(prober: Prober, listen: Listen) -> None:
    closed = threading.Event()

    def answer_once(line: Line) -> None:
        line.read_request()
        line.send(http_answer())
        line.close()
        closed.set()

    peer = listen(answer_once)
    prober.inspect(peer.target())
    assert closed.wait(10)

    inspection = prober.inspect(peer.target())

    assert inspection.result.status is Status.HEALTHY
    assert not inspection.exchanges[0].reused_connection
    assert (peer.connections, len(peer.requests)) == (2, 2)


def close_on_second_request(line: Line) -> None:
    """Close just as the second request comes: the client could not have known."""
    line.read_request()
    line.send(http_answer())
    if line.number == 1:
        line.read_request()
    else:
        line.wait_until_closed()


def test_a_connection_closed_under_a_request_is_asked_once_more_on_a_new_one(prober: Prober, listen: Listen) -> None:
    peer = listen(close_on_second_request)
    prober.inspect(peer.target())

    inspection = prober.inspect(peer.target())

    assert inspection.result.status is Status.HEALTHY
    assert not inspection.exchanges[0].reused_connection
    assert inspection.exchanges[0].phases.connect_seconds is not None
    assert (peer.connections, len(peer.requests)) == (2, 3)


def test_a_connection_reset_under_a_request_is_asked_once_more_on_a_new_one(prober: Prober, listen: Listen) -> None:
    def reset_on_second_request(line: Line) -> None:
        line.read_request()
        line.send(http_answer())
        if line.number == 1:
            line.read_request()
            line.reset()
        else:
            line.wait_until_closed()

    peer = listen(reset_on_second_request)
    prober.inspect(peer.target())

    assert prober.inspect(peer.target()).result.status is Status.HEALTHY
    assert peer.connections == 2


def test_a_wire_that_wants_a_new_connection_never_gets_a_kept_one(listen: Listen) -> None:
    peer = listen(healthy)
    pools = pool_classes(resolver=Resolver(), policy=AddressPolicy())
    adapter = PoolingAdapter(pools=pools, trust=Trust(), kept_hosts=1, kept_per_host=4)
    request = requests.Request("GET", peer.url).prepare()
    deadline = time.monotonic() + 30
    wire = Wire(deadline=deadline, limit_seconds=30, late_kind=None)

    def send_thrice() -> None:
        CURRENT.set(wire)
        for on_new_connection in (False, False, True):
            wire.begin(on_new_connection=on_new_connection, received_limit_bytes=10_000)
            assert adapter.send(request).content == HEALTHY
            wire.release()

    contextvars.copy_context().run(send_thrice)

    adapter.close()
    assert (peer.connections, len(peer.requests)) == (2, 3)


def test_a_new_connection_that_is_closed_is_not_asked_again(prober: Prober, listen: Listen) -> None:
    peer = listen(lambda line: line.read_request() and None)

    failure = prober.inspect(peer.target()).result.failure

    assert failure is not None
    assert failure.kind is FailureKind.PROTOCOL
    assert peer.connections == 1


def test_an_answer_that_breaks_off_on_a_kept_connection_is_not_asked_again(prober: Prober, listen: Listen) -> None:
    def handler(line: Line) -> None:
        line.read_request()
        line.send(http_answer())
        line.read_request()
        line.send(b"HTTP/1.1 20")

    peer = listen(handler)
    prober.inspect(peer.target())

    failure = prober.inspect(peer.target()).result.failure

    assert failure is not None
    assert failure.kind is FailureKind.PROTOCOL
    assert peer.connections == 1


def test_the_time_of_a_second_attempt_starts_anew(prober: Prober, listen: Listen) -> None:
    leave = threading.Event()

    def handler(line: Line) -> None:
        line.read_request()
        line.send(http_answer())
        if line.number == 1:
            line.read_request()
            leave.wait(0.3)
        else:
            line.wait_until_closed()

    peer = listen(handler)
    prober.inspect(peer.target())

    inspection = prober.inspect(peer.target())

    assert inspection.result.response_time_seconds is not None
    assert inspection.result.response_time_seconds <= inspection.result.finished_seconds - 0.3
