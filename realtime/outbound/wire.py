"""One probe's hold on the network: its deadline, what its request has seen so far, and the means to cut it."""

import contextlib
import socket
import sys
import threading
import time
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from realtime.core.records import Certificate, Contact, FailureKind, Phases
from realtime.outbound.failures import Interrupted, ProbeFailed

if sys.platform == "linux":
    import fcntl
    import termios

# Of status line and headers, so that 100 long headers or endless interim answers cannot fill the memory.
HEAD_LIMIT_BYTES = 128 * 1024


class Stage(Enum):
    """How far a request has come."""

    LOOKING_UP = auto()
    CONNECTING = auto()
    HANDSHAKING = auto()
    WAITING = auto()
    READING_BODY = auto()


@dataclass(slots=True)
class Meter:
    """What one request has seen so far; `*_at` are of the monotonic clock.

    received_bytes: of head and body, as they came, compressed.
    """

    started_at: float
    stage: Stage = Stage.WAITING
    reused_connection: bool = False
    address: str | None = None
    dns_seconds: float | None = None
    connect_seconds: float | None = None
    tls_seconds: float | None = None
    sent_at: float | None = None
    first_byte_at: float | None = None
    received_bytes: int = 0
    certificate: Certificate | None = None

    def phases(self, *, ended_at: float | None = None) -> Phases:
        """Return the durations of the phases that have ended; `ended_at` is when the last byte of the body came."""
        first_byte = body = None
        if self.first_byte_at is not None and self.sent_at is not None:
            # A server that answers before it was asked would give a negative duration.
            first_byte = max(0.0, self.first_byte_at - self.sent_at)
            body = None if ended_at is None else ended_at - self.first_byte_at
        return Phases(
            dns_seconds=self.dns_seconds,
            connect_seconds=self.connect_seconds,
            tls_seconds=self.tls_seconds,
            first_byte_seconds=first_byte,
            body_seconds=body,
        )

    def progress(self) -> str:
        """Return how far the request came, for a person to read."""
        if self.stage is Stage.LOOKING_UP:
            return "the name look-up did not end"
        if self.stage is Stage.CONNECTING:
            return "not connected"
        if self.stage is Stage.HANDSHAKING:
            return f"{self._connected()}, the TLS handshake did not end"
        received = f"{self.received_bytes} bytes received" if self.received_bytes else "nothing received"
        return f"{self._connected()}, {received}"

    def _connected(self) -> str:
        if self.connect_seconds is None:
            return "kept connection"
        milliseconds = sum(part or 0.0 for part in (self.dns_seconds, self.connect_seconds, self.tls_seconds)) * 1000
        return f"connected after {milliseconds:.0f} ms" if milliseconds >= 1 else "connected within 1 ms"


class Wire:
    """The deadline of one probe and the socket that it uses at the moment; one thread probes, another may cut.

    deadline, began_at: on the monotonic clock.
    limit_seconds: what the deadline amounts to, for messages.
    late_kind: what it means to be late; None: the sweep ends too early to say anything about the target.
    """

    def __init__(self, *, deadline: float, limit_seconds: float, late_kind: FailureKind | None) -> None:
        self.deadline = deadline
        self.began_at = time.monotonic()
        self.wants_new_connection = False
        self.meter = Meter(started_at=self.began_at)
        self._limit_seconds = limit_seconds
        self._late_kind = late_kind
        self._received_limit_bytes = HEAD_LIMIT_BYTES
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._is_cut = False
        self._is_stopped = False
        self._descriptor: int | None = None
        self._heard = False
        self._asked: str | None = None

    def begin(self, *, on_new_connection: bool, received_limit_bytes: int) -> Meter:
        """Start over for one more request, whose answer has that many bytes before decompression; return its meter."""
        self._received_limit_bytes = received_limit_bytes
        self.wants_new_connection = on_new_connection
        self.meter = Meter(started_at=time.monotonic())
        return self.meter

    @property
    def place(self) -> str | None:
        """The last address or name beyond this machine that was asked."""
        return self._asked

    @property
    def contact(self) -> Contact:
        """What was received from beyond this machine so far."""
        if self._heard:
            return Contact.ANSWERED
        return Contact.NONE if self._asked is None else Contact.SILENT

    def asks(self, place: str | None) -> None:
        """Note that something is sent beyond this machine; None: nothing is, after all."""
        self._asked = place

    def note_received(self) -> None:
        """Note that an answer to the last request came, whatever it says."""
        self._heard = self._heard or self._asked is not None

    def hears_acknowledgement(self) -> None:
        """Ask the kernel whether the peer has acknowledged what a kept connection sent: then the network is there.

        Where the kernel cannot tell (it is Linux' to), or nothing was sent yet, silence proves nothing.
        """
        with self._lock:
            self._note_acknowledgement()

    @property
    def is_cut(self) -> bool:
        """Whether somebody has cut the wire: later errors of its socket come from that."""
        return self._is_cut

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed or somebody has cut the wire."""
        return self._is_cut or time.monotonic() >= self.deadline

    def remaining_seconds(self) -> float:
        """Return the seconds left, always more than 0.

        Raises:
            ProbeFailed: the deadline has passed.
            Interrupted: it has passed, or the wire was cut, before its time.
        """
        remaining = self.deadline - time.monotonic()
        if remaining <= 0 or self._is_cut:
            raise self.late()
        return remaining

    def late(self) -> ProbeFailed | Interrupted:
        """Return the exception for a probe that is late now."""
        if self._is_stopped or self._late_kind is None:
            return Interrupted()
        limit = f"{self._limit_seconds:.3g} s"
        if self._late_kind is FailureKind.TIMEOUT and self.meter.stage is Stage.LOOKING_UP:
            return ProbeFailed(kind=FailureKind.DNS, message=f"the resolver did not answer within {limit}")
        if self._late_kind is FailureKind.SWEEP_DEADLINE:
            limit += ", when the sweep ended"
        return ProbeFailed(kind=self._late_kind, message=f"no answer within {limit} ({self.meter.progress()})")

    def wait(self, future: Future[Any]) -> None:
        """Wait until a future is done.

        Raises:
            ProbeFailed, Interrupted: as `remaining_seconds`.
        """
        future.add_done_callback(lambda _: self._woken.set())
        while not future.done():
            self._woken.wait(self.remaining_seconds())
            self._woken.clear()

    def hold(self, sock: socket.socket) -> None:
        """Take note of the socket in use, so that it can be cut.

        A duplicate of its descriptor, because TLS takes the descriptor away from the socket object until the
        handshake has ended, and because the probing thread may close the socket at any moment: cutting a descriptor
        whose number another probe's socket has by then would fail an innocent service.
        """
        with self._lock:
            self._drop()
            if self._is_cut:
                raise self.late()
            self._descriptor = socket.dup(sock.fileno())

    def release(self) -> None:
        """Let go of the socket, which may live on in the connection pool."""
        with self._lock:
            self._drop()

    def cut(self, *, stopping: bool) -> None:
        """End whatever the probe waits for, from another thread; `stopping`: before its time."""
        with self._lock:
            self._note_acknowledgement()
            self._is_cut = True
            self._is_stopped = self._is_stopped or stopping
            if self._descriptor is not None:
                _shut_down(self._descriptor)
        self._woken.set()

    def received(self, size_bytes: int) -> None:
        """Count bytes of the answer.

        Raises:
            ProbeFailed: more came than any honest answer within the limits has.
        """
        meter = self.meter
        if meter.first_byte_at is None:
            meter.first_byte_at = time.monotonic()
            self.note_received()
        meter.received_bytes += size_bytes
        if meter.stage is Stage.WAITING and meter.received_bytes > HEAD_LIMIT_BYTES:
            message = f"the head of the answer is larger than {HEAD_LIMIT_BYTES // 1024} KiB"
            raise ProbeFailed(kind=FailureKind.PROTOCOL, message=message)
        if meter.received_bytes > self._received_limit_bytes:
            raise ProbeFailed(kind=FailureKind.TOO_LARGE, message="the body does not end")

    def _note_acknowledgement(self) -> None:
        if self._heard or self._asked is None or self._is_cut:
            return
        if self._descriptor is None or not self.meter.reused_connection:
            return
        left_bytes = None if self.meter.sent_at is None else _unacknowledged_bytes(self._descriptor)
        if left_bytes is None:
            self._asked = None
        else:
            self._heard = left_bytes == 0

    def _drop(self) -> None:
        if self._descriptor is not None:
            socket.close(self._descriptor)
            self._descriptor = None


# What connects and reads is called by urllib3, deep inside; this is how it finds the wire of its own thread's probe.
CURRENT: ContextVar[Wire] = ContextVar("realtime.outbound.wire")


def _unacknowledged_bytes(descriptor: int) -> int | None:
    """Return how much of what was sent the peer has not acknowledged (`SIOCOUTQ` of tcp(7)), None when unknown.

    What found no route on its way out counts as well, unlike in TCP_INFO.
    """
    if sys.platform != "linux":
        return None
    try:
        return int.from_bytes(fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except OSError:
        return None


def _shut_down(descriptor: int) -> None:
    sock = socket.socket(fileno=descriptor)
    # Not yet connected, or gone already: either way nothing waits for it any more.
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.detach()
