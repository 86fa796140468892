"""A store in trouble is StoreUnavailable with words that are safe to show, and within the timeout."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from metricsproj import embedded
from realtime.store.client import StoreUnavailable
from realtime.store.snapshots import Published, Store
from tests.embedded_store import started_store
from tests.integration.store.conftest import connected
from tests.integration.store.sweeps import acquired, publish, publish_next

OwnServer = tuple[redis.Redis, Store, int]
SILENT = "the store does not answer"


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def full(client: redis.Redis) -> Iterator[None]:
    client.config_set("maxmemory", 1)
    try:
        yield
    finally:
        client.config_set("maxmemory", 0)


def refusal(ask: Store, *, writing: bool = False) -> str:
    """Ask the store and return the words of its refusal."""
    with pytest.raises(StoreUnavailable) as caught:
        ask.acquire(lease_seconds=60) if writing else ask.read(known_id=None)
    return str(caught.value)


@pytest.mark.parametrize("url", ["redis://user:hunter2@127.0.0.1:1/0", "unix:///no/such/socket"])
def test_nobody_listens(url: str) -> None:
    assert refusal(Store(connect=connected(url), prefix="own")) == SILENT


def test_a_server_that_was_killed(own_server: OwnServer) -> None:
    _, store, pid = own_server
    publish_next(store)

    os.kill(pid, signal.SIGKILL)

    assert refusal(store) == SILENT


def test_a_frozen_server_holds_nobody_for_long(own_server: OwnServer) -> None:
    _, store, pid = own_server
    publish_next(store)

    with frozen(pid):
        began = time.monotonic()
        assert refusal(store) == SILENT
        assert time.monotonic() - began < 5  # the timeout is 0.5 s; redis-py by itself would take a minute

    assert isinstance(store.read(known_id=None), Published)


def test_a_server_that_comes_back_is_used_again(tmp_path: Path) -> None:
    url = embedded.store_url(tmp_path)
    store = Store(connect=connected(url), prefix="own")
    with started_store(tmp_path, url=url):
        number = publish_next(store)
    assert refusal(store) == SILENT

    with started_store(tmp_path, url=url):
        assert store.read(known_id=number) == number


def test_a_full_server_refuses_to_write_and_still_reads(own_server: OwnServer) -> None:
    client, store, _ = own_server
    number = publish_next(store)

    with full(client):
        assert refusal(store, writing=True) == "the store refused: OOM"
        assert store.read(known_id=number) == number


def test_a_publication_that_a_full_server_refuses_changes_nothing(own_server: OwnServer) -> None:
    client, store, _ = own_server
    publish_next(store)
    lease = acquired(store).lease
    before = {key: client.dump(key) for key in client.scan_iter()}

    with full(client):
        with pytest.raises(StoreUnavailable, match=r"^the store refused: OOM$"):
            publish(store, lease)
        after = {key: client.dump(key) for key in client.scan_iter()}

    assert after == before


def test_a_full_server_takes_the_lease_back(own_server: OwnServer) -> None:
    client, store, _ = own_server
    lease = acquired(store).lease

    with full(client):
        store.release(lease)

    acquired(store)


def test_a_read_only_replica_refuses_to_write_and_still_reads(own_server: OwnServer) -> None:
    client, store, _ = own_server
    number = publish_next(store)
    client.config_set("replica-serve-stale-data", "yes")

    client.replicaof("127.0.0.1", "1")

    assert refusal(store, writing=True) == "the store refused: READONLY"
    assert store.read(known_id=number) == number


def test_a_replica_that_serves_nothing_stale_refuses(own_server: OwnServer) -> None:
    client, store, _ = own_server
    client.config_set("replica-serve-stale-data", "no")

    client.replicaof("127.0.0.1", "1")

    assert refusal(store) == "the store refused: MASTERDOWN"


def test_a_server_that_wants_a_password(own_server: OwnServer) -> None:
    client, store, _ = own_server
    client.config_set("requirepass", "hunter2")

    assert refusal(store) == "the store refused: NOAUTH"


def test_a_wrong_password(own_server: OwnServer, tmp_path: Path) -> None:
    client, _, _ = own_server
    client.config_set("requirepass", "hunter2")
    url = embedded.store_url(tmp_path).replace("unix://", "unix://:wrong@")

    message = refusal(Store(connect=connected(url), prefix="own"))

    assert message == "the store refused: WRONGPASS"


def test_a_user_without_the_right(own_server: OwnServer, tmp_path: Path) -> None:
    client, _, _ = own_server
    client.acl_setuser("guest", enabled=True, passwords=["+hunter2"], commands=["+ping"], keys=["none:*"])
    url = embedded.store_url(tmp_path).replace("unix://", "unix://guest:hunter2@")

    assert refusal(Store(connect=connected(url), prefix="own")) == "the store refused: NOPERM"


def test_a_server_that_is_loading(own_server: OwnServer, tmp_path: Path) -> None:
    client, store, _ = own_server
    other_dir = tmp_path / "other"
    other_dir.mkdir()
    other_url = embedded.store_url(other_dir)
    with started_store(other_dir, url=other_url), redis.Redis.from_url(other_url) as other:
        for index in range(200):
            other.set(f"key {index}", b"x" * 10_000)
        port = free_port()
        other.config_set("repl-diskless-sync-delay", 0)
        other.config_set("port", port)
        client.config_set("loading-process-events-interval-bytes", 1024)
        client.config_set("key-load-delay", 10_000)  # microseconds for each key: 2 s of loading

        client.replicaof("127.0.0.1", port)

        assert eventual_refusal(store) == "the store refused: LOADING"


def eventual_refusal(store: Store) -> str:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            store.read(known_id=None)
        except StoreUnavailable as error:
            return str(error)
        time.sleep(0.005)
    raise AssertionError("it never refused")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
