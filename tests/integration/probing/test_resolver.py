"""Name look-ups: the answers a resolver gives, and one that gives none."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from realtime.core.records import Exchange, Failure, FailureKind, ProbeResult, Status, Target, Unprobed, UnprobedReason
from realtime.probing.pool import Prober
from tests.integration.probing.conftest import Listen, with_time_enough
from tests.integration.probing.peers import healthy

getaddrinfo = socket.getaddrinfo


class SilentResolver:
    """Never answers for names under `.silent` until told so; all other names it knows as 127.0.0.1."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.asked: list[str] = []

    def __call__(self, host: str, port: int | None, *args: Any, **kwargs: Any) -> Any:
        self.asked.append(host)
        if host.endswith(".silent"):
            assert self.answers.wait(60)
        return getaddrinfo("127.0.0.1", port, *args, **kwargs)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[SilentResolver]:
    resolver = SilentResolver()
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    yield resolver
    resolver.answers.set()
    for thread in look_ups():
        thread.join(10)


def look_ups() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("look-up ")]


def silent(name: str, *, base_url: str | None = None, timeout_seconds: float = 0.2) -> Target:
    return Target(name=name, base_url=base_url or f"http://{name}.silent:8001", timeout_seconds=timeout_seconds)


def test_a_name_is_looked_up_and_timed(prober: Prober, listen: Listen) -> None:
    peer = listen(healthy)

    (exchange,) = prober.inspect(peer.target(base_url=f"http://localhost:{peer.port}")).exchanges

    assert exchange.http_status == 200
    assert exchange.phases.dns_seconds is not None
    assert exchange.address == f"127.0.0.1:{peer.port}"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (socket.gaierror(socket.EAI_NONAME, "secret text"), "no such name"),
        (socket.gaierror(socket.EAI_AGAIN, "secret text"), "the resolver did not answer"),
        (socket.gaierror(socket.EAI_FAIL, "secret text"), "the resolver failed"),
        (UnicodeError("label empty or too long"), "not a valid host name"),
    ],
)
def test_no_such_name_and_no_answer_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, prober: Prober, error: Exception, message: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    failure = prober.inspect(Target(name="a", base_url="http://some.example")).result.failure

    assert failure == Failure(kind=FailureKind.DNS, message=message)


def test_a_look_up_that_hangs_is_a_dns_failure_at_the_deadline(prober: Prober, resolver: SilentResolver) -> None:
    failure = prober.inspect(silent("a")).result.failure

    assert failure == Failure(kind=FailureKind.DNS, message="the resolver did not answer within 0.2 s")


def test_targets_whose_look_up_hangs_sit_the_next_sweeps_out(prober: Prober, resolver: SilentResolver) -> None:
    targets = [silent("a"), silent("b")]

    first = prober.sweep(targets=targets, deadline_seconds=5)
    threads = len(look_ups())
    later = [prober.sweep(targets=targets, deadline_seconds=5) for _ in range(5)]

    assert [isinstance(outcome, ProbeResult) for outcome in first] == [True, True]
    assert set(later) == {tuple(Unprobed(target=name, reason=UnprobedReason.SAT_OUT) for name in ("a", "b"))}
    assert len(look_ups()) == threads == 2


def test_a_target_is_probed_again_when_the_look_up_has_ended(
    prober: Prober, listen: Listen, resolver: SilentResolver
) -> None:
    peer = listen(healthy)
    target = silent("a", base_url=f"http://a.silent:{peer.port}")
    prober.sweep(targets=[target], deadline_seconds=5)

    resolver.answers.set()
    for thread in look_ups():
        thread.join(10)
    (outcome,) = prober.sweep(targets=[target], deadline_seconds=5)

    assert isinstance(outcome, ProbeResult)
    assert outcome.status is Status.HEALTHY


def test_targets_on_one_host_share_its_look_up(prober: Prober, resolver: SilentResolver) -> None:
    targets = [silent(name, base_url="http://one.silent") for name in ("a", "b", "c")]

    outcomes = prober.sweep(targets=targets, deadline_seconds=5)

    assert resolver.asked == ["one.silent"]
    assert len(outcomes) == 3


def test_an_address_needs_no_look_up(prober: Prober, listen: Listen, resolver: SilentResolver) -> None:
    (exchange,) = prober.inspect(listen(healthy).target()).exchanges

    assert exchange.phases.dns_seconds is None
    assert look_ups() == []


def test_the_next_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch, prober: Prober, listen: Listen) -> None:
    def two_addresses(host: str, port: None, *args: Any, **kwargs: Any) -> Any:
        return [*getaddrinfo("127.0.0.2", port, *args, **kwargs), *getaddrinfo("127.0.0.1", port, *args, **kwargs)]

    peer = listen(healthy)
    monkeypatch.setattr(socket, "getaddrinfo", two_addresses)

    (exchange,) = prober.inspect(peer.target(base_url=f"http://two.example:{peer.port}")).exchanges

    assert exchange.http_status == 200
    assert exchange.address == f"127.0.0.1:{peer.port}"


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port of 127.0.0.2 whose queue is full: what else knocks is dropped, as by a firewall."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.2", 0))
        full.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield full.getsockname()[1]


def test_an_address_that_does_not_answer_leaves_the_next_one_its_share(
    monkeypatch: pytest.MonkeyPatch, prober: Prober, deaf_port: int
) -> None:
    def two_addresses(host: str, port: None, *args: Any, **kwargs: Any) -> Any:
        return [*getaddrinfo("127.0.0.2", port, *args, **kwargs), *getaddrinfo("127.0.0.1", port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", two_addresses)

    def asked(timeout_seconds: float) -> tuple[Exchange, float]:
        target = Target(name="a", base_url=f"http://two.example:{deaf_port}", timeout_seconds=timeout_seconds)
        (exchange,) = prober.inspect(target).exchanges
        return exchange, timeout_seconds

    with socket.create_server(("127.0.0.1", deaf_port)):  # it never accepts, but the kernel connects
        exchange, timeout_seconds = with_time_enough(
            asked, came_far_enough=lambda found: found[0].phases.connect_seconds is not None
        )

    assert exchange.address == f"127.0.0.1:{deaf_port}"
    assert exchange.phases.connect_seconds is not None
    assert exchange.phases.connect_seconds >= 0.25 * timeout_seconds


def test_nobody_answering_the_attempt_to_connect_is_a_timeout(prober: Prober, deaf_port: int) -> None:
    target = Target(name="a", base_url=f"http://127.0.0.2:{deaf_port}", timeout_seconds=0.3)

    failure = prober.inspect(target).result.failure

    assert failure == Failure(kind=FailureKind.TIMEOUT, message="no answer within 0.3 s (not connected)")


def test_a_stop_cuts_an_attempt_to_connect(prober: Prober, deaf_port: int) -> None:
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    target = Target(name="a", base_url=f"http://127.0.0.2:{deaf_port}", timeout_seconds=60)
    started = time.monotonic()

    (outcome,) = prober.sweep(targets=[target], deadline_seconds=60, stop=stop)

    assert outcome == Unprobed(target="a", reason=UnprobedReason.OVERRUN)
    assert time.monotonic() - started < 10


def test_a_stop_cuts_a_look_up(prober: Prober, resolver: SilentResolver) -> None:
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    started = time.monotonic()

    (outcome,) = prober.sweep(targets=[silent("a", timeout_seconds=60)], deadline_seconds=60, stop=stop)

    assert outcome == Unprobed(target="a", reason=UnprobedReason.OVERRUN)
    assert time.monotonic() - started < 10
