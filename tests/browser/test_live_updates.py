"""The page follows the snapshots, says how it is connected, and asks for nothing it is told anyway."""

import json
import re
from typing import Any

from playwright.sync_api import Page, Request, Response, WebSocket, expect

from tests.browser.conftest import OpenPage
from tests.browser.fleet import CALM_SECONDS, Fleet
from tests.browser.installation import Installation
from tests.e2e.running import PROJECT_DIR

# A network that lets no WebSocket, or no event stream, through.
NO_WEBSOCKET = """window.WebSocket = class {
  constructor() { setTimeout(() => this.onclose?.()); }
  close() {}
};"""
NO_EVENT_STREAM = """window.EventSource = class {
  constructor() { setTimeout(() => this.onerror?.()); }
  addEventListener() {}
  close() {}
};"""
METRICS = "/api/v1/real-time-metrics?"
WITH_A_KEY = """import { Feed } from "/static/realtime/js/feed.js";
let how = "";
const base = "/api/v1/real-time-metrics";
new Feed({
  urls: { metrics: base, stream: `${base}/stream`, socket: "/ws/real-time-metrics" },
  period: "5m",
  key: "KEY",
  onDocument: (received) => setTimeout(() => (document.title = `${how} ${received.status}`)),
  onConnection: (state) => (how = state),
}).start();"""
# A tab that nobody looks at, until `look` is called.
HIDDEN = """let isHidden = true;
Object.defineProperty(document, "hidden", { get: () => isHidden });
window.look = () => {
  isHidden = false;
  document.dispatchEvent(new Event("visibilitychange"));
};"""


def test_a_service_that_dies_and_recovers_is_shown_at_once(open_page: OpenPage, fleet: Fleet) -> None:
    fleet.add("calm")
    mortal = fleet.add("mortal")
    fleet.sweep()
    page = open_page("/")
    expect(page.locator("[data-connection]")).to_have_text("Live")
    expect(page.locator("h1")).to_have_text("All services healthy")

    mortal.die()
    fleet.sweep()

    expect(page.locator("h1")).to_have_text("1 of 2 services failing")
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("mortal")
    expect(row).to_contain_text("Could not connect")
    expect(page).to_have_title("1 of 2 services failing – Health Dashboard")

    mortal.start()
    fleet.sweep()

    expect(page.locator("h1")).to_have_text("All services healthy")
    expect(page.locator("tbody tr .c-name a")).to_have_text(["calm", "mortal"])


def test_a_service_that_is_deleted_or_new_leaves_or_joins_the_table(open_page: OpenPage, fleet: Fleet) -> None:
    fleet.add("first")
    fleet.sweep()
    page = open_page("/")
    expect(page.locator("[data-connection]")).to_have_text("Live")

    fleet.add("second")
    fleet.sweep()

    expect(page.locator("tbody tr .c-name a")).to_have_text(["first", "second"])


def test_readings_stay_where_they_are_when_some_of_them_change(open_page: OpenPage, fleet: Fleet) -> None:
    service = fleet.add("numbers", {"status": "healthy", "first": 1, "second": 2, "third": 3})
    fleet.sweep()
    page = open_page("/")
    expect(page.locator("[data-connection]")).to_have_text("Live")

    service.answer = {"status": "healthy", "first": 4, "second": 2, "third": 3}
    fleet.sweep()

    expect(page.locator("tr[data-service=numbers] .c-readings li")).to_have_text(["first 4", "second 2", "third 3"])


def test_a_refresh_costs_one_message_and_no_request(open_page: OpenPage, fleet: Fleet) -> None:
    service = fleet.add("numbers", {"status": "healthy", "turn": 0})
    fleet.sweep()
    page = open_page("about:blank")
    requests, messages = _traffic(page)
    with page.expect_response(lambda response: "metric=error_rate" in response.url):
        page.goto("/")
    expect(page.locator("[data-connection]")).to_have_text("Live")
    page.wait_for_load_state("networkidle")
    requests.clear()
    messages.clear()

    for turn in (1, 2, 3):
        service.answer = {"status": "healthy", "turn": turn}
        fleet.sweep()
        expect(page.locator("tr[data-service=numbers] .c-readings")).to_have_text(f"turn {turn}")

    assert [message["type"] for message in messages] == ["delta"] * 3
    assert requests == []


def test_the_histories_come_once_for_all_services_together(open_page: OpenPage, fleet: Fleet) -> None:
    for number in range(5):
        fleet.add(f"service-{number}")
    fleet.sweep()
    page = open_page("about:blank")
    requests, _ = _traffic(page)

    page.goto("/")
    expect(page.locator("tr[data-service=service-4] .spark .line")).not_to_have_attribute("d", "")
    page.wait_for_load_state("networkidle")

    asked = {url.split("?")[1] for url in requests if "/history?" in url}  # a busy store may have one asked for twice
    metrics = page.locator(".tile").evaluate_all("tiles => tiles.map((tile) => tile.dataset.metric)")
    assert asked == {f"metric={metric}&period=5m" for metric in [*metrics, "response_time_ms"]}


def test_a_history_that_could_not_be_had_at_once_is_asked_for_again(open_page: OpenPage, fleet: Fleet) -> None:
    fleet.add("steady")
    fleet.sweep()
    page = open_page("about:blank", may_complain=True)  # what was refused goes to the console
    page.route("**/history?metric=error_rate*", lambda route: route.fulfill(status=503), times=1)

    with page.expect_response(lambda response: "/history?metric=error_rate" in response.url and response.ok):
        page.goto("/")

    expect(page.locator("[data-metric=error_rate] .spark .line")).to_have_attribute("d", re.compile("M"))


def test_the_page_comes_back_after_the_server_was_restarted(
    open_page: OpenPage, site: Installation, fleet: Fleet
) -> None:
    service = fleet.add("numbers", {"status": "healthy", "turn": 0})
    fleet.sweep()
    page = open_page("/", may_complain=True)  # a refused connection goes to the console
    expect(page.locator("[data-connection]")).to_have_text("Live")

    site.stop_web()
    expect(page.locator("[data-connection]")).to_have_text("Reconnecting")
    site.start_web()
    service.answer = {"status": "healthy", "turn": 1}
    fleet.sweep()

    expect(page.locator("[data-connection]")).to_have_text("Live")
    expect(page.locator("tr[data-service=numbers] .c-readings")).to_have_text("turn 1")


def test_a_viewer_who_may_not_read_any_more_is_told(open_page: OpenPage, site: Installation, fleet: Fleet) -> None:
    fleet.add("steady")
    fleet.sweep()
    page = open_page("/", may_complain=True)
    expect(page.locator("[data-connection]")).to_have_text("Live")

    site.stop_web()
    site.start_web(REALTIME_READ_ACCESS="key")
    try:
        expect(page.locator("[data-connection]")).to_have_text("Sign in again")
        expect(page.locator("[data-notice]")).to_contain_text("load the page anew to sign in")
    finally:
        site.stop_web()
        site.start_web()


def test_a_long_table_follows_to_its_end(open_page: OpenPage, site: Installation, fleet: Fleet) -> None:
    service = fleet.add("numbers", {"status": "healthy", "turn": 0})
    many = [f"copy-{number:03}" for number in range(150)]
    site.order(register=[{"name": name, "base_url": service.url, "degraded_above_ms": 60_000} for name in many])
    fleet.sweep()
    page = open_page("/")
    expect(page.locator("tbody tr")).to_have_count(100)

    page.get_by_role("link", name="Show 51 more").scroll_into_view_if_needed()  # which is enough to get them
    expect(page.locator("tbody tr")).to_have_count(151)
    service.answer = {"status": "healthy", "turn": 1}
    fleet.sweep()

    expect(page.locator("tr[data-service=copy-149] .c-readings")).to_have_text("turn 1")


def test_the_page_says_since_when_it_is_stale_and_recovers(open_page: OpenPage, fleet: Fleet) -> None:
    fleet.add("steady")
    fleet.sweep(interval_seconds=1)
    page = open_page("/")

    expect(page.locator("[data-connection]")).to_contain_text("Stale since")
    expect(page.locator("h1")).to_have_text("Not up to date")
    expect(page.locator("[data-notice]")).to_contain_text("nothing newer has arrived")
    expect(page.locator("tr[data-service=steady]")).to_contain_text("Healthy")

    fleet.sweep()

    expect(page.locator("[data-connection]")).to_have_text("Live")
    expect(page.locator("h1")).to_have_text("The service is healthy")
    expect(page.locator("[data-notice]")).to_be_hidden()


def test_a_page_that_hears_nothing_any_more_calls_nothing_healthy(open_page: OpenPage, fleet: Fleet) -> None:
    fleet.add("steady")
    fleet.sweep()
    page = open_page("about:blank", may_complain=True)  # what cannot be reached goes to the console
    page.clock.install()
    page.goto("/")
    expect(page.locator("[data-connection]")).to_have_text("Live")

    page.context.set_offline(True)
    page.clock.fast_forward(1000 * (2 * CALM_SECONDS + 30))

    expect(page.locator("[data-connection]")).to_have_text("Reconnecting")
    expect(page.locator("h1")).to_have_text("Not up to date")
    expect(page.locator("[data-f=status-word]")).to_have_text("Unknown")
    expect(page).to_have_title("Not up to date – Health Dashboard")

    page.context.set_offline(False)

    expect(page.locator("h1")).to_have_text("The service is healthy")


def test_without_a_websocket_the_event_stream_serves(open_page: OpenPage, fleet: Fleet) -> None:
    service = fleet.add("numbers", {"status": "healthy", "turn": 0})
    fleet.sweep()
    page = open_page("/", scripts=(NO_WEBSOCKET,))
    expect(page.locator("[data-connection]")).to_have_text("Live")

    service.answer = {"status": "healthy", "turn": 1}
    fleet.sweep()

    expect(page.locator("tr[data-service=numbers] .c-readings")).to_have_text("turn 1")


def test_without_any_push_each_refresh_is_one_request_and_none_has_a_body_in_vain(
    open_page: OpenPage, fleet: Fleet
) -> None:
    service = fleet.add("numbers", {"status": "healthy", "turn": 0})
    fleet.sweep(interval_seconds=1)
    page = open_page("about:blank", scripts=(NO_WEBSOCKET, NO_EVENT_STREAM))
    statuses: list[int] = []

    def note(response: Response) -> None:
        if METRICS in response.url:
            statuses.append(response.status)

    page.on("response", note)
    page.goto("/")
    # On a slow machine it may have become stale before it was painted.
    expect(page.locator("[data-connection]")).to_have_text(re.compile("Polling|Stale since"))

    with page.expect_response(lambda response: METRICS in response.url and response.status == 304):
        pass
    service.answer = {"status": "healthy", "turn": 1}
    fleet.sweep(interval_seconds=1)
    expect(page.locator("tr[data-service=numbers] .c-readings")).to_have_text("turn 1")

    assert statuses[0] == 200
    assert 304 in statuses
    assert set(statuses) == {200, 304}


def test_a_hidden_tab_that_asks_seldom_calls_nothing_old_that_it_has_not_asked_for(
    open_page: OpenPage, fleet: Fleet
) -> None:
    fleet.add("steady")
    fleet.sweep(interval_seconds=20)
    page = open_page("about:blank", scripts=(NO_WEBSOCKET, NO_EVENT_STREAM, HIDDEN))
    page.clock.install()
    page.goto("/")
    expect(page.locator("[data-connection]")).to_have_text("Polling")

    page.clock.fast_forward(52_000)  # more than two intervals and a sweep, less than until it asks again
    assert page.title() == "The service is healthy – Health Dashboard"
    page.evaluate("look()")
    page.clock.run_for(1_000)
    assert page.title() == "The service is healthy – Health Dashboard"

    page.clock.fast_forward(4_000)  # in sight, and no answer had anything newer
    assert page.title() == "Not up to date – Health Dashboard"


def _traffic(page: Page) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the lists that requests and messages of the WebSocket go to."""
    requests: list[str] = []
    messages: list[dict[str, Any]] = []

    def note_request(request: Request) -> None:
        requests.append(request.url)

    def note_socket(socket: WebSocket) -> None:
        socket.on("framereceived", lambda data: messages.append(json.loads(data)))

    page.on("request", note_request)
    page.on("websocket", note_socket)
    return requests, messages


def test_the_module_in_the_documents_follows_the_fleet(open_page: OpenPage, fleet: Fleet) -> None:
    document = (PROJECT_DIR / "docs" / "api.md").read_text(encoding="utf-8")
    (snippet,) = re.findall(r"^```js\n(.*?)^```$", document, flags=re.MULTILINE | re.DOTALL)
    fleet.add("steady")
    fleet.sweep()
    page = open_page("/static/realtime/css/dashboard.css", may_complain=True)  # any place of this site

    page.add_script_tag(content=snippet, type="module")

    expect(page).to_have_title("healthy")


def test_a_page_with_a_read_key_polls_with_it(open_page: OpenPage, site: Installation, fleet: Fleet) -> None:
    fleet.add("steady")
    fleet.sweep()
    key = site.order(make_key="elsewhere")
    site.stop_web()
    site.start_web(REALTIME_READ_ACCESS="key")
    try:
        page = open_page("/static/realtime/css/dashboard.css", may_complain=True)
        page.add_script_tag(content=WITH_A_KEY.replace("KEY", key), type="module")

        expect(page).to_have_title("polling healthy")
    finally:
        site.stop_web()
        site.start_web()
