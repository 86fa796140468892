"""What a process says of itself, and how the settings follow the environment."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from metricsproj import env

SHOWN = (
    "ALLOWED_HOSTS",
    "CACHES",
    "CELERY_BROKER_TRANSPORT_OPTIONS",
    "CELERY_BROKER_URL",
    "CORS_ALLOWED_ORIGINS",
    "DATABASES",
    "DEBUG",
    "MIDDLEWARE",
    "SECURE_HSTS_SECONDS",
    "SECURE_PROXY_SSL_HEADER",
    "SECURE_SSL_REDIRECT",
    "SESSION_COOKIE_SECURE",
    "USE_X_FORWARDED_HOST",
)


def settings_with(data_dir: Path, **variables: str) -> dict[str, Any]:
    """Return settings as a program with these variables has them."""
    code = (
        "import json, metricsproj.settings as s;"
        f"print(json.dumps({{n: getattr(s, n, None) for n in {SHOWN!r}}}, default=str))"
    )
    kept = {name: value for name, value in os.environ.items() if name not in env.NAMES}
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(env.__file__).parent.parent,
        env={**kept, "REALTIME_DATA_DIR": str(data_dir), **variables},
        check=True,
        capture_output=True,
        timeout=60,
    )
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.mark.parametrize("host", ["localhost", "10.0.0.7:8003", "not a host"])
def test_the_liveness_answer_asks_neither_the_host_nor_the_store(host: str) -> None:
    answer = Client().get("/livez", headers={"host": host})

    assert answer.status_code == 200
    assert answer.content == b"ok\n"
    assert answer["Cache-Control"] == "no-store"


def test_by_default_nothing_needs_tls_and_no_proxy_is_believed(tmp_path: Path) -> None:
    found = settings_with(tmp_path)

    assert found["SECURE_SSL_REDIRECT"] is found["SESSION_COOKIE_SECURE"] is found["USE_X_FORWARDED_HOST"] is False
    assert found["SECURE_PROXY_SSL_HEADER"] is None
    assert found["SECURE_HSTS_SECONDS"] == 0
    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "db.sqlite3")
    assert not [name for name in found["MIDDLEWARE"] if "cors" in name]


def test_one_setting_turns_on_all_that_tls_needs(tmp_path: Path) -> None:
    found = settings_with(
        tmp_path,
        REALTIME_HTTPS="1",
        SECRET_KEY="a-long-k3y." * 6,
        REALTIME_SECRETS_KEY="MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        REALTIME_TRUSTED_PROXY_HEADERS="X-Forwarded-Proto,X-Forwarded-Host",
    )

    assert found["SECURE_SSL_REDIRECT"] is found["SESSION_COOKIE_SECURE"] is found["USE_X_FORWARDED_HOST"] is True
    assert found["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert found["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600


def test_a_shared_database_and_redis_are_asked_with_short_timeouts(tmp_path: Path) -> None:
    found = settings_with(
        tmp_path,
        DATABASE_URL="postgres://me:pw@db/metrics?connect_timeout=5",
        REDIS_URL="redis://cache/3",
        REALTIME_KEY_PREFIX="staging",
    )

    database = found["DATABASES"]["default"]
    assert database["CONN_HEALTH_CHECKS"] is True
    assert database["OPTIONS"]["connect_timeout"] == 5
    assert found["CACHES"]["default"]["OPTIONS"]["CONNECTION_POOL_KWARGS"]["socket_timeout"] == 0.5
    assert found["CACHES"]["default"]["KEY_PREFIX"] == "staging"
    assert found["CELERY_BROKER_URL"] == "redis://cache/3"
    assert found["CELERY_BROKER_TRANSPORT_OPTIONS"]["global_keyprefix"] == "staging:celery:"


def test_other_origins_may_read_only_when_they_are_named(tmp_path: Path) -> None:
    found = settings_with(tmp_path, REALTIME_ALLOWED_ORIGINS="https://dash.example")

    assert found["CORS_ALLOWED_ORIGINS"] == ["https://dash.example"]
    assert [name for name in found["MIDDLEWARE"] if "cors" in name]
