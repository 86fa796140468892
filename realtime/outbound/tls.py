"""TLS as probes use it: trusted authorities, client certificates, and what a failed handshake means for an operator."""

import os
import ssl
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography import x509
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from realtime.core.records import Certificate, FailureKind
from realtime.outbound.failures import ProbeFailed

MAX_CA_FILE_BYTES = 1024 * 1024
# More than a registry has; what was changed in it leaves its context behind.
MAX_KEPT_CONTEXTS = 10_000

# Of a file: inode, time of the last change in nanoseconds, size.
_Stamp = tuple[int, int, int]

# X509_V_ERR_* of OpenSSL's x509_vfy.h; its own texts name the host, which must not reach the public answer.
_CERTIFICATE = {
    9: "the certificate is not valid yet",
    10: "the certificate has expired",
    18: "the certificate is self-signed",
    19: "the certificate chain ends in a self-signed certificate that is not trusted",
    20: "the certificate's issuer is not known",
    21: "the certificate's issuer is not known",
    62: "the certificate is for another host name",
    64: "the certificate is for another address",
}
_NO_TLS = "the port does not speak TLS (plain HTTP?)"
# `reason` of OpenSSL's ssl errors.
_HANDSHAKE = {
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "HTTP_REQUEST": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "PACKET_LENGTH_TOO_LONG": _NO_TLS,
    "UNSUPPORTED_PROTOCOL": "no TLS version in common",
    "TLSV1_ALERT_PROTOCOL_VERSION": "no TLS version in common",
    "TLSV1_UNRECOGNIZED_NAME": "the server does not know the host name",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the server refused the TLS handshake",
}


def trusting_context() -> ssl.SSLContext:
    """Return a context that trusts what this machine trusts (a company's own CA) and Mozilla's list.

    Both, because images without `ca-certificates` have only the latter. Reading the list costs about 20 ms.
    """
    context = _empty_context()
    context.load_default_certs()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context


def _empty_context() -> ssl.SSLContext:
    """Return a context that trusts nobody yet, like urllib3's, but without settings from the environment.

    Where `SSLKEYLOGFILE` is set, urllib3 has each connection write down what decrypts it, secrets of services included.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificates and names
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
    context.hostname_checks_common_name = False
    context.post_handshake_auth = True  # a server may want a client certificate for some paths alone
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    return context


class Trust:
    """The TLS contexts of a process: the machine's, one that verifies nothing, and those of CA files and certificates.

    `verify` is what requests calls so: True, False, or the path of a CA file. Connections are kept per context, so
    that a target never gets a connection that was made under another's trust, or in another's name.
    """

    def __init__(self) -> None:
        self._machine = trusting_context()
        self._unverified = _unverifying_context()
        self._lock = threading.Lock()
        # By CA file (or how to verify without one) and hash of the client certificate.
        self._made: dict[tuple[bool | str, bytes], tuple[_Stamp | None, ssl.SSLContext]] = {}

    def context(self, verify: bool | str, *, client_certificate: str | None = None) -> ssl.SSLContext:
        """Return the context for this way to verify and this certificate; a CA file that has changed is read again.

        Raises:
            ProbeFailed: the CA file cannot be read here, or holds no certificate; or the client certificate is unfit.
        """
        if isinstance(verify, bool) and client_certificate is None:
            return self._machine if verify else self._unverified
        stamp = _stamp(Path(verify)) if isinstance(verify, str) else None
        key = (verify, b"" if client_certificate is None else sha256(client_certificate.encode()).digest())
        with self._lock:
            known = self._made.get(key)
            if known is None or known[0] != stamp:
                context = _new_context(verify)
                if client_certificate is not None:
                    _show(client_certificate, context=context)
                known = self._made[key] = (stamp, context)
                if len(self._made) > MAX_KEPT_CONTEXTS:
                    del self._made[next(iter(self._made))]
            return known[1]


def _new_context(verify: bool | str) -> ssl.SSLContext:
    if isinstance(verify, str):
        return _context_of_file(Path(verify))
    return trusting_context() if verify else _unverifying_context()


def _unverifying_context() -> ssl.SSLContext:
    context = _empty_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _show(client_certificate: str, *, context: ssl.SSLContext) -> None:
    """Have the context show this certificate, which OpenSSL takes from a file only."""
    with _as_file(client_certificate.encode()) as path:
        try:
            # Without a password OpenSSL would ask for one at the terminal where the key is encrypted.
            context.load_cert_chain(path, password="")
        except (ssl.SSLError, ValueError):
            message = "the service's client certificate cannot be used (correct client_certificate)"
            raise ProbeFailed(kind=FailureKind.TLS, message=message) from None


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """Yield the path of a file for this process alone, of which nothing is left, however the process ends.

    On Linux it never is on a disk. Elsewhere `kill -9` within this millisecond would leave it, of mode 0600.
    """
    if sys.platform == "linux":
        with open(os.memfd_create("certificate"), "wb") as file:  # noqa: PTH123  # a descriptor has no Path
            file.write(content)
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
    else:
        with NamedTemporaryFile(prefix="realtime-", suffix=".pem") as file:
            file.write(content)
            file.flush()
            yield file.name


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except (OSError, ValueError):
        raise _unusable("cannot be read on the machine that probes") from None
    # A device or a pipe could be read for ever.
    if not stat.S_ISREG(found.st_mode):
        raise _unusable("is no file")
    if found.st_size > MAX_CA_FILE_BYTES:
        raise _unusable(f"is larger than {MAX_CA_FILE_BYTES // 1024} KiB")
    return found.st_ino, found.st_mtime_ns, found.st_size


def _context_of_file(path: Path) -> ssl.SSLContext:
    context = _empty_context()
    # The file may hold the authority that signed the certificate, without the one that signed that authority.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        with path.open("rb") as file:
            pem = file.read(MAX_CA_FILE_BYTES)
        # What stands around the certificates, such as their owners' names, may be in any encoding.
        context.load_verify_locations(cadata=pem.decode("ascii", errors="ignore"))
    except (ssl.SSLError, ValueError):
        raise _unusable("holds no certificate in PEM form") from None
    except OSError:
        raise _unusable("cannot be read on the machine that probes") from None
    return context


def _unusable(what: str) -> ProbeFailed:
    return ProbeFailed(kind=FailureKind.TLS, message=f"the service's CA file {what} (correct ca_file)")


def certificate_of(sock: ssl.SSLSocket) -> Certificate | None:
    """Return how long the certificate is valid that the other side of a TLS connection has presented."""
    der = sock.getpeercert(binary_form=True)
    if der is None:
        return None
    try:
        presented = x509.load_der_x509_certificate(der)
    except ValueError:  # OpenSSL is more lenient; the connection stands all the same
        return None
    return Certificate(not_before=presented.not_valid_before_utc, not_after=presented.not_valid_after_utc)


def handshake_failure(error: OSError) -> ProbeFailed:
    """Return what an exception during a handshake says of the target."""
    if isinstance(error, ssl.SSLCertVerificationError):
        message = _CERTIFICATE.get(error.verify_code, f"the certificate is not valid (code {error.verify_code})")
    elif isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        reason = error.reason or "unknown reason"
        message = _HANDSHAKE.get(reason, f"the TLS handshake failed ({reason.lower().replace('_', ' ')})")
    else:
        message = "the connection broke off during the TLS handshake"
    return ProbeFailed(kind=FailureKind.TLS, message=message)
