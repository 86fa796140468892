"""What can go wrong on the network, as values: the one table from exceptions of the libraries to failure kinds."""

import http.client
import ssl

import requests
import urllib3.exceptions as urllib3_errors

from realtime.core.records import Failure, FailureKind

# What these carry as an argument is what really happened.
_WRAPPERS = (
    requests.RequestException,
    urllib3_errors.MaxRetryError,
    urllib3_errors.ProtocolError,
    urllib3_errors.SSLError,
)

# First match counts, so a class stands before its bases. Messages reach the public answer: no host names in them.
_TABLE: tuple[tuple[type[Exception] | tuple[type[Exception], ...], FailureKind, str], ...] = (
    (http.client.RemoteDisconnected, FailureKind.PROTOCOL, "the connection was closed before an answer came"),
    (http.client.LineTooLong, FailureKind.PROTOCOL, "the head of the answer has a line that is too long"),
    (http.client.BadStatusLine, FailureKind.PROTOCOL, "the answer is not HTTP/1: its first line is no status line"),
    (http.client.UnknownProtocol, FailureKind.PROTOCOL, "the answer is in an unknown version of HTTP"),
    (urllib3_errors.HeaderParsingError, FailureKind.PROTOCOL, "the head of the answer has a line that is no header"),
    (urllib3_errors.InvalidHeader, FailureKind.PROTOCOL, "the answer contradicts itself about its length"),
    (urllib3_errors.InvalidChunkLength, FailureKind.PROTOCOL, "the body has a broken chunk"),
    (http.client.IncompleteRead, FailureKind.PROTOCOL, "the answer broke off before its end"),
    (urllib3_errors.DecodeError, FailureKind.PROTOCOL, "the body is not compressed as its head says"),
    (http.client.HTTPException, FailureKind.PROTOCOL, "the head of the answer is not HTTP, or has over 100 headers"),
    ((ssl.SSLEOFError, ssl.SSLZeroReturnError), FailureKind.PROTOCOL, "the connection broke off"),
    (ssl.SSLError, FailureKind.TLS, "TLS failed after the handshake; a client certificate may be wanted"),
    (ConnectionError, FailureKind.PROTOCOL, "the connection broke off"),
    ((TimeoutError, urllib3_errors.TimeoutError), FailureKind.TIMEOUT, "no answer in time"),
    (urllib3_errors.ProtocolError, FailureKind.PROTOCOL, "the answer broke off, or is not valid HTTP"),
)


class ProbeFailed(Exception):
    """The target, or the network on the way to it, is at fault; `kind` and `message` are fit for a `Failure`."""

    def __init__(self, *, kind: FailureKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message

    def failure(self, *, http_status: int | None = None) -> Failure:
        """Return this as data, with the HTTP status where one had come already."""
        return Failure(kind=self.kind, message=self.message, http_status=http_status)


class Interrupted(Exception):
    """The probe was cut before its time, by a stop or by the end of its sweep: it says nothing about the target."""


def translated(error: Exception) -> ProbeFailed | None:
    """Return what an exception of the HTTP libraries says of the target, None when it says nothing about it."""
    for classes, kind, message in _TABLE:
        if isinstance(error, classes):
            return ProbeFailed(kind=kind, message=message)
    return None


def root_cause(error: Exception) -> Exception:
    """Return the exception inside the wrappers of requests and urllib3, whose texts hold whole URLs."""
    while isinstance(error, _WRAPPERS):
        arguments = (error.reason,) if isinstance(error, urllib3_errors.MaxRetryError) else error.args
        inner = next((argument for argument in arguments if isinstance(argument, Exception)), None)
        if inner is None:
            return error
        error = inner
    return error
