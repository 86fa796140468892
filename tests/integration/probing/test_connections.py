"""Targets that are a connection alone: `tcp://` and `tls://`."""

import socket
from pathlib import Path

import pytest

from realtime.config import Config
from realtime.core.records import Evidence, Failure, FailureKind, Status
from realtime.probing.pool import Prober
from tests.integration.probing.conftest import Listen
from tests.integration.probing.peers import CERTIFICATES, hang, healthy
from tests.unit.core.making import target

AUTHORITY: Path = CERTIFICATES / "authority.pem"


def test_a_connection_that_is_established_is_healthy_and_says_what_that_rests_on(
    prober: Prober, listen: Listen
) -> None:
    peer = listen(hang)

    found = prober.inspect(target(base_url=f"tcp://127.0.0.1:{peer.port}"))

    assert (found.result.status, found.result.evidence) == (Status.HEALTHY, Evidence.CONNECTION)
    assert found.result.response_time_seconds is not None
    assert found.exchanges[0].http_status is None


def test_a_port_that_nobody_listens_on_is_a_failure_to_connect(prober: Prober) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    found = prober.inspect(target(base_url=f"tcp://127.0.0.1:{port}"))

    assert found.result.status is Status.ERROR
    assert found.result.failure == Failure(kind=FailureKind.CONNECT, message="connection refused")
    assert found.result.evidence is None


def test_tls_makes_the_handshake_and_checks_the_certificate(prober: Prober, listen: Listen) -> None:
    peer = listen(healthy, certificate="good")
    address = f"tls://127.0.0.1:{peer.port}"

    trusted = prober.inspect(target(base_url=address, ca_file=str(AUTHORITY)))
    unknown = prober.inspect(target(base_url=address))

    assert trusted.result.certificate is not None
    assert trusted.result.certificate.not_before < trusted.result.certificate.not_after
    assert (trusted.result.status, trusted.result.evidence) == (Status.HEALTHY, Evidence.CONNECTION)
    assert unknown.result.failure == Failure(kind=FailureKind.TLS, message="the certificate's issuer is not known")


def test_a_server_that_never_shakes_hands_is_a_timeout(prober: Prober, listen: Listen) -> None:
    peer = listen(hang)

    found = prober.inspect(target(base_url=f"tls://127.0.0.1:{peer.port}", timeout_seconds=0.3))

    assert found.result.failure is not None
    assert found.result.failure.kind is FailureKind.TIMEOUT


@pytest.mark.parametrize("scheme", ["tcp", "tls"])
def test_the_address_policy_holds(scheme: str) -> None:
    prober = Prober(Config())
    try:
        found = prober.inspect(target(base_url=f"{scheme}://169.254.169.254:80"))
    finally:
        prober.close()

    assert found.result.failure is not None
    assert found.result.failure.kind is FailureKind.BLOCKED


def test_a_sweep_takes_such_targets_beside_others(prober: Prober, listen: Listen) -> None:
    peer = listen(healthy)
    both = [
        peer.target(),
        target("database", base_url=f"tcp://127.0.0.1:{peer.port}"),
    ]

    first, second = prober.sweep(targets=both, deadline_seconds=3.0)

    assert getattr(first, "status", None) is Status.HEALTHY
    assert getattr(second, "status", None) is Status.HEALTHY


def test_the_certificate_is_known_on_a_kept_connection_and_without_verification_too(
    prober: Prober, listen: Listen
) -> None:
    peer = listen(healthy, certificate="good")

    first, second = (prober.inspect(peer.target(verify_tls=False)) for _ in range(2))

    assert second.exchanges[0].reused_connection
    assert first.result.certificate is not None
    assert first.result.certificate == second.result.certificate
