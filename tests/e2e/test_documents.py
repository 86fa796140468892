"""Every command and snippet of the documents does what is said of it, against a running `up`."""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from realtime.core.contract.document_fields import DOCUMENT
from realtime.registry import registry_file
from realtime.registry.file_text import FileFormat
from tests.e2e.running import PROJECT_DIR, Up, answer_of, clean_environment, running_up

DOCUMENTS = [PROJECT_DIR / "README.md", *sorted((PROJECT_DIR / "docs").glob("*.md"))]
SNIPPET = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
# They run until stopped, ask for a password, or make a virtual environment: `.ci/run` and other tests run them.
ELSEWHERE = re.compile(
    r"manage\.py (up|serve|createsuperuser)\b|celery -A metricsproj (worker|beat)\b|^python3 -m venv |^npx |--max-time"
)
SITE = "http://127.0.0.1:8003"


def snippets(language: str) -> list[str]:
    return [text for path in DOCUMENTS for kind, text in SNIPPET.findall(path.read_text("utf-8")) if kind == language]


COMMANDS = sorted({line.strip() for text in snippets("sh") for line in text.splitlines() if line.strip()})


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[Up, Path, str]]:
    with tempfile.TemporaryDirectory(prefix="documents-") as folder:
        var = Path(folder) / "var"
        (Path(folder) / "services.yaml").write_text((PROJECT_DIR / "services.example.yaml").read_text())
        with running_up(var, "--demo", "--port", "0") as up:
            url = up.wait_for_url()
            up.wait_for("running;")
            yield up, var, url.partition("/api/")[0]


@pytest.mark.parametrize("command", [command for command in COMMANDS if not ELSEWHERE.search(command)])
def test_a_command_works(site: tuple[Up, Path, str], command: str) -> None:
    _, var, origin = site
    shell = command.replace(SITE, origin).replace(" manage.py ", f" {PROJECT_DIR}/manage.py ")
    shell = re.sub(r"(?<![\w/])\.venv/bin/python", sys.executable, shell)

    ended = subprocess.run(
        ["sh", "-c", shell],
        cwd=var.parent,
        env=clean_environment(var, READ_KEY=""),
        capture_output=True,
        text=True,
        timeout=60,
    )

    # The fleet of --demo is failing, which is what `curl -f` with `fail_on` is there to say.
    wanted = 22 if "fail_on" in command else 0
    assert ended.returncode == wanted, ended.stderr


def test_a_stream_says_something_at_once(site: tuple[Up, Path, str]) -> None:
    (command,) = [command for command in COMMANDS if "/stream" in command]

    with subprocess.Popen(
        shlex.split(command.replace(SITE, site[2])), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as curl:
        assert curl.stdout is not None
        assert any(line.startswith("event: snapshot") for line in curl.stdout)


@pytest.mark.parametrize("text", snippets("yaml"))
def test_a_registry_file_is_good(text: str) -> None:
    whole = text if re.search(r"^(services|data_sources):", text, re.MULTILINE) else f"services:\n{_entry(text)}"

    assert registry_file.parse(whole.encode(), file_format=FileFormat.YAML)


def _entry(text: str) -> str:
    """Return an entry around keys that are shown alone."""
    keys = "".join(f"    {line}\n" for line in text.splitlines())
    return f"  - name: example\n    base_url: http://127.0.0.1:8001\n{keys}"


@pytest.mark.parametrize("text", snippets("json"))
def test_an_answer_has_fields_that_there_are(text: str) -> None:
    shown = json.loads(text)

    if "type" in shown:
        assert shown.keys() >= {"type", "title", "status", "detail", "code"}
    else:
        assert shown.keys() <= DOCUMENT.field_names


def test_the_python_client_polls_and_is_told_that_nothing_is_new(site: tuple[Up, Path, str]) -> None:
    names: dict[str, Any] = {}
    (poller,) = [text for text in snippets("python") if "def poll" in text]
    exec(poller, names)
    url = f"{site[2]}/api/v1/real-time-metrics?fields=summary"

    document, etag = names["poll"](url)
    while True:
        again, etag_again = names["poll"](url, etag)
        if again is None:
            break
        document, etag = again, etag_again  # a new snapshot has come in between

    assert document["total_apis"] == 10


def test_the_recipe_gives_another_dashboard_its_words(site: tuple[Up, Path, str]) -> None:
    names: dict[str, Any] = {}
    (recipe,) = [text for text in snippets("python") if "in_other_words" in text]
    exec(recipe, names)

    translated = names["in_other_words"](answer_of(f"{site[2]}/api/v1/real-time-metrics"))

    assert translated["sports-api"]["status"] == "timeout"
    assert translated["device-intelligence"] == {
        "status": "error",
        "error_message": "connection refused",
        "events_per_hour": 0,
    }
    assert translated["weather-api"]["status"] == "inactive"
    assert translated["websocket-ingestion"]["status"] == "active"
    assert translated["websocket-ingestion"]["events_per_hour"] > 0


@pytest.mark.parametrize("text", snippets("nginx"))
def test_nginx_takes_its_configuration(tmp_path: Path, text: str) -> None:
    nginx = next((path for path in ("/usr/sbin/nginx", "/usr/bin/nginx") if os.access(path, os.X_OK)), None)
    if nginx is None:
        pytest.skip("there is no nginx here (Debian: apt-get install nginx-light)")
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}}\n"
        "http { map $http_upgrade $connection_upgrade { default upgrade; '' ''; }\n"
        f"access_log off; server {{ listen 127.0.0.1:8099;\n{text}}} }}\n"
    )

    ended = subprocess.run(
        [nginx, "-t", "-c", str(configuration), "-p", str(tmp_path)], capture_output=True, text=True, timeout=30
    )

    assert ended.returncode == 0, ended.stderr
