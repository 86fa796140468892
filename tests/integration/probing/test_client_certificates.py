"""Services that serve only who shows a certificate: with it, without it, with another; and nobody borrows one."""

import ssl
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from realtime.core.records import Failure, FailureKind, Status
from realtime.outbound.tls import Trust
from realtime.probing.pool import Prober
from tests.client_certificates import make
from tests.integration.probing.conftest import Listen
from tests.integration.probing.peers import CERTIFICATES, Line, healthy, http_answer

AUTHORITY = str(CERTIFICATES / "authority.pem")
OLD_TLS = ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("newest_tls", [OLD_TLS, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("trust", [{"ca_file": AUTHORITY}, {"verify_tls": False}])
def test_a_service_is_shown_its_client_certificate(
    prober: Prober, listen: Listen, trust: dict[str, object], newest_tls: ssl.TLSVersion
) -> None:
    made = make()
    peer = listen(healthy, certificate="good", let_in=made.certificate, newest_tls=newest_tls)
    target = peer.target(client_certificate=made.pem, **trust)

    first, second = (prober.inspect(target) for _ in range(2))

    assert first.result.status is Status.HEALTHY
    assert second.exchanges[0].reused_connection


def test_a_service_that_the_machine_trusts_is_shown_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", AUTHORITY)

    context = Trust().context(True, client_certificate=make().pem)

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.get_ca_certs()


@pytest.mark.parametrize("shown", [None, make("stranger").pem])
def test_without_its_certificate_or_with_a_strange_one_a_probe_fails_for_tls(
    prober: Prober, listen: Listen, shown: str | None
) -> None:
    peer = listen(healthy, certificate="good", let_in=make().certificate, newest_tls=OLD_TLS)

    failure = prober.inspect(peer.target(ca_file=AUTHORITY, client_certificate=shown)).result.failure

    assert failure is not None
    assert failure.kind is FailureKind.TLS
    assert peer.requests == []


def test_two_services_on_one_server_share_no_connection(prober: Prober, listen: Listen) -> None:
    ann, bob = make("ann"), make("bob")
    seen: list[str] = []

    def note(line: Line) -> None:
        while line.read_request():
            seen.append(line.client())
            line.send(http_answer())

    peer = listen(note, certificate="good", let_in=ann.certificate + bob.certificate)
    targets = [
        peer.target(name=name, ca_file=AUTHORITY, client_certificate=made.pem)
        for name, made in (("ann", ann), ("bob", bob))
    ]

    for target in (*targets, *targets):
        assert prober.inspect(target).result.status is Status.HEALTHY

    assert seen == ["ann", "bob", "ann", "bob"]
    assert peer.connections == 2


def test_a_redirect_to_another_origin_is_not_shown_it(prober: Prober, listen: Listen) -> None:
    made = make()
    elsewhere = listen(healthy, certificate="good", let_in=made.certificate, newest_tls=OLD_TLS)

    def redirect(line: Line) -> None:
        while line.read_request():
            line.send(http_answer(b"", status="302 Found", headers=(f"Location: {elsewhere.url}/health",)))

    peer = listen(redirect, certificate="good", let_in=made.certificate)
    target = peer.target(ca_file=AUTHORITY, client_certificate=made.pem, follow_redirects=True)

    failure = prober.inspect(target).result.failure

    assert len(peer.requests) == 1
    assert failure is not None
    assert failure.kind is FailureKind.TLS
    assert elsewhere.requests == []


@pytest.mark.parametrize("kind", ["garbage", "no key", "another's key", "encrypted key"])
def test_a_service_whose_client_certificate_cannot_be_used_is_not_asked(
    prober: Prober, listen: Listen, kind: str
) -> None:
    made = make()
    pem = {
        "garbage": "garbage",
        "no key": made.certificate,
        "another's key": made.certificate + make().key,
        "encrypted key": made.certificate + made.encrypted_key,
    }[kind]
    peer = listen(healthy, certificate="good")

    result = prober.inspect(peer.target(ca_file=AUTHORITY, client_certificate=pem)).result

    message = "the service's client certificate cannot be used (correct client_certificate)"
    assert result.failure == Failure(kind=FailureKind.TLS, message=message)
    assert peer.connections == 0


def memory_files() -> list[str]:
    """Return what the descriptors of this process that are files in memory lead to; none where there is no /proc."""
    found = []
    for descriptor in Path("/proc/self/fd").glob("*"):
        with suppress(FileNotFoundError):  # closed meanwhile, by another thread or by our own listing
            found.append(str(descriptor.readlink()))
    return [name for name in found if name.startswith("/memfd:")]


def test_no_file_holds_its_private_key_however_the_process_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left: list[int] = []
    load = ssl.SSLContext.load_cert_chain

    def noting(self: ssl.SSLContext, certfile: str, **options: str) -> None:
        if sys.platform == "linux":  # nothing but an open descriptor of this process
            assert list(tmp_path.iterdir()) == []
            assert Path(certfile).parent == Path("/proc/self/fd")
            assert Path(certfile).stat().st_nlink == 0
        else:
            assert Path(certfile).stat().st_mode & 0o777 == 0o600
        left.append(len(memory_files()))
        load(self, certfile, **options)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", noting)

    for _ in range(2):
        Trust().context(False, client_certificate=make().pem)

    assert left[0] == left[1], "a descriptor stays open"
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_does_not_matter_without_tls(prober: Prober, listen: Listen) -> None:
    assert prober.inspect(listen(healthy).target(client_certificate="garbage")).result.status is Status.HEALTHY


def test_a_target_does_not_show_it(listen: Listen) -> None:
    made = make()

    assert made.secret not in repr(listen(healthy).target(client_certificate=made.pem))
