"""Asks a target for one path and returns the exchange, whatever came of it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import lru_cache, partial

import requests

from realtime.core import answers
from realtime.core.exposition import Exposition, LineFilter
from realtime.core.metric_selectors import Selector
from realtime.core.origins import are_one_origin
from realtime.core.records import Exchange, FailureKind, Target
from realtime.outbound.coding import OFFERED, decoded
from realtime.outbound.connection import PoolingAdapter
from realtime.outbound.failures import Interrupted, ProbeFailed, root_cause, translated
from realtime.outbound.redirects import is_redirect, next_url, without_query
from realtime.outbound.wire import CURRENT, HEAD_LIMIT_BYTES, Meter, Wire

USER_AGENT = "realtime-metrics/0.1.0"

# Spring and ASP.NET choose the form of their health answer by `Accept`; many others answer with plain text.
_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "application/json, application/health+json, text/plain;q=0.9, */*;q=0.5",
    "Accept-Encoding": OFFERED,
}
# The classic form first: in both, a sample is a line, and OpenMetrics adds an exemplar to it that no reading needs.
_EXPORTER_ACCEPT = (
    "text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.8, application/json;q=0.3, */*;q=0.1"
)

# Requests kept ready, which saves about a tenth of the cost of a probe.
_PREPARED_REQUESTS = 20_000
# A chunk costs five bytes or more on the wire, and time: a body at its limit must come in chunks of six at least.
_FRAMING_FACTOR = 2
# http.client joins the chunks of a piece with 80 bytes of memory for each, which a body of one-byte chunks makes 80
# times its size.
_PIECE_BYTES = 16 * 1024


class UnusableTarget(Exception):
    """A target's URL or headers cannot be sent. The message names no value: headers are secret."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Body:
    """A body within its limit; `beginning` is all of it where there is no exposition."""

    beginning: bytes
    size_bytes: int
    exposition: Exposition | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """What one request brought: a whole answer within the limits."""

    http_status: int
    headers: Mapping[str, str]
    body: _Body
    meter: Meter
    ended_at: float


class _BodyFailed(Exception):
    """The head came, the body did not, or too much of it."""

    def __init__(self, *, cause: ProbeFailed, http_status: int) -> None:
        super().__init__(cause.message)
        self.cause = cause
        self.http_status = http_status


class Fetcher:
    """The process-wide session: connections are kept, cookies and the environment's proxies are not."""

    def __init__(self, *, adapter: PoolingAdapter, body_limit_bytes: int, exporter_body_limit_bytes: int) -> None:
        self._body_limit_bytes = body_limit_bytes
        self._exporter_body_limit_bytes = exporter_body_limit_bytes
        self._adapter = adapter
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.headers.update(_HEADERS)
        self._prepared = lru_cache(maxsize=_PREPARED_REQUESTS)(self._prepare)

    def close(self) -> None:
        """Close the connections that are kept."""
        self._adapter.close()

    def fetch(self, *, target: Target, path: str, wire: Wire, selectors: Sequence[Selector] = ()) -> Exchange:
        """Ask a target for a path and return what came of it; a failure is part of the exchange.

        selectors: metrics that are wanted of the answer, which may then be as long as that of an exporter.

        Raises:
            Interrupted: the wire was cut before its time.
            UnusableTarget: the target's URL or headers cannot be sent.
        """
        asked = [f"{target.base_url.rstrip('/')}/{path.lstrip('/')}"]
        token = CURRENT.set(wire)
        spent_seconds = 0.0
        try:
            while True:
                answer = self._ask(target, asked, wire=wire, selectors=selectors)
                spent_seconds += answer.ended_at - answer.meter.started_at
                if not (target.follow_redirects and is_redirect(answer.http_status)):
                    return _exchange(path=path, asked=asked, answer=answer, wire=wire, elapsed_seconds=spent_seconds)
                asked.append(self._next_url(asked, location=answer.headers.get("Location")))
        except ProbeFailed as error:
            return _failed_exchange(path=path, asked=asked, wire=wire, error=error)
        except _BodyFailed as error:
            return _failed_exchange(path=path, asked=asked, wire=wire, error=error.cause, http_status=error.http_status)
        finally:
            CURRENT.reset(token)

    def connect(self, *, target: Target, wire: Wire) -> Exchange:
        """Establish a connection to a `tcp://` or `tls://` target and return what came of it.

        Raises:
            Interrupted: the wire was cut before its time.
        """
        token = CURRENT.set(wire)
        meter = wire.begin(on_new_connection=True, received_limit_bytes=HEAD_LIMIT_BYTES)
        hops = (target.base_url,)
        try:
            self._adapter.connect_once(target.base_url, verify=_verify(target), cert=target.client_certificate)
        except Interrupted:
            raise
        except Exception as error:
            failed = _explained(error, wire)
            if failed is None:
                raise
            if isinstance(failed, Interrupted):
                raise failed from error
            return _failed_exchange(path="", asked=list(hops), wire=wire, error=failed)
        finally:
            wire.release()
            CURRENT.reset(token)
        ended_at = time.monotonic()
        return Exchange(
            path="",
            hops=hops,
            address=meter.address,
            phases=meter.phases(),
            elapsed_seconds=ended_at - meter.started_at,
            contact=wire.contact,
            place=wire.place,
            certificate=meter.certificate,
        )

    def _ask(self, target: Target, asked: list[str], *, wire: Wire, selectors: Sequence[Selector]) -> _Answer:
        # No request to where a redirect leads is kept ready, and no connection to another origin: a service that leads
        # somewhere else each time would fill the memory, use up the descriptors, and drive out the connections of
        # others. Within the origin it is the service's own connection.
        prepare = self._prepared if len(asked) == 1 else self._prepare
        is_home = len(asked) == 1 or are_one_origin(*asked)
        # Nor does what is configured for the target come back, once another origin was asked.
        headers, cert = (target.headers, target.client_certificate) if is_home else ((), None)
        if selectors:
            headers = (("Accept", _EXPORTER_ACCEPT), *headers)
        with nullcontext(self._adapter) if is_home else closing(self._adapter.for_one_answer()) as adapter:
            send = partial(adapter.send, prepare(asked[-1], headers), verify=_verify(target), cert=cert)
            return self._send_again_if_idle(send, wire=wire, selectors=selectors)

    def _send_again_if_idle(
        self, send: Callable[..., requests.Response], *, wire: Wire, selectors: Sequence[Selector]
    ) -> _Answer:
        try:
            return self._send(send, wire=wire, selectors=selectors, on_new_connection=False)
        except ProbeFailed as error:
            # The server may have closed the connection while it was idle (uvicorn and Node do so after 5 s): that
            # is known only by asking, and no failure. Where a byte came, or the time is up, it is one.
            was_idle = wire.meter.reused_connection and not wire.meter.received_bytes
            if not was_idle or error.kind is not FailureKind.PROTOCOL:
                raise
        return self._send(send, wire=wire, selectors=selectors, on_new_connection=True)

    def _send(
        self,
        send: Callable[..., requests.Response],
        *,
        wire: Wire,
        selectors: Sequence[Selector],
        on_new_connection: bool,
    ) -> _Answer:
        limit_bytes = self._exporter_body_limit_bytes if selectors else self._body_limit_bytes
        meter = wire.begin(
            on_new_connection=on_new_connection, received_limit_bytes=HEAD_LIMIT_BYTES + _FRAMING_FACTOR * limit_bytes
        )
        response: requests.Response | None = None
        try:
            response = send(timeout=wire.remaining_seconds())
            body = self._body(response, wire=wire, selectors=selectors)
            return _Answer(
                http_status=response.status_code,
                headers=response.headers,
                body=body,
                meter=meter,
                ended_at=time.monotonic(),
            )
        except Interrupted:
            raise
        except Exception as error:
            wire.hears_acknowledgement()
            failed = _explained(error, wire)
            if failed is None:
                # The libraries' wrappers hold whole URLs in their texts, and this goes to the log.
                raise root_cause(error) from None
            if response is None or isinstance(failed, Interrupted):
                raise failed from error
            raise _BodyFailed(cause=failed, http_status=response.status_code) from error
        finally:
            if response is not None:
                response.raw.close()
                response.raw.release_conn()
            wire.release()

    def _next_url(self, asked: list[str], *, location: str | None) -> str:
        url = next_url(asked=asked, location=location)
        try:
            self._prepare(url, ())
        except UnusableTarget as error:
            raise ProbeFailed(kind=FailureKind.REDIRECT, message="redirected to a location that is no URL") from error
        return url

    def _body(self, response: requests.Response, *, wire: Wire, selectors: Sequence[Selector]) -> _Body:
        content_type = response.headers.get("Content-Type", "")
        lines = LineFilter(selectors) if selectors else None
        # JSON is no exposition, wherever it comes from, and as bounded as ever.
        is_exposition = lines is not None and not answers.says_json(content_type)
        limit_bytes = self._exporter_body_limit_bytes if is_exposition else self._body_limit_bytes
        beginning, size_bytes = bytearray(), 0
        pieces = decoded(
            _raw_pieces(response, limit_bytes=limit_bytes),
            content_encoding=response.headers.get("Content-Encoding", ""),
            must_be_whole=is_exposition,
        )
        for piece in pieces:
            size_bytes += len(piece)
            if size_bytes > limit_bytes:
                raise _too_large(limit_bytes)
            beginning += piece[: self._body_limit_bytes - len(beginning)]
            if lines is not None and is_exposition:
                lines.feed(piece)
                wire.remaining_seconds()
        return _Body(
            beginning=bytes(beginning),
            size_bytes=size_bytes,
            exposition=lines.finish(content_type=content_type) if lines is not None else None,
        )

    def _prepare(self, url: str, headers: tuple[tuple[str, str], ...]) -> requests.PreparedRequest:
        try:
            for name, value in headers:
                # http.client would find out only while sending.
                name.encode("ascii")
                value.encode("latin-1")
            return self._session.prepare_request(requests.Request("GET", url, headers=dict(headers)))
        except (requests.RequestException, ValueError):
            # From None: the texts of the exceptions hold what could not be sent.
            raise UnusableTarget("its URL or one of its headers cannot be sent") from None


def _raw_pieces(response: requests.Response, *, limit_bytes: int) -> Iterator[bytes]:
    """Yield a body as it came, at most one byte more than its limit."""
    left_bytes = limit_bytes + 1
    try:
        # Compressed, a body is no longer than it was before, but for a few bytes in the shortest. An empty piece is the
        # end; one that breaks off is known by the piece that fails to follow.
        while piece := response.raw.read(min(_PIECE_BYTES, left_bytes), decode_content=False):
            left_bytes -= len(piece)
            if not left_bytes:
                raise _too_large(limit_bytes)
            yield piece
    except ValueError as error:
        # http.client reads a negative chunk size as a number of bytes to read.
        raise ProbeFailed(kind=FailureKind.PROTOCOL, message="the body has a broken chunk") from error


def _too_large(limit_bytes: int) -> ProbeFailed:
    return ProbeFailed(kind=FailureKind.TOO_LARGE, message=f"the body is larger than {limit_bytes // 1024} KiB")


def _verify(target: Target) -> bool | str:
    """Return how to verify TLS, in the words of requests: not at all, by a CA file, or as the machine does."""
    return (target.ca_file or True) if target.verify_tls else False


def _explained(error: Exception, wire: Wire) -> ProbeFailed | Interrupted | None:
    cause = root_cause(error)
    if isinstance(cause, ProbeFailed):
        return cause
    failed = translated(cause)
    # A connection that was cut at the deadline looks as if the server had broken it off.
    return wire.late() if failed is not None and wire.is_over else failed


def _exchange(*, path: str, asked: list[str], answer: _Answer, wire: Wire, elapsed_seconds: float) -> Exchange:
    meter = answer.meter
    return Exchange(
        path=path,
        hops=tuple(without_query(url) for url in asked),
        address=meter.address,
        reused_connection=meter.reused_connection,
        phases=meter.phases(ended_at=answer.ended_at),
        elapsed_seconds=elapsed_seconds,
        http_status=answer.http_status,
        headers=tuple(answer.headers.items()),
        content_type=answer.headers.get("Content-Type", ""),
        body=answer.body.beginning,
        exposition=answer.body.exposition,
        size_bytes=answer.body.size_bytes,
        contact=wire.contact,
        place=wire.place,
        certificate=meter.certificate,
    )


def _failed_exchange(
    *, path: str, asked: list[str], wire: Wire, error: ProbeFailed, http_status: int | None = None
) -> Exchange:
    meter = wire.meter
    return Exchange(
        path=path,
        hops=tuple(without_query(url) for url in asked),
        address=meter.address,
        reused_connection=meter.reused_connection,
        phases=meter.phases(),
        http_status=http_status if error.kind is FailureKind.TOO_LARGE else None,
        failure=error.failure(http_status=http_status),
        contact=wire.contact,
        place=wire.place,
    )
