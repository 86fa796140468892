"""The environment variables: what is read from them, and what each mistake is told as."""

import subprocess
import sys
from pathlib import Path

import pytest

from metricsproj import env
from realtime.config import Rate

STRONG_KEY = "a-long-k3y." * 6
FERNET_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


def mistakes(**variables: str) -> tuple[str, ...]:
    with pytest.raises(env.MistakenEnvironment) as caught:
        env.read(variables)
    return caught.value.mistakes


def test_nothing_set_is_a_safe_run_on_this_machine_alone() -> None:
    values = env.read({})

    assert values[env.DEBUG] is False
    assert values[env.ALLOWED_HOSTS] == ("localhost", "127.0.0.1", "[::1]")
    assert values[env.REDIS_URL] == ""
    assert values[env.DATABASE_URL] is None
    assert values[env.REFRESH_INTERVAL] == 5
    assert values[env.SWEEP_DEADLINE] is None
    assert values[env.HTTPS] is False
    assert values[env.TRUSTED_PROXY_HEADERS] == ()


@pytest.mark.parametrize("variable", env.TABLE, ids=lambda variable: variable.name)
def test_a_variable_that_is_set_to_nothing_counts_as_unset(variable: env.Variable) -> None:
    assert env.read({variable.name: "  "})[variable] == env.read({})[variable]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DEBUG", "maybe", "'maybe' is neither yes nor no (choose 1 or 0)"),
        ("ALLOWED_HOSTS", "https://a.example", "'https://a.example' is no host name"),
        ("ALLOWED_HOSTS", "a.example:8003", "'a.example:8003' is no host name"),
        ("CSRF_TRUSTED_ORIGINS", "a.example", "'a.example' is no origin"),
        ("CSRF_TRUSTED_ORIGINS", "https://a.example/", "'https://a.example/' is no origin"),
        ("CSRF_TRUSTED_ORIGINS", "https://a.example:http", "is no origin"),
        ("REALTIME_ALLOWED_ORIGINS", "*", "'*' is no origin"),
        ("LOG_LEVEL", "LOUD", "'LOUD' is not one of DEBUG, INFO, WARNING, ERROR, CRITICAL"),
        ("REALTIME_REFRESH_INTERVAL", "0", "'0' is not a whole number from 1 to 3600"),
        ("REALTIME_REFRESH_INTERVAL", "2.5", "'2.5' is not a whole number from 1 to 3600"),
        ("REALTIME_REFRESH_INTERVAL", "٣", "is not a whole number"),
        ("REALTIME_SWEEP_DEADLINE", "nan", "'nan' is not a number of seconds from 0.1 to 3600"),
        ("REALTIME_SWEEP_DEADLINE", "5", "5 s is not shorter than REALTIME_REFRESH_INTERVAL (5 s)"),
        ("REALTIME_PROBE_THREADS", "0", "'0' is not a whole number from 1 to 1024"),
        ("REALTIME_BODY_LIMIT", "1", "'1' is not a whole number from 1024 to"),
        ("REALTIME_PROBE_ALLOW", "10.0.0.1/8", "'10.0.0.1/8' has bits set behind its prefix (write 10.0.0.0/8)"),
        ("REALTIME_PROBE_ALLOW", "10.0.0.0/8 fd00::/8", "'10.0.0.0/8 fd00::/8' is no network"),
        ("REALTIME_PROBE_DENY", "10.0.0.0/33", "'10.0.0.0/33' is no network (write 10.0.0.0/8 or fd00::/8"),
        ("REALTIME_PROBE_DENY", "10.0.0.0/255.0.0.0", "is no network"),
        ("REALTIME_PROBE_DENY", "10.1", "'10.1' is no network"),
        ("REALTIME_PROBE_DENY", "010.0.0.0/8", "is no network"),
        ("REALTIME_PROBE_DENY", "fe80::%eth0/10", "is no network"),
        ("REALTIME_PROBE_DENY", "internal.example", "'internal.example' is no network"),
        ("REALTIME_PROBE_DENY", "10.0.0.0/８", "is no network"),
        ("REALTIME_KEY_PREFIX", "a b", "'a b' is not 1 to 64 letters"),
        ("REALTIME_TRUSTED_PROXY_HEADERS", "X-Real-IP", "'X-Real-IP' is not one of X-Forwarded-Proto, X-"),
        ("REALTIME_READ_ACCESS", "friends", "'friends' is not one of public, key, staff"),
        ("REALTIME_REFRSH_INTERVAL", "5", "no such setting (did you mean REALTIME_REFRESH_INTERVAL?)"),
        ("REALTIME_QQQQ", "5", "no such setting (choose REALTIME_ALLOWED_ORIGINS, "),
    ],
)
def test_a_mistake_is_one_line_with_its_name_and_the_way_out(name: str, value: str, said: str) -> None:
    (line,) = mistakes(**{name: value})

    assert said in line
    assert "\n" not in line
    assert name in line


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("REALTIME_HTTPS", "1", "is required with REALTIME_HTTPS"),
        ("ALLOWED_HOSTS", "a.example", "is required, because ALLOWED_HOSTS names another host"),
    ],
)
def test_who_serves_others_chooses_the_keys(name: str, value: str, why: str) -> None:
    of_secret_key, of_secrets_key = mistakes(**{name: value})

    assert of_secret_key.startswith(f"SECRET_KEY: {why}")
    assert of_secrets_key.startswith(f"REALTIME_SECRETS_KEY: {why}")


def test_metrics_are_public_only_while_nobody_else_can_ask() -> None:
    others = {"ALLOWED_HOSTS": "a.example", "SECRET_KEY": STRONG_KEY, "REALTIME_SECRETS_KEY": FERNET_KEY}

    assert env.read_access(env.read({})) == "public"
    assert env.read_access(env.read(others)) == "key"
    assert env.read_access(env.read({**others, "REALTIME_READ_ACCESS": "Public"})) == "public"
    assert env.read_access(env.read({"REALTIME_READ_ACCESS": "staff"})) == "staff"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SECRET_KEY", "hunter2", "is too weak"),
        ("SECRET_KEY", "h" * 60, "is too weak"),
        ("REALTIME_SECRETS_KEY", f"{FERNET_KEY},hunter2", "number 2 is no Fernet key"),
        ("DATABASE_URL", "mysql://me:hunter2@db/metrics", "has an unknown scheme"),
        ("DATABASE_URL", "postgres://me:hunter2@db:port/metrics", "cannot be read"),
        ("DATABASE_URL", "postgres://me:hunter2@db/", "names no database"),
        ("DATABASE_URL", "sqlite://", "is in memory"),
        ("REDIS_URL", "http://:hunter2@cache", "has an unknown scheme"),
        ("REDIS_URL", "redis://:hunter2@cache:port/0", "cannot be read"),
        ("REDIS_URL", "redis://:hunter2@cache/zero", "has a database that is no number"),
        ("REDIS_URL", "redis://", "names no host"),
        ("REDIS_URL", "redis+cluster://:hunter2@cache:7000", "names a Redis Cluster, which Celery cannot use"),
        ("REDIS_URL", "unix://", "names no socket"),
        ("REDIS_URL", "unix:///run/redis.sock?db=x", "has a database that is no number"),
    ],
)
def test_a_mistake_in_a_secret_never_shows_the_secret(name: str, value: str, said: str) -> None:
    (line,) = mistakes(**{name: value})

    assert line.startswith(f"{name}: {said}")
    assert "hunter2" not in line
    assert "hhh" not in line


def test_debug_pages_are_for_this_machine_alone() -> None:
    elsewhere = {"ALLOWED_HOSTS": "metrics.example.com", "SECRET_KEY": STRONG_KEY, "REALTIME_SECRETS_KEY": FERNET_KEY}

    (line,) = mistakes(DEBUG="1", **elsewhere)

    assert line.startswith("DEBUG: shows settings and variables to whoever asks")
    assert env.read({"DEBUG": "1"})[env.DEBUG] is True


def test_all_mistakes_are_told_at_once() -> None:
    assert len(mistakes(DEBUG="?", LOG_LEVEL="?", REALTIME_PROBE_THREADS="?", REALTIME_TYPO="1")) == 4


def test_production_values_are_read() -> None:
    values = env.read(
        {
            "SECRET_KEY": STRONG_KEY,
            "REALTIME_SECRETS_KEY": FERNET_KEY,
            "ALLOWED_HOSTS": "metrics.example.com, .example.org",
            "DATABASE_URL": "postgres://me:p%40ss@db:5433/metrics?sslmode=require",
            "REDIS_URL": "rediss://:secret@cache:6380/2",
            "REALTIME_HTTPS": "yes",
            "REALTIME_TRUSTED_PROXY_HEADERS": "x-forwarded-proto",
            "REALTIME_SWEEP_DEADLINE": "2.5",
            "REALTIME_ALLOWED_ORIGINS": "https://a.example,http://b.example:8080",
        }
    )

    database = values[env.DATABASE_URL]
    assert database is not None
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db", 5433, "metrics")
    assert (database["PASSWORD"], database["OPTIONS"]) == ("p@ss", {"sslmode": "require"})
    assert values[env.ALLOWED_HOSTS] == ("metrics.example.com", ".example.org")
    assert values[env.TRUSTED_PROXY_HEADERS] == ("X-Forwarded-Proto",)
    assert values[env.SWEEP_DEADLINE] == 2.5
    assert values[env.ALLOWED_ORIGINS] == ("https://a.example", "http://b.example:8080")


@pytest.mark.parametrize(
    ("value", "requests", "window_seconds"),
    [("120/min", 120, 60), ("5 / second", 5, 1), ("9/m", 9, 60), ("1000/HOUR", 1000, 3600), ("2/d", 2, 86_400)],
)
def test_a_rate_is_read_as_a_number_and_a_window(value: str, requests: int, window_seconds: int) -> None:
    rate = env.read({"REALTIME_THROTTLE": value})[env.THROTTLE]

    assert rate == Rate(requests=requests, window_seconds=window_seconds)


def test_lists_of_networks_are_read_bare_addresses_and_mapped_ones_too() -> None:
    values = env.read(
        {"REALTIME_PROBE_ALLOW": "10.0.0.0/8, fd00::/8,", "REALTIME_PROBE_DENY": "10.1.2.3,::ffff:a02:0/112"}
    )

    assert [str(network) for network in values[env.PROBE_ALLOW]] == ["10.0.0.0/8", "fd00::/8"]
    assert [str(network) for network in values[env.PROBE_DENY]] == ["10.1.2.3/32", "10.2.0.0/16"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "program",
    [
        ("manage.py", "check"),
        ("-m", "celery", "-A", "metricsproj", "worker"),
        ("-m", "celery", "-A", "metricsproj", "beat"),
        ("-m", "uvicorn", "metricsproj.asgi:application", "--port", "0"),
    ],
    ids=["manage.py", "worker", "beat", "web server"],
)
def test_every_program_ends_with_2_and_a_line_for_each_mistake(program: tuple[str, ...], tmp_path: Path) -> None:
    project_dir = Path(env.__file__).parent.parent
    ended = subprocess.run(
        [sys.executable, *program],
        cwd=project_dir,
        env={"PATH": "/usr/bin:/bin", "REALTIME_DATA_DIR": str(tmp_path), "DEBUG": "maybe", "REALTIME_HTPS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        "settings: REALTIME_HTPS: no such setting (did you mean REALTIME_HTTPS?)",
        "settings: DEBUG: 'maybe' is neither yes nor no (choose 1 or 0)",
    ]
