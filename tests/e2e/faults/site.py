"""A whole installation that tests may ill-treat: a store of their own, `manage.py up` on it, and all its faces."""

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import redis
from websockets.sync.client import ClientConnection, connect

from metricsproj import embedded
from tests.e2e.running import ENDPOINT, PROJECT_DIR, Up, clean_environment, manage, running_up
from tests.embedded_store import started_store
from tests.functional.small_services import SmallServices, small_services

INTERVAL_SECONDS = 1
# Two intervals and the sweep deadline, which is 80 % of one.
STALE_AFTER_SECONDS = 2.8
# What is promised, after the end of a fault.
RECOVERY_SECONDS = 30.0
PATIENCE_SECONDS = 60.0

_NEW_SESSION = """
import django
django.setup()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
user = get_user_model().objects.create_superuser("operator")
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
print(session.session_key)
"""


@dataclass(frozen=True, kw_only=True)
class Page:
    """An answer as text; `seconds` is how long it took."""

    status: int
    text: str
    seconds: float

    @property
    def words(self) -> str:
        """What a person reads, markup left out."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.text)).split())


class Site:
    """The installation: `var` is its data folder, `store_dir` that of its store."""

    def __init__(self, *, var: Path, store_dir: Path, up: Up, services: SmallServices, session: str) -> None:
        self.var = var
        self.store_dir = store_dir
        self.store_url = embedded.store_url(store_dir)
        self.up = up
        self.services = services
        self.url = up.wait_for_url()
        self._session = session
        up.wait_for("running;")

    @property
    def origin(self) -> str:
        return self.url.removesuffix(ENDPOINT)

    def get(self, path: str, **headers: str) -> Page:
        began = time.monotonic()
        try:
            with urllib.request.urlopen(
                urllib.request.Request(self.origin + path, headers=headers), timeout=PATIENCE_SECONDS
            ) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        return Page(status=status, text=body.decode(), seconds=time.monotonic() - began)

    def rest(self) -> dict[str, Any]:
        answer = self.get(ENDPOINT)
        assert answer.status == 200
        document: dict[str, Any] = json.loads(answer.text)
        return document

    def page(self) -> str:
        """What a person reads on the dashboard."""
        answer = self.get("/")
        assert answer.status == 200
        return answer.words

    def admin(self) -> Page:
        return self.get("/admin/realtime/service/", Cookie=f"sessionid={self._session}")

    @contextmanager
    def listening(self) -> Iterator[ClientConnection]:
        """A WebSocket that has had its first message."""
        with connect(self.origin.replace("http", "ws") + "/ws/real-time-metrics?mode=delta") as client:
            client.recv(timeout=PATIENCE_SECONDS)
            yield client

    def collect_metrics(self) -> subprocess.CompletedProcess[str]:
        return manage(self.var, "collect_metrics", "--interval", str(INTERVAL_SECONDS), REDIS_URL=self.store_url)

    def pid(self, part: str) -> int:
        return self.up.parts()[part]

    def is_well(self) -> bool:
        document = self.rest()
        return document["status"] == "healthy" and not document["stale"] and "error" not in document

    def wait_until_well(self) -> float:
        """Wait for a snapshot that was made from now on and tells of nothing wrong; return how many seconds it took."""
        before = self.rest()["snapshot_id"]
        return wait_for(lambda: self.is_well() and self.rest()["snapshot_id"] != before, what="recovery")


def told(client: ClientConnection, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return the first message from now on that is wanted."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        message: dict[str, Any] = json.loads(client.recv(timeout=max(0.0, deadline - time.monotonic())))
        if wanted(message):
            return message


def wait_for(happened: Callable[[], object], *, what: str) -> float:
    """Wait until something has happened; return how many seconds it took."""
    began = time.monotonic()
    while not happened():
        assert time.monotonic() - began < PATIENCE_SECONDS, f"not within {PATIENCE_SECONDS:g} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - began


@contextmanager
def running_store(folder: Path) -> Iterator[tuple[redis.Redis, subprocess.Popen[bytes]]]:
    folder.mkdir(exist_ok=True)
    url = embedded.store_url(folder)
    with started_store(folder, url=url) as process, redis.Redis.from_url(url) as client:
        yield client, process


@contextmanager
def running_site(folder: Path, **variables: str) -> Iterator[Site]:
    """Run an installation with three healthy services; the store has to run already, and to go on until the end."""
    var, store_dir = folder / "var", folder / "store"
    variables |= {"REDIS_URL": embedded.store_url(store_dir), "REALTIME_REFRESH_INTERVAL": str(INTERVAL_SECONDS)}
    with small_services() as services:
        registry = folder / "services.yaml"
        registry.write_text(services.registry("one", "two", "three"))
        for words in (("migrate", "--verbosity=0"), ("import_services", str(registry))):
            assert manage(var, *words, **variables).returncode == 0
        environment = {**clean_environment(var, **variables), "DJANGO_SETTINGS_MODULE": "metricsproj.settings"}
        session = subprocess.run(
            [sys.executable, "-c", _NEW_SESSION],
            cwd=PROJECT_DIR,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        with running_up(var, "--port", "0", **variables) as up:
            yield Site(var=var, store_dir=store_dir, up=up, services=services, session=session)
