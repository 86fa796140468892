"""How soon the dashboard shows its first numbers, and how long an update holds the browser's main thread.

    python bench/page_paint.py --services 1000

Wants Playwright (requirements-dev.txt) and a chromium on the PATH. Every number of a sweep differs from the last one's,
which is the worst case for an update.
"""

import argparse
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from measured_site import publish, running_site
from playwright.sync_api import Page, expect, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
VISITS = 5
UPDATES = 5
PATIENCE_MS = 30_000
WATCH_LONG_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => list.getEntries().forEach((entry) => longTasks.push(entry.duration)))
  .observe({ type: "longtask", buffered: true });
"""
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
SIZE = "performance.getEntriesByType('navigation')[0].decodedBodySize"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=1000)
    services = parser.parse_args().services
    # Playwright's event loop runs in this thread, where nothing else may wait for one.
    with running_site() as site, ThreadPoolExecutor(1) as publisher, sync_playwright() as playwright:
        sweeps = iter(range(1_000_000))

        def sweep() -> None:
            publisher.submit(publish, services=services, sweep=next(sweeps)).result()

        site.await_answer()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for visit in range(VISITS):
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            page.add_init_script(WATCH_LONG_TASKS)
            sweep()  # or the page would rightly call it stale after a while
            page.goto(f"http://127.0.0.1:{site.port}/")
            expect(page.locator("[data-connection]")).to_have_text("Live", timeout=PATIENCE_MS)
            print(
                f"visit {visit + 1}: first paint {page.evaluate(FIRST_PAINT):.0f} ms,"
                f" page {page.evaluate(SIZE) / 1024:.0f} KiB"
            )
            if visit < VISITS - 1:
                page.close()
        print(f"update, {_rows(page)} rows: longest tasks {_longest_tasks(page, sweep)} ms (0: none over 50)")
        while page.locator("[data-more]").is_visible():
            page.locator("[data-more]").scroll_into_view_if_needed()
            page.wait_for_timeout(50)
        print(f"update, {_rows(page)} rows: longest tasks {_longest_tasks(page, sweep)} ms (0: none over 50)")


def _rows(page: Page) -> int:
    return page.locator("tbody tr").count()


def _longest_tasks(page: Page, sweep: Callable[[], None]) -> list[int]:
    """Return for each of some updates the longest task of the main thread."""
    longest = []
    for _ in range(UPDATES):
        page.evaluate("longTasks.length = 0")
        shown = page.locator("[data-metric=events_per_second] [data-f=value]").inner_text()
        sweep()
        expect(page.locator("[data-metric=events_per_second] [data-f=value]")).not_to_have_text(
            shown, timeout=PATIENCE_MS
        )
        page.wait_for_timeout(300)
        longest.append(round(page.evaluate("Math.max(0, ...longTasks)")))
    return longest


if __name__ == "__main__":
    main()
