"""Our own network cut off for real: what a probe says it heard, and what a sweep makes of that."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from realtime.config import Config
from realtime.core.addresses import AddressPolicy
from realtime.core.network import is_unreachable
from realtime.core.records import Contact, FailureKind, Outcome, ProbeResult, Status, Target
from realtime.outbound.connection import PoolingAdapter, pool_classes
from realtime.outbound.resolver import Resolver
from realtime.outbound.tls import Trust
from realtime.outbound.wire import Wire
from realtime.probing.fetch import Fetcher
from realtime.probing.pool import Prober
from realtime.probing.probe import inspect
from tests.functional.small_services import SmallServices, small_services
from tests.integration.probing.networks import Network, _possible, wired  # noqa: F401

TIMEOUT_SECONDS = 0.4
PATIENCE_SECONDS = 20.0
SYN_SENT = "02"  # as /proc/net/tcp writes it


@pytest.fixture
def prober() -> Iterator[Prober]:
    prober = Prober(Config(probe_threads=8))
    yield prober
    prober.close()


@pytest.fixture
def services(wired: Network) -> Iterator[SmallServices]:  # noqa: F811
    """Services on the far machine, at each of its addresses."""
    with wired.in_far(lambda: small_services(host="0.0.0.0")) as services:
        yield services


def targets(services: SmallServices) -> list[Target]:
    return [at(address, services.server.server_port) for address in Network.addresses]


def at(host: str, port: int) -> Target:
    return Target(name=f"at-{host}", base_url=f"http://{host}:{port}", timeout_seconds=TIMEOUT_SECONDS)


def swept(network: Network, prober: Prober, wanted: list[Target]) -> list[ProbeResult]:
    outcomes: tuple[Outcome, ...] = network.in_near(lambda: prober.sweep(targets=wanted, deadline_seconds=3.0))
    return [outcome for outcome in outcomes if isinstance(outcome, ProbeResult)]


def wire() -> Wire:
    return Wire(
        deadline=time.monotonic() + PATIENCE_SECONDS,
        limit_seconds=PATIENCE_SECONDS,
        late_kind=FailureKind.TIMEOUT,
    )


def cut_once(
    has_come: Callable[[Wire], bool],
    network: Network,
    *,
    port: int,
    before: Callable[[Fetcher, Target], object] = lambda fetcher, target: None,
) -> ProbeResult:
    """Return what becomes of a probe of the far machine whose wire is cut when it has come that far."""
    target = at(Network.addresses[0], port)
    pools = pool_classes(resolver=Resolver(), policy=AddressPolicy())
    adapter = PoolingAdapter(pools=pools, trust=Trust(), kept_hosts=1, kept_per_host=1)
    fetcher = Fetcher(adapter=adapter, body_limit_bytes=1000, exporter_body_limit_bytes=1000)
    probing = wire()

    def probed() -> ProbeResult:
        before(fetcher, target)
        with ThreadPoolExecutor(1) as thread:
            future = thread.submit(
                inspect, target=target, fetcher=fetcher, wire=probing, sweep_started_at=time.monotonic()
            )
            while not has_come(probing):
                assert not future.done(), future.result()
                time.sleep(0.001)
            probing.cut(stopping=False)
            return future.result().result

    try:
        return network.in_near(probed)
    finally:
        fetcher.close()


def all_acknowledged() -> bool:
    """Tell whether the peers of this thread's machine have acknowledged what was sent; they may take 40 ms."""
    return all(row[4].startswith("00000000:") for row in connections())


def is_connecting() -> bool:
    """Tell whether a connection of this thread's machine has been asked for and not been answered."""
    return any(row[3] == SYN_SENT for row in connections())


def connections() -> list[list[str]]:
    """Return the columns of the kernel's table for this thread's machine."""
    return [line.split() for line in Path("/proc/thread-self/net/tcp").read_text().splitlines()[1:]]


def contacts(results: list[ProbeResult]) -> set[Contact]:
    return {result.contact for result in results}


@pytest.mark.slow
def test_a_cable_that_is_pulled_is_no_outage_on_kept_connections_nor_on_new_ones(
    wired: Network,  # noqa: F811
    prober: Prober,
    services: SmallServices,
) -> None:
    before = swept(wired, prober, targets(services))
    wired.cut()
    on_kept = swept(wired, prober, targets(services))
    on_new = swept(wired, prober, targets(services))
    wired.mend()
    deadline = time.monotonic() + PATIENCE_SECONDS  # the kernel takes its time to find its neighbours again
    while contacts(after := swept(wired, prober, targets(services))) != {Contact.ANSWERED}:
        assert time.monotonic() < deadline, after

    assert [(result.status, result.contact) for result in before] == [(Status.HEALTHY, Contact.ANSWERED)] * 3
    for results in (on_kept, on_new):
        assert contacts(results) == {Contact.SILENT}
        assert {result.place for result in results} == set(Network.addresses)
        assert is_unreachable(results)
    assert {result.failure.message for result in on_kept if result.failure} == {
        "no answer within 0.4 s (kept connection, nothing received)"
    }
    assert {result.status for result in after} == {Status.HEALTHY}


def test_a_probe_that_is_cut_while_it_connects_has_heard_nothing(wired: Network) -> None:  # noqa: F811
    wired.cut()

    result = cut_once(lambda wire: is_connecting(), wired, port=80)

    assert (result.contact, result.place) == (Contact.SILENT, Network.addresses[0])


@pytest.mark.parametrize(
    ("is_wired", "contact"), [(True, Contact.ANSWERED), (False, Contact.SILENT)], ids=["network", "no network"]
)
def test_a_kept_connection_that_is_cut_says_what_its_peer_acknowledged_before(
    wired: Network,  # noqa: F811
    services: SmallServices,
    is_wired: bool,
    contact: Contact,
) -> None:
    def is_asked(wire: Wire) -> bool:
        sent = wire.meter.sent_at is not None
        return sent and services.is_asked.is_set() and all_acknowledged() if is_wired else sent

    def before(fetcher: Fetcher, target: Target) -> None:
        inspect(target=target, fetcher=fetcher, wire=wire(), sweep_started_at=time.monotonic())
        services.may_answer.clear()
        services.is_asked.clear()
        if not is_wired:
            wired.cut()

    result = cut_once(is_asked, wired, port=services.server.server_port, before=before)

    assert result.failure is not None
    assert "kept connection" in result.failure.message
    assert result.contact is contact


def test_without_any_route_it_is_ours_while_loopback_goes_on(wired: Network, prober: Prober) -> None:  # noqa: F811
    wired.take_route()
    with wired.in_near(small_services) as local:
        results = swept(
            wired,
            prober,
            [*(at(address, 80) for address in Network.addresses), at("127.0.0.1", local.server.server_port)],
        )

    assert [result.contact for result in results] == [Contact.SILENT] * 3 + [Contact.NONE]
    assert {result.failure.kind for result in results if result.failure} == {FailureKind.CONNECT}
    assert results[-1].status is Status.HEALTHY
    assert is_unreachable(results)


def test_names_that_no_resolver_answers_for_are_silent(
    wired: Network,  # noqa: F811
    prober: Prober,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_resolver(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", no_resolver)

    results = swept(wired, prober, [at(f"{name}.internal", 80) for name in ("a", "b", "c")])

    assert [result.place for result in results] == ["a.internal", "b.internal", "c.internal"]
    assert is_unreachable(results)


def test_a_refused_connection_and_a_service_that_hangs_are_answers(
    wired: Network,  # noqa: F811
    prober: Prober,
    services: SmallServices,
) -> None:
    swept(wired, prober, targets(services))
    services.may_answer.clear()
    first = targets(services)[0]

    (hung_on_kept,) = swept(wired, prober, [first])
    (refused,) = swept(wired, prober, [at(Network.addresses[1], 1)])
    wired.cut()
    silent = swept(wired, prober, [at(address, 1) for address in Network.addresses])

    assert hung_on_kept.failure is not None
    assert "kept connection" in hung_on_kept.failure.message
    assert (hung_on_kept.contact, refused.contact) == (Contact.ANSWERED, Contact.ANSWERED)
    assert is_unreachable(silent)
    assert not is_unreachable([*silent, hung_on_kept])
    assert not is_unreachable([*silent, refused])


def test_an_address_of_this_machine_is_not_remote(wired: Network, prober: Prober) -> None:  # noqa: F811
    with wired.in_near(lambda: small_services(host="0.0.0.0")) as local:
        (result,) = swept(wired, prober, [at("10.77.0.9", local.server.server_port)])

    assert (result.status, result.contact) == (Status.HEALTHY, Contact.NONE)


def test_a_name_that_does_not_exist_is_an_answer(
    wired: Network,  # noqa: F811
    prober: Prober,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_such_name(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)

    (result,) = swept(wired, prober, [at("no-such-name.internal", 80)])

    assert result.contact is Contact.ANSWERED
