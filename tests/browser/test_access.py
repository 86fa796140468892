"""Usable on a phone, with a keyboard, and for someone who hears the page instead of seeing it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.fleet import Fleet

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# WCAG 2.2, success criterion 1.4.3: the contrast of a text with what lies behind it, every layer mixed in.
CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const over = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
    if (!own.length || !element.checkVisibility() || element.closest("option, .sr, .skip")) continue;
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.unshift(getComputedStyle(at).backgroundColor);
    const behind = luminance(over(layers));
    const text = luminance(over([...layers, getComputedStyle(element).color]));
    const ratio = (Math.max(behind, text) + 0.05) / (Math.min(behind, text) + 0.05);
    if (ratio < 4.5) found.push(`${element.className || element.tagName} "${own[0].data.trim()}" ${ratio.toFixed(2)}`);
  }
  return found;
}"""


@pytest.fixture
def mixed_fleet(fleet: Fleet) -> Fleet:
    fleet.add("healthy-one", {"status": "healthy", "queries_per_minute": 120}, group="api")
    fleet.add("degraded-one", {"status": "warn"})
    fleet.add("unhealthy-one-with-a-name-that-is-really-quite-long", {"status": "down"}, group="a-long-group-name")
    fleet.add("dead-one").die()
    fleet.add("store", counts_as_api=False)
    fleet.sweep()
    return fleet


@pytest.mark.usefixtures("mixed_fleet")
@pytest.mark.parametrize("path", ["/", "/services/healthy-one", "/services/dead-one"])
def test_a_phone_never_scrolls_sideways(open_page: OpenPage, path: str) -> None:
    page = open_page(path, **PHONE)
    expect(page.locator("[data-connection]")).to_have_text("Live")

    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.usefixtures("mixed_fleet")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/services/dead-one"])
def test_every_text_stands_out_from_its_background(open_page: OpenPage, scheme: str, path: str) -> None:
    page = open_page(path, color_scheme=scheme, reduced_motion="reduce")
    expect(page.locator("[data-connection]")).to_have_text("Live")

    assert page.evaluate(CONTRAST) == []


@pytest.mark.usefixtures("mixed_fleet")
def test_the_table_is_a_table_for_a_screen_reader_even_as_cards(open_page: OpenPage) -> None:
    for options in ({}, PHONE):
        page = open_page("/", **options)
        table = page.get_by_role("table", name="Services, worst first")
        expect(table.get_by_role("columnheader")).to_have_count(8)
        expect(table.get_by_role("row", name="dead-one")).to_contain_text("Error")


@pytest.mark.usefixtures("mixed_fleet")
def test_everything_is_reached_by_keyboard_and_shows_the_focus(open_page: OpenPage) -> None:
    page = open_page("/")
    expect(page.locator("[data-connection]")).to_have_text("Live")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")

    reached = _reached_by_tab(page, until="dead-one")

    assert [name for name in reached if name in ("q", "group", "status")] == ["q", "group", "status"]
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    expect(page).to_have_title("dead-one: Error – Health Dashboard")


@pytest.mark.usefixtures("mixed_fleet")
def test_the_focus_stays_on_a_row_that_moves(open_page: OpenPage, mixed_fleet: Fleet) -> None:
    mortal = mixed_fleet.add("mortal")
    mixed_fleet.sweep()
    page = open_page("/")
    expect(page.locator("[data-connection]")).to_have_text("Live")
    link = page.locator("tbody").get_by_role("link", name="mortal")
    link.focus()

    mortal.die()
    mixed_fleet.sweep()

    expect(page.locator("tbody tr").nth(1)).to_contain_text("mortal")
    expect(link).to_be_focused()


@pytest.mark.usefixtures("mixed_fleet")
def test_nothing_moves_for_those_who_want_no_motion(open_page: OpenPage) -> None:
    page = open_page("/", reduced_motion="reduce")
    expect(page.locator("[data-connection]")).to_have_text("Live")

    assert page.evaluate("document.getAnimations().length") == 0


def _reached_by_tab(page: Page, *, until: str) -> list[str]:
    reached: list[str] = []
    while until not in reached and len(reached) < 60:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
    return reached
