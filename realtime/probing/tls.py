"""TLS as probes use it: whom they trust, and what a failed handshake means in words a person can act on."""

import ssl

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context

from realtime.core.records import FailureKind
from realtime.probing.failures import ProbeFailed

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

    Both, because images without `ca-certificates` have only the latter. Made once: reading the list costs about
    20 ms, and requests would do it for each connection.
    """
    context = create_urllib3_context()
    context.load_default_certs()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context


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
