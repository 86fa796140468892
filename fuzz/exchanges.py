"""Fuzzes a whole exchange: the bytes that a server sends on a connection, its head, framing and compression included.

Usage: python fuzz/exchanges.py -max_total_time=300 [CORPUS_FOLDER]
Nothing is asked of the network: every connection is one end of a pair of sockets.
"""

import socket
import sys
from pathlib import Path
from typing import Any

import atheris

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

with atheris.instrument_imports(include=["realtime", "http.client", "email.feedparser", "urllib3.response"]):
    from realtime.config import Config
    from realtime.core.records import Target
    from realtime.outbound import connection
    from realtime.probing.pool import Prober

# What a pair of sockets takes without anybody reading.
MOST_BYTES = 64 * 1024
TARGET = Target(name="fuzzed", base_url="http://127.0.0.1", timeout_seconds=5.0, follow_redirects=True)

answer = b""


def dial(*, wire: Any, **_: Any) -> socket.socket:
    """Return a connection on which the whole answer waits already."""
    ours, theirs = socket.socketpair()
    theirs.sendall(answer)
    theirs.shutdown(socket.SHUT_WR)
    still_open.append(theirs)
    wire.hold(ours)
    ours.settimeout(wire.remaining_seconds())
    return ours


still_open: list[socket.socket] = []
connection.dial = dial  # type: ignore[assignment]
prober = Prober(Config())


def fuzz_one(data: bytes) -> None:
    """Probe a server that sends these bytes: that gives a result, never an exception, and its words can be shown."""
    global answer
    answer = data[:MOST_BYTES]
    try:
        inspection = prober.inspect(TARGET)
    finally:
        while still_open:
            still_open.pop().close()
    failure = inspection.result.failure
    assert inspection.rule.isprintable(), inspection.rule
    assert failure is None or failure.message.isprintable(), failure


if __name__ == "__main__":
    seeds = ",".join(str(path) for path in sorted((FOLDER / "seeds" / "exchanges").iterdir()))
    atheris.Setup([*sys.argv, f"-dict={FOLDER / 'words.dict'}", f"-seed_inputs={seeds}"], fuzz_one)
    atheris.Fuzz()
