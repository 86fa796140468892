"""Measures how long an answer takes at a fixed rate of requests, as one who refreshes a dashboard feels it.

Usage: python bench/open_loop.py URL [--rate 200] [--seconds 20] [--connections 4]

Open loop: each request has its moment, and its time counts from that moment, whether or not the one before it has been
answered; so a server that stalls cannot hide it. Loopback only. Prints percentiles in milliseconds.
"""

import argparse
import http.client
import statistics
import threading
import time
from urllib.parse import urlsplit


def ask(url: str, *, moments: list[float], took: list[float]) -> None:
    """Ask at each of these monotonic moments over one connection, and note the seconds until the whole answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    for moment in moments:
        time.sleep(max(0.0, moment - time.monotonic()))
        connection.request("GET", parts.path, headers={"Accept": "application/json", "Accept-Encoding": "gzip"})
        response = connection.getresponse()
        response.read()
        took.append(time.monotonic() - moment)
        assert response.status == 200, response.status
    connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=20, choices=range(1, 301), metavar="1..300")
    parser.add_argument("--connections", type=int, default=4)
    options = parser.parse_args()
    if urlsplit(options.url).hostname not in ("127.0.0.1", "localhost", "::1"):
        parser.error("url: only a server on this machine is asked")
    start = time.monotonic() + 0.5
    moments = [start + number / options.rate for number in range(options.rate * options.seconds)]
    took: list[float] = []
    threads = [
        threading.Thread(
            target=ask, args=(options.url,), kwargs={"moments": moments[n :: options.connections], "took": took}
        )
        for n in range(options.connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cuts = statistics.quantiles((seconds * 1000 for seconds in took), n=1000)
    shown = ", ".join(f"p{name} {cuts[place - 1]:.1f}" for name, place in (("50", 500), ("95", 950), ("99", 990)))
    print(f"{len(took)} requests at {options.rate}/s: {shown}, max {max(took) * 1000:.1f} ms")


if __name__ == "__main__":
    main()
