"""The page that shows the OpenAPI document, under a policy that lets nothing in from elsewhere."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.fleet import Fleet


def opened(page: Page) -> Locator:
    """Open the operation of the document, and return it."""
    operation = page.locator("#operations-metrics-getRealTimeMetrics")
    operation.locator(".opblock-summary-control").click()
    return operation


def test_the_operations_are_shown_without_a_violation_of_the_policy(open_page: OpenPage) -> None:
    page = open_page("/api/docs/")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Real-time metrics")
    operation = opened(page)
    expect(operation.locator(".parameters").first).to_contain_text("fail_on")
    expect(operation.locator(".responses-table").first).to_contain_text("data_sources_active")


def test_an_operation_can_be_tried(open_page: OpenPage, fleet: Fleet) -> None:
    fleet.add("data-api")
    fleet.sweep()
    page = open_page("/api/docs/")

    operation = opened(page)
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()

    answer = operation.locator(".live-responses-table")
    expect(answer.locator("tbody .response-col_status").first).to_contain_text("200")
    expect(answer).to_contain_text("data-api")
