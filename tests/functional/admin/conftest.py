"""A signed-in operator, and a snapshot in place of the one that a store would hold."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.contrib.auth.models import Permission, User
from django.test import Client
from redis.backoff import NoBackoff
from redis.retry import Retry

from realtime.admin import live
from realtime.core.records import Failure, FailureKind, Fault, ServiceState, Snapshot, Status
from realtime.reporting.reader import Latest, Reader
from realtime.store.snapshots import Store

Publish = Callable[..., list[datetime]]


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.fixture
def viewer(db: None) -> Client:
    """Someone of the staff who may look at services and change nothing."""
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_service"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Make these states the latest snapshot; what is returned grows by one with each read of it."""

    def publish(
        *states: ServiceState, stale: bool = False, age_seconds: float = 3.0, fault: Fault | None = None
    ) -> list[datetime]:
        snapshot = Snapshot(
            id=1,
            finished_at=datetime.now(UTC) - timedelta(seconds=age_seconds),
            refresh_interval_seconds=5,
            sweep_deadline_seconds=4.0,
            collection_seconds=0.1,
            services=states,
        )
        reads: list[datetime] = []

        def latest_snapshot(now: datetime) -> Latest:
            reads.append(now)
            return Latest(snapshot=snapshot, stale=stale, age_seconds=age_seconds, fault=fault)

        monkeypatch.setattr(live, "latest_snapshot", latest_snapshot)
        return reads

    return publish


def state(
    name: str, status: Status = Status.HEALTHY, *, pending: bool = False, error: str = "", **values: Any
) -> ServiceState:
    """Return the state of a service that was probed 12 seconds ago, with these values beside."""
    return ServiceState(
        name=name,
        type="core",
        group="",
        counts_as_api=True,
        status=status,
        pending=pending,
        response_time_seconds=None if error else 0.0452,
        checked_at=datetime.now(UTC) - timedelta(seconds=12.5),
        failure=Failure(kind=FailureKind.TIMEOUT, message=error) if error else None,
        **values,
    )


@pytest.fixture
def store_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let nobody answer where the store should be, in a process that never saw a snapshot."""
    nobody = redis.Redis(unix_socket_path=str(tmp_path / "nobody-listens"), retry=Retry(NoBackoff(), 0))
    reader = Reader(store=Store(connect=lambda: nobody, prefix="realtime"))
    monkeypatch.setattr(live, "latest_snapshot", lambda now: reader.latest(now=now))
