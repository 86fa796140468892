"""Whatever a service says is shown as text."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.fleet import Fleet
from tests.e2e.running import PROJECT_DIR

MARKUP = "<img src=x onerror=window.stung=1>"
HOSTILE = {
    "status": "healthy",
    MARKUP: 1,
    "</td><script>window.stung=1</script>": 2,
    "__proto__": 3,
    "constructor": 4,
    "{{ 7|add:7 }}": 5,
}


def assert_unharmed(page: Page) -> None:
    assert page.evaluate("window.stung") is None
    assert page.evaluate("({}).polluted") is None
    expect(page.locator("main img, main script, main iframe")).to_have_count(0)


def test_markup_in_a_reading_s_name_is_text(open_page: OpenPage, fleet: Fleet) -> None:
    service = fleet.add("hostile", HOSTILE, group=MARKUP)
    fleet.sweep()
    page = open_page("/")
    expect(page.locator("[data-connection]")).to_have_text("Live")
    row = page.locator("tr[data-service=hostile]")
    expect(row).to_contain_text(MARKUP)

    service.answer = {"status": "healthy", f"{MARKUP}{MARKUP}"[:60]: 6, "__proto__": {"polluted": 1}}
    fleet.sweep()

    expect(row.locator(".c-readings")).to_contain_text("onerror=window.stung=1><img")
    assert_unharmed(page)


def test_markup_in_an_error_is_text(open_page: OpenPage, fleet: Fleet) -> None:
    fleet.add("hostile", {"status": "down", "message": MARKUP})
    fleet.sweep()

    page = open_page("/services/hostile")

    expect(page.locator("[data-failure]")).to_contain_text("Reports itself unhealthy")
    assert_unharmed(page)


def test_markup_in_the_address_is_text(open_page: OpenPage, fleet: Fleet) -> None:
    fleet.add("steady")
    fleet.sweep()

    page = open_page(f"/?q={MARKUP}&group={MARKUP}&period={MARKUP}")

    expect(page.get_by_label("Search")).to_have_value(MARKUP)
    assert_unharmed(page)


def test_no_script_writes_markup() -> None:
    scripts = list((PROJECT_DIR / "realtime/static/realtime/js").glob("*.js"))
    assert scripts
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "://"):
            assert word not in text, f"{script.name} says {word}"
