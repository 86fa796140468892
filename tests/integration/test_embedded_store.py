"""The embedded store, reached as every program of the checkout reaches it."""

from pathlib import Path

import pytest
import redis
from django_redis import get_redis_connection
from kombu import Connection

from metricsproj import embedded, redis_urls
from metricsproj.supervision.store import unreachable_reason
from tests.embedded_store import clean_store, running_store, started_store  # noqa: F401


@pytest.mark.parametrize("name", ["a folder with spaces", "long" * 40], ids=["spaces", "long"])
def test_the_store_is_reached_whatever_its_folder_is_called(tmp_path: Path, name: str) -> None:
    data_dir = tmp_path / name / "var"
    data_dir.mkdir(parents=True)
    url = embedded.store_url(data_dir)

    with started_store(data_dir, url=url), Connection(redis_urls.broker_url(url)) as broker:
        broker.ensure_connection(max_retries=1, timeout=5)

        assert unreachable_reason(url) is None


def test_what_was_written_survives_kill_9_of_the_store(tmp_path: Path) -> None:
    url = embedded.store_url(tmp_path)
    with started_store(tmp_path, url=url), redis.Redis.from_url(url) as client:
        client.set("history", "kept")

    with started_store(tmp_path, url=url), redis.Redis.from_url(url) as client:
        assert client.get("history") == b"kept"


def test_the_app_finds_the_store_without_any_environment(clean_store: object) -> None:  # noqa: F811
    assert get_redis_connection("default").ping()


def test_a_store_that_is_away_is_named_without_its_password() -> None:
    reason = unreachable_reason("redis://user:hunter2@127.0.0.1:1/0")

    assert reason is not None
    assert reason.startswith("127.0.0.1:1: ")
    assert "hunter2" not in reason
