"""`manage.py serve`: the web server alone, in one process or several, and how it stops."""

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.e2e.running import ENDPOINT, answer_of, is_alive, manage, wait_until
from tests.e2e.serving import PATIENCE_SECONDS, Serve, all_of, request_head, running_serve

COUNTS = pytest.mark.parametrize("workers", ["1", "2"])
FORM = b"csrfmiddlewaretoken=x&username=x"


def begun_form(serve: Serve) -> socket.socket:
    """Return a connection on which the server waits for the body of a form."""
    client = serve.connect()
    head = f"POST /admin/login/\nContent-Length: {len(FORM)}\nContent-Type: application/x-www-form-urlencoded"
    client.sendall(request_head(f"{head}\nExpect: 100-continue"))
    assert client.recv(65536).startswith(b"HTTP/1.1 100 ")
    return client


@COUNTS
def test_a_stop_answers_requests_under_way_and_sends_websockets_elsewhere(data_dir: Path, workers: str) -> None:
    with running_serve(data_dir, "--workers", workers) as serve:
        with (
            connect(f"ws://127.0.0.1:{serve.port}/ws/real-time-metrics") as listener,
            begun_form(serve) as client,
        ):
            listener.recv(timeout=PATIENCE_SECONDS)

            serve.process.send_signal(signal.SIGTERM)
            wait_until(serve.refuses_connections, what="the port is closed")
            client.sendall(FORM)

            assert all_of(client).startswith(b"HTTP/1.1 403 ")  # of the token, by the view that got the whole form
            with pytest.raises(ConnectionClosed) as closed:
                listener.recv(timeout=PATIENCE_SECONDS)
        assert serve.process.wait(timeout=PATIENCE_SECONDS) == 0
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


def test_ctrl_c_ends_it_as_quietly(data_dir: Path) -> None:
    with running_serve(data_dir) as serve:
        serve.stop(signal.SIGINT)

        assert serve.process.returncode == 0
    serve.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_web_process_that_ended_is_replaced_while_the_other_answers(data_dir: Path, number: signal.Signals) -> None:
    with running_serve(data_dir, "--workers", "2") as serve:
        url = f"http://127.0.0.1:{serve.port}{ENDPOINT}"
        wait_until(lambda: len(serve.workers()) == 2, what="two web processes")
        first, second = serve.workers()
        serve.wait_for("listening on")

        os.kill(first, number)
        answers = 0
        while first in serve.workers() or len(serve.workers()) < 2:
            assert answer_of(url)["snapshot_id"] > 0
            answers += 1
        serve.wait_for("listening on")

        assert answers > 0
        assert second in serve.workers()


def test_a_killed_supervisor_leaves_no_web_process_behind(data_dir: Path) -> None:
    with running_serve(data_dir, "--workers", "2") as serve:
        wait_until(lambda: len(serve.workers()) == 2, what="two web processes")
        workers = serve.workers()

        serve.process.kill()

        wait_until(lambda: not any(is_alive(pid) for pid in workers), what="no web process is left")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "0.0.0.0"), "serve: --host 0.0.0.0 opens the site to other machines: set ALLOWED_HOSTS"),
        (("--workers", "0"), "argument --workers: '0' is not a number of processes from 1 to 64"),
        (("--port", "70000"), "argument --port: '70000' is not a port from 1 to 65535"),
    ],
)
def test_what_cannot_be_served_is_refused_in_one_line(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    ended: subprocess.CompletedProcess[str] = manage(tmp_path, "serve", *arguments)

    assert ended.returncode == 2
    assert said in ended.stderr.splitlines()[-1]


def test_a_port_in_use_is_named(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = manage(data_dir, "serve", "--port", str(port))

    assert ended.returncode == 2
    assert ended.stderr == f"serve: port {port} on 127.0.0.1 is already in use (choose another with --port)\n"
