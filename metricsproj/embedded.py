"""Where the embedded run keeps its things: the data folder, the generated keys and the address of the embedded store.

Asked while settings load, by every program of a checkout, so that each finds the running store without any
environment. Starting the store is left to `metricsproj.supervision`.
"""

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote

from cryptography.fernet import Fernet
from django.core.management.utils import get_random_secret_key

STORE_FOLDER = "valkey"
SOCKET_NAME = "valkey.sock"
SHORT_FOLDER_NAME = "short-folder"  # file in the store's folder that holds the path of the short folder
SHORT_LINK_NAME = "valkey"  # symbolic link in the short folder that leads to the store's folder
# sockaddr_un holds 108 bytes on Linux and 104 on macOS, its closing zero included.
MAX_SOCKET_PATH_BYTES = 103


def ensure_folder(path: Path) -> Path:
    """Return a folder of the embedded run, made for its owner alone where it is missing: it holds secrets."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def keep_private(database: Path) -> None:
    """Make a SQLite file its owner's alone, new ones too; SQLite gives the files beside it the same mode.

    A file of somebody else stays as it is.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(database, os.O_RDWR | os.O_CREAT, 0o600))
    for ending in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(OSError):
            Path(f"{database}{ending}").chmod(0o600)


def ensure_secret_key(data_dir: Path) -> str:
    """Return the generated secret key of this data folder; of several first callers, all get the same."""
    path = data_dir / "secret_key"
    if not path.exists():
        _write_once(path, get_random_secret_key() + get_random_secret_key())
    return path.read_text(encoding="utf-8").strip()


def ensure_secrets_key(data_dir: Path) -> str:
    """Return the generated key of the secrets in this data folder's database, as `ensure_secret_key` does."""
    path = data_dir / "secrets_key"
    if not path.exists():
        _write_once(path, Fernet.generate_key().decode())
    return path.read_text(encoding="utf-8").strip()


def store_socket(data_dir: Path) -> Path:
    """Return a path of the embedded store's socket that a client can connect to, whether or not the store runs.

    Where the plain path is too long for a socket address, a private folder with a short path links to it; the
    store's folder remembers which, for all other programs.
    """
    folder = data_dir / STORE_FOLDER
    plain = folder / SOCKET_NAME
    if len(os.fsencode(plain)) <= MAX_SOCKET_PATH_BYTES:
        return plain
    folder.mkdir(mode=0o700, exist_ok=True)
    pointer = folder / SHORT_FOLDER_NAME
    short = _remembered_folder(pointer, folder)
    if short is None:
        pointer.unlink(missing_ok=True)
        _write_once(pointer, str(_new_short_folder(folder)))
        short = _remembered_folder(pointer, folder)
    if short is None:
        raise OSError(f"no short path to {plain}: set REDIS_URL or a shorter REALTIME_DATA_DIR")
    return short / SHORT_LINK_NAME / SOCKET_NAME


def store_url(data_dir: Path) -> str:
    """Return the embedded store's URL as redis-py reads it."""
    return f"unix://{quote(str(store_socket(data_dir)))}?db=0"


def _new_short_folder(folder: Path) -> Path:
    short = Path(tempfile.mkdtemp(prefix="realtime-"))
    (short / SHORT_LINK_NAME).symlink_to(folder)
    return short


def _remembered_folder(pointer: Path, folder: Path) -> Path | None:
    """Return the short folder, None unless it is ours alone and leads here: others may reuse its name."""
    try:
        short = Path(pointer.read_text(encoding="utf-8").strip())
        found = short.lstat()
        leads_here = (short / SHORT_LINK_NAME).readlink() == folder
    except OSError:
        return None
    is_private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) == 0o700
    return short if is_private and leads_here else None


def _write_once(path: Path, text: str) -> None:
    """Write a file for its owner alone, whole or not at all; the file of whoever was first stays."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()
