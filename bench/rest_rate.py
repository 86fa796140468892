"""Measures how many REST answers a second the one web process of `manage.py up` gives, on loopback only.

Usage: python bench/rest_rate.py [--services 12] [--seconds 5] [--connections 8]
       python bench/rest_rate.py --url http://127.0.0.1:8000   (a server that runs already, e.g. granian or gunicorn)
Needs wrk (https://github.com/wg/wrk, Debian's package `wrk`). A snapshot is published each second meanwhile.
"""

import argparse
import re
import shutil
import subprocess
import sys
import threading

from measured_site import Site, publish, running_site

PATHS = {
    "REST": "/api/v1/real-time-metrics",
    "history": "/api/v1/real-time-metrics/history?metric=response_time_ms",
}


def load(url: str, *, seconds: int, connections: int) -> dict[str, float]:
    """Return requests per second and latencies in milliseconds, as wrk measures them."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-H", "Accept-Encoding: gzip", url]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in told, told
    figures = {name: _milliseconds(told, name) for name in ("50%", "99%")}
    return {"requests per second": float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1]), **figures}  # type: ignore[index]


def _milliseconds(told: str, name: str) -> float:
    found = re.search(rf"{name}\s+([\d.]+)(us|ms|s)", told)
    assert found, told
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


def report(name: str, figures: dict[str, float], *, cpu_seconds: float | None, seconds: int) -> None:
    rate = figures["requests per second"]
    cpu = "" if cpu_seconds is None else f", {cpu_seconds / (rate * seconds) * 1e6:.0f} us of CPU each"
    print(f"{name}: {rate:,.0f} requests/s, p50 {figures['50%']:.1f} ms, p99 {figures['99%']:.1f} ms{cpu}")


def measure(site: Site, *, services: int, seconds: int, connections: int) -> None:
    """Print the figures of each kind of answer."""
    publish(services=services, sweep=0)
    site.await_answer()
    stop = threading.Event()
    publisher = threading.Thread(target=_publish_each_second, args=(stop, services), daemon=True)
    publisher.start()
    for name, path in PATHS.items():
        before = site.cpu_seconds
        figures = load(f"http://127.0.0.1:{site.port}{path}", seconds=seconds, connections=connections)
        report(name, figures, cpu_seconds=site.cpu_seconds - before, seconds=seconds)
    stop.set()
    publisher.join()


def _publish_each_second(stop: threading.Event, services: int) -> None:
    sweep = 0
    while not stop.wait(1.0):
        sweep += 1
        publish(services=services, sweep=sweep)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=12)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--url", help="measure this server instead of one of its own")
    arguments = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed")
    if arguments.url:
        figures = load(arguments.url + PATHS["REST"], seconds=arguments.seconds, connections=arguments.connections)
        report("REST", figures, cpu_seconds=None, seconds=arguments.seconds)
        return
    with running_site() as site:
        measure(site, services=arguments.services, seconds=arguments.seconds, connections=arguments.connections)


if __name__ == "__main__":
    main()
