"""Secrets planted wherever there are some, and looked for wherever anything comes out: answers, pages, admin, logs of
real programs, the export, tracebacks, the database and Redis. The services echo whatever they are sent.
"""

import http.cookiejar
import json
import re
import sqlite3
import threading
import urllib.error
import urllib.parse
import urllib.request
import zlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import redis
from cryptography.fernet import Fernet

from metricsproj import embedded
from tests.client_certificates import make
from tests.e2e.programs import ENDPOINT, Programs, ask, programs

TYPED, REFERRED, BASIC, PASSWORD = (f"pl4nted-{word}-5ecret" for word in ("typed", "env", "basic", "admin"))
SECRET_KEY = "pl4nted-django-5ecret" * 3
TYPED_CERTIFICATE, REFERRED_CERTIFICATE = make("typed"), make("env")
SEALING = Fernet.generate_key().decode()
REGISTRY = """
services:
  - {{name: healthy, base_url: "{url}", health_path: /ok, headers: {headers}, client_certificate: {typed_pem}}}
  - {{name: failing, base_url: "{url}", health_path: /oops, headers: {headers}}}
  - {{name: leading, base_url: "{url}", health_path: /redirect, follow_redirects: true, headers: {headers}}}
  - {{name: babbling, base_url: "{url}", health_path: /garbage, headers: {headers}}}
  - {{name: wandering, base_url: "{url}", health_path: /wander, follow_redirects: true, headers: {headers}}}
  - {{name: gone, base_url: "https://127.0.0.1:1", headers: {headers}, client_certificate: "${{PLANTED_PEM}}"}}
"""
HEADERS = {
    "X-Typed": TYPED,
    "X-Referred": "${PLANTED_TOKEN}",
    "Authorization": f"Basic me:{BASIC}",
}


class _Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        told = json.dumps({"status": "healthy", "echo": dict(self.headers), "error": dict(self.headers)}).encode()
        match self.path:
            case "/garbage":
                self.wfile.write(b"HTTP/1.1 2OO " + told + b"\r\n\r\n" + told)
                return
            case "/redirect":
                self.send_response(302, TYPED)
                self.send_header("Location", f"ftp://127.0.0.1/?token={TYPED}")
            case "/wander":
                self.send_response(302)
                self.send_header("Location", f"/ok?token={TYPED}")
            case "/oops":
                self.send_response(500, TYPED)
            case _:
                self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Echo", TYPED)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def echoing() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Operator:
    """A browser at the admin; every page it sees is kept."""

    def __init__(self, port: int) -> None:
        self.pages: list[str] = []
        self._origin = f"http://127.0.0.1:{port}"
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def open(self, path: str, **fields: str) -> str:
        """Open a page, or post a form to it."""
        data = urllib.parse.urlencode(fields).encode() if fields else None
        try:
            with self._opener.open(self._origin + path, data=data, timeout=30) as response:
                text = f"{response.headers}{response.read().decode()}"
        except urllib.error.HTTPError as error:
            with error:
                text = f"{error.headers}{error.read().decode()}"
        self.pages.append(text)
        return text

    def post(self, path: str, **fields: str) -> str:
        token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', self.open(path))[0]
        return self.open(path, csrfmiddlewaretoken=token, **fields)


def in_redis(data_dir: Path) -> str:
    """Return names and values of everything in the store, also what lies there compressed."""
    parts: list[bytes] = []
    with redis.Redis.from_url(embedded.store_url(data_dir)) as client:
        for key in client.scan_iter():
            parts.append(key)
            match client.type(key):
                case b"string":
                    parts.append(client.get(key) or b"")
                case b"hash":
                    parts += [part for pair in client.hgetall(key).items() for part in pair]
                case b"list":
                    parts += client.lrange(key, 0, -1)
                case b"set":
                    parts += client.smembers(key)
    for part in tuple(parts):
        with suppress(zlib.error):
            parts.append(zlib.decompress(part))
    return b"\n".join(parts).decode(errors="replace")


def in_database(data_dir: Path) -> str:
    with sqlite3.connect(data_dir / "db.sqlite3") as database:
        return "\n".join(database.iterdump())


def look_at_everything(running: Programs, port: int, key: str) -> list[str]:
    """Ask for all that there is, right and wrong, with and without the right to it."""
    headers = {"Authorization": f"Bearer {key}"}
    paths = [
        ENDPOINT,
        f"{ENDPOINT}?period=7m",
        f"{ENDPOINT}/history?metric=error_rate",
        f"{ENDPOINT}/history?metric=error_rate&service=failing",
        f"{ENDPOINT}/history?metric=nonsense",
        "/",
        "/services/healthy",
        "/services/failing",
        "/services/nonsense",
        "/nothing-here",
        "/livez",
        "/readyz",
        "/sign-in",
        "/static/nothing-here.js",
    ]
    seen = [ask(port, path, headers=with_headers)[1] for path in paths for with_headers in (headers, {})]
    seen.append(ask(port, headers={"Authorization": f"Bearer {key[:-1]}x"})[1])
    seen.append(ask(port, headers={**headers, "Host": "evil.example"})[1])
    return seen


def look_as_operator(port: int) -> Operator:
    operator = Operator(port)
    operator.post("/admin/login/", username="ann", password="pl4nted-wrong-5ecret")
    operator.post("/admin/login/", username="ann", password=PASSWORD)
    assert "Registry and schedule" in operator.open("/admin/")
    services = "/admin/realtime/service/"
    listing = operator.open(services)
    ids = re.findall(r'name="_selected_action" value="(\d+)"', listing)
    assert len(ids) == 6
    for number in ids:
        operator.open(f"{services}{number}/change/")
        report = operator.post(services, action="probe_now", _selected_action=number, index="0")
        assert "the verdict of one probe" in report
    operator.open("/admin/realtime/readkey/")
    operator.open("/admin/axes/accessattempt/")
    return operator


def test_no_secret_ever_comes_out(tmp_path: Path) -> None:
    variables = {
        "REALTIME_READ_ACCESS": "key",
        "SECRET_KEY": SECRET_KEY,
        "REALTIME_SECRETS_KEY": SEALING,
        "PLANTED_TOKEN": REFERRED,
        "PLANTED_PEM": REFERRED_CERTIFICATE.pem,
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        "LOG_LEVEL": "DEBUG",
    }
    with echoing() as url, programs(tmp_path / "var", **variables) as running:
        registry = tmp_path / "services.yaml"
        registry.write_text(
            REGISTRY.format(url=url, headers=json.dumps(HEADERS), typed_pem=json.dumps(TYPED_CERTIFICATE.pem))
        )
        running.manage("import_services", str(registry))
        running.manage("createsuperuser", "--no-input", "--username", "ann", "--email", "ann@example.com")
        key = running.manage("create_read_key", "display").strip()
        logged_key = running.data_dir / "commands.log"
        logged_key.write_text(logged_key.read_text().replace(f"{key}\n", ""))  # printed once, as promised
        came_out = [running.manage("collect_metrics", *words) for words in (["--json"], ["--interval", "60"])]
        came_out.append(running.manage("export_services"))
        with running.web("web") as port:
            came_out += look_at_everything(running, port, key)
            operator = look_as_operator(port)
            # Something breaks: the traceback is logged.
            running.shell(
                "from django.db import connection",
                "connection.cursor().execute('ALTER TABLE realtime_requestheader RENAME TO gone')",
            )
            assert "Server Error" in operator.open("/admin/realtime/service/1/change/")
        running.manage("collect_metrics", "--interval", "60", expected=(2,))
        stored, database, printed = in_redis(running.data_dir), in_database(running.data_dir), running.printed()

    assert "healthy" in stored
    assert "sealed:gAAAA" in database
    assert "Traceback" in printed
    places = {
        "answers": "\n".join(came_out),
        "admin": "\n".join(operator.pages),
        "programs": printed,
        "redis": stored,
        "database": database,
    }
    secrets = [TYPED, REFERRED, BASIC, b64encode(f"me:{BASIC}".encode()).decode(), PASSWORD, SECRET_KEY, SEALING, key]
    secrets += [TYPED_CERTIFICATE.secret, REFERRED_CERTIFICATE.secret, "PRIVATE KEY"]
    found = [(place, secret) for place, text in places.items() for secret in secrets if secret in text]
    assert not found
    assert "pl4nted" not in "".join(places.values()), "a part of one"
