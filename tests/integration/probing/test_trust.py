"""Whom a probe trusts when its service says so itself: a CA file of its own, or nobody verified at all."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from realtime.config import Config
from realtime.core.records import Failure, FailureKind, Status
from realtime.outbound.tls import MAX_CA_FILE_BYTES
from realtime.probing.pool import Prober
from tests.integration.probing.conftest import Listen
from tests.integration.probing.peers import CERTIFICATES, Line, healthy, http_answer

AUTHORITY = str(CERTIFICATES / "authority.pem")
SELF_SIGNED = str(CERTIFICATES / "self_signed.pem")


def test_a_service_is_trusted_by_its_own_ca_file(prober: Prober, listen: Listen) -> None:
    peer = listen(healthy, certificate="good")

    first, second = (prober.inspect(peer.target(ca_file=AUTHORITY)) for _ in range(2))

    assert first.result.status is Status.HEALTHY
    assert second.exchanges[0].reused_connection


def test_a_self_signed_certificate_can_be_its_own_ca_file(prober: Prober, listen: Listen) -> None:
    peer = listen(healthy, certificate="self_signed")

    assert prober.inspect(peer.target(ca_file=SELF_SIGNED)).result.status is Status.HEALTHY


@pytest.mark.parametrize(
    ("certificate", "message"),
    [
        ("expired", "the certificate has expired"),
        ("other_host", "the certificate is for another address"),
    ],
)
def test_a_ca_file_excuses_nothing_but_the_issuer(
    prober: Prober, listen: Listen, certificate: str, message: str
) -> None:
    peer = listen(healthy, certificate=certificate)

    failure = prober.inspect(peer.target(ca_file=AUTHORITY)).result.failure

    assert failure == Failure(kind=FailureKind.TLS, message=message)


def test_with_a_ca_file_nothing_else_is_trusted(monkeypatch: pytest.MonkeyPatch, listen: Listen) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", AUTHORITY)
    prober = Prober(Config())
    peer = listen(healthy, certificate="good")

    by_machine = prober.inspect(peer.target()).result
    by_file = prober.inspect(peer.target(ca_file=SELF_SIGNED)).result

    prober.close()
    assert by_machine.status is Status.HEALTHY
    assert by_file.failure == Failure(kind=FailureKind.TLS, message="the certificate's issuer is not known")


@pytest.mark.parametrize("certificate", ["self_signed", "expired", "other_host", "good"])
def test_without_verification_any_certificate_will_do_and_no_log_tells_the_host(
    prober: Prober, listen: Listen, certificate: str, caplog: pytest.LogCaptureFixture
) -> None:
    peer = listen(healthy, certificate=certificate)

    inspection = prober.inspect(peer.target(verify_tls=False))

    assert inspection.result.status is Status.HEALTHY
    assert caplog.text == ""


def test_a_connection_is_never_shared_by_targets_with_different_trust(prober: Prober, listen: Listen) -> None:
    peer = listen(healthy, certificate="self_signed")
    careless, careful, own = peer.target(verify_tls=False), peer.target(), peer.target(ca_file=SELF_SIGNED)

    first = prober.inspect(careless)
    second = prober.inspect(careful)
    third = prober.inspect(own)
    again = [prober.inspect(target).exchanges[0].reused_connection for target in (careless, own)]

    assert first.result.status is third.result.status is Status.HEALTHY
    assert second.result.failure == Failure(kind=FailureKind.TLS, message="the certificate is self-signed")
    assert not third.exchanges[0].reused_connection
    assert again == [True, True]
    assert peer.connections == 3


UNUSABLE: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(b"\xff\x00 not a certificate"),
    "broken": lambda path: path.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    "a key": lambda path: path.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
    "folder": lambda path: path.mkdir(),
    "pipe": os.mkfifo,
    "endless device": lambda path: path.symlink_to("/dev/zero"),
    "too large": lambda path: path.write_bytes(b"#" * (MAX_CA_FILE_BYTES + 1)),
}


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "cannot be read on the machine that probes"),
        ("empty", "holds no certificate in PEM form"),
        ("garbage", "holds no certificate in PEM form"),
        ("broken", "holds no certificate in PEM form"),
        ("a key", "holds no certificate in PEM form"),
        ("folder", "is no file"),
        ("pipe", "is no file"),
        ("endless device", "is no file"),
        ("too large", "is larger than 1024 KiB"),
    ],
)
def test_a_service_whose_ca_file_cannot_be_used_is_not_asked(
    prober: Prober, listen: Listen, tmp_path: Path, kind: str, message: str
) -> None:
    peer, path = listen(healthy, certificate="good"), tmp_path / "our-secret-place.pem"
    UNUSABLE[kind](path)

    inspection = prober.inspect(peer.target(ca_file=str(path)))

    assert inspection.result.failure == Failure(
        kind=FailureKind.TLS, message=f"the service's CA file {message} (correct ca_file)"
    )
    assert peer.connections == 0


def test_a_ca_file_that_is_put_right_is_read_again(prober: Prober, listen: Listen, tmp_path: Path) -> None:
    peer = listen(healthy, certificate="good")
    path = tmp_path / "ca.pem"
    path.write_bytes(Path(SELF_SIGNED).read_bytes())
    target = peer.target(ca_file=str(path))

    before = prober.inspect(target).result.status
    path.write_bytes(b"# \xdcnser CA\n" + Path(AUTHORITY).read_bytes())
    after = prober.inspect(target).result.status

    assert (before, after) == (Status.ERROR, Status.HEALTHY)


def test_a_ca_file_does_not_matter_without_tls(prober: Prober, listen: Listen) -> None:
    assert prober.inspect(listen(healthy).target(ca_file="/no/such/file")).result.status is Status.HEALTHY


def test_a_redirect_to_https_is_verified_as_the_service_says(prober: Prober, listen: Listen) -> None:
    secure = listen(healthy, certificate="good")

    def redirect(line: Line) -> None:
        while line.read_request():
            line.send(http_answer(b"", status="302 Found", headers=(f"Location: {secure.url}/health",)))

    peer = listen(redirect)

    strange = prober.inspect(peer.target(follow_redirects=True)).result
    trusted = prober.inspect(peer.target(follow_redirects=True, ca_file=AUTHORITY)).result

    assert strange.failure == Failure(kind=FailureKind.TLS, message="the certificate's issuer is not known")
    assert trusted.status is Status.HEALTHY
