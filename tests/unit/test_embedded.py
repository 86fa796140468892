"""The data folder of the embedded run: its secret key and the way to its store."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from metricsproj import embedded


@pytest.fixture
def deep_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder whose path is too long for a socket address; short folders for it go to a place of their own."""
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    with tempfile.TemporaryDirectory(prefix="rt-") as short:
        monkeypatch.setattr(tempfile, "tempdir", short)
        yield deep
        monkeypatch.undo()


def test_the_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    key = embedded.ensure_secret_key(tmp_path)

    assert len(key) >= 50
    assert embedded.ensure_secret_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_programs_that_start_together_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: embedded.ensure_secret_key(tmp_path), range(32)))

    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_new_data_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    data_dir = embedded.ensure_folder(tmp_path / "a" / "var")

    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700


def test_a_short_path_is_the_socket_itself(tmp_path: Path) -> None:
    assert embedded.store_socket(tmp_path) == tmp_path / "valkey" / "valkey.sock"
    assert embedded.store_url(Path("/a b")) == "unix:///a%20b/valkey/valkey.sock?db=0"


def test_a_long_path_gets_a_short_way_that_every_program_finds_again(deep_dir: Path) -> None:
    socket = embedded.store_socket(deep_dir)

    assert len(os.fsencode(socket)) <= embedded.MAX_SOCKET_PATH_BYTES
    assert socket.parent.resolve() == (deep_dir / "valkey").resolve()
    assert embedded.store_socket(deep_dir) == socket


def test_a_short_way_that_was_cleared_away_is_made_anew(deep_dir: Path) -> None:
    first = embedded.store_socket(deep_dir)
    shutil.rmtree(first.parent.parent)

    second = embedded.store_socket(deep_dir)

    assert second.parent.resolve() == (deep_dir / "valkey").resolve()


def test_a_short_way_that_others_may_write_to_is_not_taken(deep_dir: Path) -> None:
    first = embedded.store_socket(deep_dir)
    first.parent.parent.chmod(0o777)

    assert embedded.store_socket(deep_dir) != first


def test_a_data_folder_that_was_moved_does_not_lead_to_its_old_place(deep_dir: Path) -> None:
    first = embedded.store_socket(deep_dir)
    moved = deep_dir.with_name("moved" * 25)
    deep_dir.rename(moved)

    assert embedded.store_socket(moved) != first
