"""What real web servers log of strangers: each thing once, without a traceback."""

import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from metricsproj.log_lines import without_time
from tests.e2e.programs import CHECKOUT, programs
from tests.e2e.running import clean_environment
from tests.functional.live.serving import PATIENCE_SECONDS
from tests.functional.live.test_hostile_clients import handshake


def sent(port: int, *parts: bytes) -> None:
    """Send these bytes, each part after something was answered to the one before, and read on until the server ends."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as client,
        suppress(ConnectionResetError),  # one way to end it
    ):
        for part in parts:
            client.sendall(part)
            received = client.recv(65536)
        while received:
            received = client.recv(65536)


MASKED_NO_UTF_8 = b"\x81\x82\x00\x00\x00\x00\xff\xfe"


# What strangers send, and what the server says of it.
STRANGE = {
    (b"\x00garbage\r\n\r\n",): "Invalid HTTP request received.",
    (handshake("/ws/real-time-metrics"), MASKED_NO_UTF_8): "Invalid UTF-8 sequence received from client.",
    (
        b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n",
    ): "Unsupported upgrade request.",
}


def test_what_the_server_says_of_strangers_it_says_once(tmp_path: Path) -> None:
    with programs(tmp_path) as running:
        with running.web("web") as port:
            for parts in STRANGE:
                for _ in range(3):
                    sent(port, *parts)
        printed = running.printed()

    assert {line: printed.count(line) for line in STRANGE.values()} == dict.fromkeys(STRANGE.values(), 1)
    assert "Traceback" not in printed


def test_uvicorns_own_command_line_logs_through_the_same_filter(tmp_path: Path) -> None:
    configured = (
        "import logging, logging.config, os, uvicorn.config\n"
        "logging.config.dictConfig(uvicorn.config.LOGGING_CONFIG)\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'metricsproj.settings'\n"
        "import django; django.setup()\n"
        "for _ in range(3): logging.getLogger('uvicorn.error').warning('Invalid HTTP request received.')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", configured],
        cwd=CHECKOUT,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert without_time(ended.stderr) == "WARNING uvicorn.error: Invalid HTTP request received.\n"
