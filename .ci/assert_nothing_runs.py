"""Assert that no process runs in a folder or with a program of it: `assert_nothing_runs.py FOLDER` (Linux)."""

import os
import sys
import time
from pathlib import Path

GRACE_SECONDS = 2.0  # for what the kernel still buries


def main(folder: str) -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    while found := running(folder):
        assert time.monotonic() < deadline, f"still running: {found}"
        time.sleep(0.1)
    print(f"nothing runs in {folder}")


def running(folder: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            where = (process / "cwd").readlink()
        except OSError:
            continue
        is_ours = where.is_relative_to(folder) or f" {folder}/" in f" {command}"
        if is_ours and int(process.name) != os.getpid():
            found.append(f"{process.name} {command}")
    return found


if __name__ == "__main__":
    main(sys.argv[1])
