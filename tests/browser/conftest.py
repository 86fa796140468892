"""The real thing for the browser tests: an installation and Chromium; skipped where there is no Chromium."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.browser.fleet import Fleet
from tests.browser.installation import Installation, installed

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 60_000  # for what is waited for; nothing waits that long where all is well
OpenPage = Callable[..., Page]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("there is no chromium on the PATH (Debian: apt-get install chromium)")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


# After `chromium`, so that nothing is started where the tests are skipped.
@pytest.fixture(scope="package")
def site(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("site")) as installation:
        yield installation


@pytest.fixture
def fleet(site: Installation) -> Iterator[Fleet]:
    """A registry without services, and an empty store."""
    fleet = Fleet(site)
    yield fleet
    fleet.close()


class Visitor:
    """Opens pages of the site, and notes what no page should do: complain in the console, ask another host."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._host = urlsplit(url).netloc
        self._url = url
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def open_page(
        self, path: str = "/", *, may_complain: bool = False, scripts: tuple[str, ...] = (), **options: Any
    ) -> Page:
        """Open a page.

        Args:
            may_complain: what goes to the console is expected, such as a connection that was refused.
            scripts: run before those of the page.
            options: of the browser's context, such as its viewport.
        """
        context = self._browser.new_context(
            base_url=self._url, **{"viewport": {"width": 1280, "height": 800}, **options}
        )
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        for script in scripts:
            context.add_init_script(script)
        page = context.new_page()
        page.on("request", self._judge_request)
        if not may_complain:
            page.on("console", self._judge_console)
            page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(path)
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _judge_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} ({message.location})")

    def _judge_request(self, request: Request) -> None:
        if urlsplit(request.url).netloc != self._host:
            self.complaints.append(f"request to {request.url}")


@pytest.fixture
def open_page(chromium: Browser, site: Installation, fleet: Fleet) -> Iterator[OpenPage]:
    """Open a page of the site; a complaint of the console or a request to another host fails the test.

    `fleet`, because pages must be closed before what they show is forgotten.
    """
    visitor = Visitor(chromium, site.url)
    yield visitor.open_page
    visitor.close()
    assert visitor.complaints == []
