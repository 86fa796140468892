"""How soon `manage.py up` gives its first answer, on an empty data folder and on a used one, and the memory it takes.

    python bench/first_answer.py --starts 3

Memory is the proportional set size (Linux) of all its processes together, 15 s after the first answer. Exits 1 when a
start took longer than the 20 seconds that the README promises, or the memory was over 220 MB.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

CHECKOUT = Path(__file__).resolve().parent.parent
PROMISED_SECONDS = 20.0
PROMISED_MEGABYTES = 220.0
PATIENCE_SECONDS = 120.0
SETTLING_SECONDS = 15.0
PATH = "/api/v1/real-time-metrics"


def measure(data_dir: Path, *, with_memory: bool = False) -> tuple[float, float]:
    """Start it, wait for its first answer, and stop it; return the seconds, and the megabytes or 0."""
    began = time.monotonic()
    command = [sys.executable, "manage.py", "up", "--port", "0"]
    with subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env={"PATH": "/usr/bin:/bin", "REALTIME_DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        text=True,
    ) as up:
        try:
            assert up.stdout is not None
            url = next(line.split()[-1] for line in up.stdout if PATH in line)
            with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
                assert answer.status == 200
            seconds = time.monotonic() - began
            return seconds, megabytes(up.pid) if with_memory else 0.0
        finally:
            up.terminate()
            up.communicate()


def megabytes(pid: int) -> float:
    time.sleep(SETTLING_SECONDS)
    supervisor = psutil.Process(pid)
    total = 0.0
    for process in (supervisor, *supervisor.children(recursive=True)):
        size = process.memory_full_info().pss / 2**20
        print(f"  {process.name():<15} {size:6.1f} MB")
        total += size
    print(f"  {'all':<15} {total:6.1f} MB")
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=3)
    starts = parser.parse_args().starts
    empty, used, memory = [], [], 0.0
    for start in range(starts):
        with tempfile.TemporaryDirectory(prefix="realtime-bench-") as folder:
            empty.append(measure(Path(folder))[0])
            seconds, memory = measure(Path(folder), with_memory=start == starts - 1)
            used.append(seconds)
    print(f"first answer on an empty folder: {statistics.median(empty):.2f} s ({min(empty):.2f} to {max(empty):.2f})")
    print(f"first answer on a used folder:   {statistics.median(used):.2f} s ({min(used):.2f} to {max(used):.2f})")
    return 0 if max(empty + used) <= PROMISED_SECONDS and memory <= PROMISED_MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())
