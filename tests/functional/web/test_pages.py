"""The pages as Django answers them: policy, honesty, and nothing that a closed network would miss.

No test here may use the database: painting a page takes no SQL.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from realtime.core.records import Status

Publish = Callable[..., int]
PAGES = ("/", "/services/influxdb", "/services/nobody")
STATIC = Path(str(finders.find("realtime/css/dashboard.css"))).parent.parent


class Markup(HTMLParser):
    """Notes what a strict policy forbids, and every address."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in names and names.get("type") != "application/json"):
            self.inline.append(tag)
        self.inline += [f"{tag} {name}" for name in names if name == "style" or name.startswith("on")]
        self.addresses += [names[name] or "" for name in ("href", "src", "action") if name in names]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_allows_nothing_but_its_own_files(client: Client, publish: Publish, path: str) -> None:
    publish()

    policy = client.get(path)["Content-Security-Policy"].split("; ")

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not [part for part in policy if "unsafe" in part or "*" in part or "http" in part]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_nothing_inline_and_no_link_to_any_host(client: Client, publish: Publish, path: str) -> None:
    publish(influxdb=Status.ERROR)

    markup = Markup(client.get(path).content.decode())

    assert markup.inline == []
    assert markup.addresses
    assert not [address for address in markup.addresses if re.match(r"\w+:|//", address)]


def test_no_file_of_the_pages_names_a_host() -> None:
    files = [path for path in STATIC.rglob("*") if path.suffix in (".css", ".js", ".svg")]
    assert len(files) > 10
    for path in files:
        text = path.read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert "://" not in text, path.name


def test_pages_are_read_only(client: Client, publish: Publish) -> None:
    publish()

    assert client.head("/").status_code == 200
    assert client.post("/").status_code == 405


def test_a_page_is_never_taken_from_a_cache_unasked(client: Client, publish: Publish) -> None:
    publish()

    assert client.get("/")["Cache-Control"] == "private, no-cache"


def test_an_unknown_service_is_not_found(client: Client, publish: Publish) -> None:
    publish()

    answer = client.get("/services/nobody")

    assert answer.status_code == 404
    assert "nobody" in answer.content.decode()


@pytest.mark.parametrize("word", ["", "2h", "5m5m", "%3Cb%3E"])
def test_an_unknown_period_shows_the_default_one(client: Client, publish: Publish, word: str) -> None:
    publish()

    answer = client.get(f"/?period={word}")

    assert answer.status_code == 200
    assert answer.context["period"] == "5m"


def test_a_stale_page_says_since_when(client: Client, publish: Publish) -> None:
    publish(ago=timedelta(minutes=5))

    page = client.get("/").content.decode()

    assert "Stale since" in page
    assert "Not up to date" in page


def test_before_the_first_snapshot_the_page_says_what_to_do(client: Client, store: object) -> None:
    page = client.get("/").content.decode()

    assert "No data yet" in page
    assert "manage.py up" in page


def test_what_is_no_api_is_shown_and_marked(client: Client, publish: Publish) -> None:
    publish()

    shown = {row.name: row.is_api for row in client.get("/").context["rows"]}

    assert shown == {"websocket-ingestion": True, "enrichment-pipeline": True, "influxdb": False}


def test_a_query_chooses_rows(client: Client, publish: Publish) -> None:
    publish(influxdb=Status.ERROR)

    def names(query: str) -> list[str]:
        return [row.name for row in client.get(f"/?{query}").context["rows"]]

    assert names("q=PIPE") == ["enrichment-pipeline"]
    assert names("status=error") == ["influxdb"]
    assert names("status=nonsense&group=") == ["influxdb", "websocket-ingestion", "enrichment-pipeline"]
    assert names("q=nothing+like+it") == []
