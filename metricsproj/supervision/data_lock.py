"""One `manage.py up` for each data folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another `up` holds this data folder; the message names it."""


@contextmanager
def exclusive(data_dir: Path) -> Iterator[None]:
    """Hold the data folder; the kernel lets go of it whatever way this process ends.

    Raises:
        AlreadyRunning: another process holds it.
    """
    with (data_dir / "up.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise AlreadyRunning(f"already running on {data_dir} (process {file.read().strip() or '?'})") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
