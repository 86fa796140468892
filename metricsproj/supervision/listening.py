"""The port of `up` and `serve`: taken before anything else starts, opened when there is an answer to give."""

import errno
import ipaddress
import socket

# After which the kernel gives up a client that takes no byte of what was sent to it.
UNREAD_MILLISECONDS = 30_000
# A client that says nothing is asked after a minute whether it is still there, and given up half a minute later.
SILENT_SECONDS = 60
SECONDS_BETWEEN_QUESTIONS = 10
UNANSWERED_QUESTIONS = 3


class PortUnavailable(Exception):
    """The port cannot be had; the message says why and what to do."""


def reserved_socket(*, host: str, port: int) -> socket.socket:
    """Return a bound socket that does not listen yet: nobody else can take the port, and callers are still refused.

    Raises:
        PortUnavailable: the port is in use or forbidden, or the host is none of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise PortUnavailable(f"--host {host}: no such address here ({error.strerror})") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise PortUnavailable(_why_not(error, host=host, port=port)) from error
    return listener


def open_port(listener: socket.socket) -> None:
    """Let callers in.

    Raises:
        PortUnavailable: another program that had reserved the same port opened it first.
    """
    try:
        listener.listen(2048)
    except OSError as error:
        host, port = listener.getsockname()[:2]
        raise PortUnavailable(_why_not(error, host=host, port=port)) from error


def harden(listener: socket.socket) -> None:
    """Have the kernel give up TCP clients that vanish or take nothing; connections inherit it from their listener."""
    if listener.family not in (socket.AF_INET, socket.AF_INET6):
        return
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {  # by name: each platform has some of them
        "TCP_USER_TIMEOUT": UNREAD_MILLISECONDS,
        "TCP_KEEPIDLE": SILENT_SECONDS,
        "TCP_KEEPALIVE": SILENT_SECONDS,  # the name on macOS
        "TCP_KEEPINTVL": SECONDS_BETWEEN_QUESTIONS,
        "TCP_KEEPCNT": UNANSWERED_QUESTIONS,
    }
    for name, value in options.items():
        if number := getattr(socket, name, None):
            listener.setsockopt(socket.IPPROTO_TCP, number, value)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can call this host; of names only `localhost` is known to be so."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def calling_host(listener: socket.socket) -> str:
    """Return an address under which this machine itself reaches the socket."""
    host: str = listener.getsockname()[0]
    if ipaddress.ip_address(host).is_unspecified:
        return "::1" if listener.family == socket.AF_INET6 else "127.0.0.1"
    return host


def in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _why_not(error: OSError, *, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is already in use (choose another with --port)"
    if error.errno == errno.EACCES:
        return f"port {port} on {host} is not ours to open (choose one above 1023 with --port)"
    return f"port {port} on {host} cannot be opened: {error.strerror}"
