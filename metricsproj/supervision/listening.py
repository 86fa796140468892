"""The port of `manage.py up`: taken before anything else starts, opened when there is an answer to give."""

import errno
import ipaddress
import socket


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
