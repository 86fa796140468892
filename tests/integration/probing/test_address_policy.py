"""The address policy at work: on the address that is really connected to, whatever name or redirect leads there."""

import socket
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from realtime.config import Config
from realtime.core.records import Failure, FailureKind, Inspection, Status, Target
from realtime.probing.pool import Prober
from tests.integration.probing.conftest import Listen
from tests.integration.probing.peers import Line, Peer, healthy, http_answer
from tests.unit.core.test_addresses import NEVER_PROBED

getaddrinfo = socket.getaddrinfo


class Names:
    """A resolver that knows addresses, and names under `.example`: each look-up gives the next of a name's answers."""

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str]]] = {}

    def __call__(self, host: str, port: int | None, *args: Any, **kwargs: Any) -> Any:
        if not host.endswith(".example"):
            return getaddrinfo(host, port, *args, **{**kwargs, "flags": socket.AI_NUMERICHOST})
        answers = self.answers[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [found for address in addresses for found in getaddrinfo(address, port, *args, **kwargs)]


class Dialled:
    """What sockets were asked to connect to; only loopback is really connected to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hosts: list[str] = []
        connect = socket.socket.connect

        def watched(sock: socket.socket, place: Any) -> None:
            self.hosts.append(place[0])
            if not place[0].startswith(("127.", "::1")):
                raise ConnectionRefusedError(111, "refused by the test")
            connect(sock, place)

        monkeypatch.setattr(socket.socket, "connect", watched)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names)
    return names


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> Dialled:
    return Dialled(monkeypatch)


@pytest.fixture
def prober_with() -> Iterator[Any]:
    """Make probers with an operator's lists."""
    probers: list[Prober] = []

    def make(*, allow: str = "", deny: str = "") -> Prober:
        lists = {
            key: tuple(ip_network(network) for network in text.split())
            for key, text in {"probe_allow": allow, "probe_deny": deny}.items()
        }
        probers.append(Prober(Config(**lists)))  # type: ignore[arg-type]
        return probers[-1]

    yield make
    for prober in probers:
        prober.close()


@pytest.fixture(scope="module")
def prober() -> Iterator[Prober]:
    """One for all tests here: making it reads the machine's list of authorities, and no connection is shared."""
    prober = Prober(Config())
    yield prober
    prober.close()


def blocked(inspection: Inspection) -> str:
    failure = inspection.result.failure
    assert failure is not None
    assert failure.kind is FailureKind.BLOCKED
    assert inspection.exchanges[0].address is None
    return failure.message


def url_of(address: str, port: int = 80) -> str:
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"


@pytest.mark.parametrize(("address", "kind"), [(address, kind) for address, kind in NEVER_PROBED if "%" not in address])
def test_no_socket_ever_connects_to_an_address_that_is_never_probed(
    prober: Prober, dialled: Dialled, address: str, kind: str
) -> None:
    message = blocked(prober.inspect(Target(name="a", base_url=url_of(address))))

    assert message == f"the host is {kind}, which is never probed (register the service's own address)"
    assert dialled.hosts == []


@pytest.mark.parametrize(
    "host",
    ["2852039166", "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE", "0251.0376.0251.0376", "169.254.43518", "169.16689662"],
)
def test_an_unusual_form_of_an_address_is_judged_by_what_is_connected_to(
    prober: Prober, dialled: Dialled, host: str
) -> None:
    assert "a cloud metadata address" in blocked(prober.inspect(Target(name="a", base_url=f"http://{host}")))
    assert dialled.hosts == []


@pytest.mark.parametrize(("address", "kind"), [(address, kind) for address, kind in NEVER_PROBED if "%" not in address])
def test_a_name_that_leads_to_an_address_never_probed_is_blocked(
    prober: Prober, names: Names, dialled: Dialled, address: str, kind: str
) -> None:
    names.answers["inside.example"] = [[address]]

    message = blocked(prober.inspect(Target(name="a", base_url="http://inside.example:8001")))

    assert kind in message
    assert "inside" not in message
    assert dialled.hosts == []


def test_a_name_that_is_rebound_after_its_first_answer_is_blocked_then(
    prober: Prober, names: Names, dialled: Dialled, listen: Listen
) -> None:
    def answer_once(line: Line) -> None:
        line.read_request()
        line.send(http_answer(headers=("Connection: close",)))

    peer = listen(answer_once)
    names.answers["rebound.example"] = [["127.0.0.1"], ["169.254.169.254"]]
    target = peer.target(base_url=f"http://rebound.example:{peer.port}")

    first, second = prober.inspect(target), prober.inspect(target)

    assert first.result.status is Status.HEALTHY
    assert "a cloud metadata address" in blocked(second)
    assert dialled.hosts == ["127.0.0.1"]


def test_each_connection_is_made_to_the_address_that_was_judged(
    prober: Prober, names: Names, dialled: Dialled, listen: Listen
) -> None:
    # Were the name looked up once to be judged and once more to connect, the second answer would be used.
    peer = listen(healthy)
    names.answers["flips.example"] = [["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1"], ["169.254.169.254"]]

    inspection = prober.inspect(peer.target(base_url=f"http://flips.example:{peer.port}"))

    assert inspection.result.status is Status.HEALTHY
    assert len(names.answers["flips.example"]) == 3
    assert dialled.hosts == ["127.0.0.1"]


@pytest.mark.parametrize("addresses", [["169.254.169.254", "127.0.0.1"], ["127.0.0.1", "169.254.169.254"]])
def test_a_forbidden_address_among_several_is_passed_over(
    prober: Prober, names: Names, dialled: Dialled, listen: Listen, addresses: list[str]
) -> None:
    peer = listen(healthy)
    names.answers["mixed.example"] = [addresses]

    inspection = prober.inspect(peer.target(base_url=f"http://mixed.example:{peer.port}"))

    assert inspection.result.status is Status.HEALTHY
    assert dialled.hosts == ["127.0.0.1"]


def test_a_forbidden_address_is_not_tried_when_the_allowed_one_refuses(
    prober: Prober, names: Names, dialled: Dialled
) -> None:
    names.answers["mixed.example"] = [["10.11.12.13", "169.254.169.254", "fe80::1"]]

    failure = prober.inspect(Target(name="a", base_url="http://mixed.example")).result.failure

    assert failure == Failure(kind=FailureKind.CONNECT, message="connection refused")
    assert dialled.hosts == ["10.11.12.13"]


def redirect_to(location: str, listen: Listen) -> Peer:
    def handler(line: Line) -> None:
        line.read_request()
        line.send(http_answer(b"", status="302 Found", headers=(f"Location: {location}",)))

    return listen(handler)


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "//169.254.169.254/latest/meta-data/",
        "https://169.254.169.254/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://0251.0376.0251.0376/",
        "http://127.0.0.1@169.254.169.254/",
        "http://user:password@169.254.169.254:80/",
        "http://metadata.example/",
        "http://0/",
        "http://0.0.0.0/",
    ],
)
def test_a_redirect_to_what_is_never_probed_is_blocked(
    prober: Prober, names: Names, dialled: Dialled, listen: Listen, location: str
) -> None:
    names.answers["metadata.example"] = [["169.254.169.254"]]
    peer = redirect_to(location, listen)

    failure = prober.inspect(peer.target(follow_redirects=True)).result.failure

    assert failure is not None
    assert failure.kind is FailureKind.BLOCKED
    assert dialled.hosts == ["127.0.0.1"]


@pytest.mark.parametrize("host", ["１６９.254.169.254", "169。254。169。254", "169.254.169.254."])
def test_a_redirect_in_other_digits_or_dots_reaches_nothing(
    prober: Prober, names: Names, dialled: Dialled, listen: Listen, host: str
) -> None:
    # A header is Latin-1 to the standard library; this is how UTF-8 arrives in it.
    peer = redirect_to(f"http://{host}/".encode().decode("latin-1"), listen)

    failure = prober.inspect(peer.target(follow_redirects=True)).result.failure

    assert failure is not None
    assert failure.kind in (FailureKind.BLOCKED, FailureKind.REDIRECT, FailureKind.DNS)
    assert dialled.hosts == ["127.0.0.1"]


def test_a_denied_network_is_blocked_and_the_message_names_the_setting(prober_with: Any, listen: Listen) -> None:
    peer = listen(healthy)

    message = blocked(prober_with(deny="127.0.0.0/8").inspect(peer.target()))

    assert message == "REALTIME_PROBE_DENY refuses the host's address (change that setting or the service's URL)"
    assert peer.connections == 0


def test_what_is_outside_the_allowed_networks_is_blocked(prober_with: Any, listen: Listen) -> None:
    peer = listen(healthy)

    message = blocked(prober_with(allow="10.0.0.0/8 fd00::/8").inspect(peer.target()))

    assert "REALTIME_PROBE_ALLOW" in message
    assert "10." not in message
    assert peer.connections == 0


def test_an_allowed_network_is_probed_and_a_part_of_it_can_be_denied(prober_with: Any, listen: Listen) -> None:
    peer = listen(healthy)
    prober = prober_with(allow="127.0.0.0/8", deny="127.0.0.2/32")

    allowed = prober.inspect(peer.target())
    denied = prober.inspect(peer.target(base_url=f"http://127.0.0.2:{peer.port}"))

    assert allowed.result.status is Status.HEALTHY
    assert "REALTIME_PROBE_DENY" in blocked(denied)


def test_a_mapped_loopback_address_is_judged_as_loopback(prober_with: Any, dialled: Dialled) -> None:
    target = Target(name="a", base_url="http://[::ffff:127.0.0.1]:9", timeout_seconds=2)

    assert "REALTIME_PROBE_DENY" in blocked(prober_with(deny="127.0.0.0/8").inspect(target))
    assert dialled.hosts == []


def test_a_blocked_target_in_a_sweep_leaves_the_others_alone(prober: Prober, listen: Listen) -> None:
    peer = listen(healthy)

    first, second = prober.sweep(
        targets=[Target(name="m", base_url="http://169.254.169.254/"), peer.target()], deadline_seconds=30
    )

    assert [getattr(outcome, "status", None) for outcome in (first, second)] == [Status.ERROR, Status.HEALTHY]
