"""TLS: whom a probe trusts, what it says of those whom it does not, and handshakes that never end."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from realtime.config import Config
from realtime.core.records import Failure, FailureKind, Status
from realtime.probing.pool import Prober
from tests.integration.probing.conftest import Listen, with_time_enough
from tests.integration.probing.peers import CERTIFICATES, Line, Peer, after_request, hang, healthy, http_answer


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Prober]:
    """A prober on a machine whose own list holds the tests' authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))
    prober = Prober(Config())
    yield prober
    prober.close()


def https(peer: Peer) -> str:
    return f"https://127.0.0.1:{peer.port}"


def test_a_certificate_that_the_machine_trusts_is_trusted(trusting: Prober, listen: Listen) -> None:
    peer = listen(healthy, certificate="good")

    first, second = (trusting.inspect(peer.target()) for _ in range(2))

    assert first.result.status is Status.HEALTHY
    assert first.exchanges[0].phases.tls_seconds is not None
    assert second.exchanges[0].reused_connection
    assert second.exchanges[0].phases.tls_seconds is None


@pytest.mark.parametrize(
    ("certificate", "message"),
    [
        ("self_signed", "the certificate is self-signed"),
        ("expired", "the certificate has expired"),
        ("other_host", "the certificate is for another address"),
    ],
)
def test_a_bad_certificate_is_a_tls_failure_that_says_why(
    trusting: Prober, listen: Listen, certificate: str, message: str
) -> None:
    failure = trusting.inspect(listen(healthy, certificate=certificate).target()).result.failure

    assert failure == Failure(kind=FailureKind.TLS, message=message)


def test_an_unknown_issuer_is_a_tls_failure(prober: Prober, listen: Listen) -> None:
    failure = prober.inspect(listen(healthy, certificate="good").target()).result.failure

    assert failure == Failure(kind=FailureKind.TLS, message="the certificate's issuer is not known")


def test_a_name_that_the_certificate_lacks_is_told(trusting: Prober, listen: Listen) -> None:
    peer = listen(healthy, certificate="other_host")

    failure = trusting.inspect(peer.target(base_url=f"https://localhost:{peer.port}")).result.failure

    assert failure == Failure(kind=FailureKind.TLS, message="the certificate is for another host name")


def test_plain_http_under_https_is_a_tls_failure(prober: Prober, listen: Listen) -> None:
    def answer_at_once(line: Line) -> None:
        line.send(http_answer(status="400 Bad Request"))
        line.wait_until_closed()

    peer = listen(answer_at_once)

    failure = prober.inspect(peer.target(base_url=https(peer))).result.failure

    assert failure == Failure(kind=FailureKind.TLS, message="the port does not speak TLS (plain HTTP?)")


def test_a_handshake_that_breaks_off_is_a_tls_failure(prober: Prober, listen: Listen) -> None:
    def reset(line: Line) -> None:
        line.read_some()
        line.reset()

    peer = listen(reset)

    failure = prober.inspect(peer.target(base_url=https(peer))).result.failure

    assert failure == Failure(kind=FailureKind.TLS, message="the connection broke off during the TLS handshake")


def test_a_handshake_that_stalls_is_cut_at_the_deadline(prober: Prober, listen: Listen) -> None:
    peer = listen(hang)

    failure = with_time_enough(
        lambda seconds: prober.inspect(peer.target(base_url=https(peer), timeout_seconds=seconds)).result.failure,
        came_far_enough=lambda failure: failure is not None and "not connected" not in failure.message,
    )

    assert failure is not None
    assert failure.kind is FailureKind.TIMEOUT
    assert failure.message.endswith("the TLS handshake did not end)")


def test_a_body_that_drips_under_tls_is_cut_at_the_deadline(trusting: Prober, listen: Listen) -> None:
    def drip(line: Line) -> None:
        line.read_request()
        line.send(http_answer(b"", content_length=100_000))
        line.send_for_ever(b"x", every_seconds=0.02)

    failure = trusting.inspect(listen(drip, certificate="good").target(timeout_seconds=0.5)).result.failure

    assert failure is not None
    assert failure.kind is FailureKind.TIMEOUT


def test_a_tls_connection_that_breaks_off_is_a_protocol_failure(trusting: Prober, listen: Listen) -> None:
    peer = listen(after_request(http_answer(b"half", content_length=1000)), certificate="good")

    failure = trusting.inspect(peer.target()).result.failure

    assert failure is not None
    assert failure.kind is FailureKind.PROTOCOL


@pytest.mark.parametrize("writable", [True, False])
def test_the_environment_gets_no_keys_of_a_connection_written_down(
    listen: Listen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, writable: bool
) -> None:
    log = tmp_path / "keys.log" if writable else tmp_path / "nowhere" / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    peer = listen(healthy, certificate="good")

    with closing(Prober(Config())) as prober:
        for trust in ({"ca_file": str(CERTIFICATES / "authority.pem")}, {"verify_tls": False}):
            assert prober.inspect(peer.target(**trust)).result.status is Status.HEALTHY

    assert not log.exists()
