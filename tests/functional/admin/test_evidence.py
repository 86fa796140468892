"""What a status rests on, as an operator sees it: in the list and its filter, and on the page of a service."""

import re
from dataclasses import replace
from html import unescape

import pytest
from django.test import Client

from realtime.admin import live
from realtime.core.records import Evidence, Failure, FailureKind, Status
from realtime.reporting.reader import Latest
from tests.functional.admin.conftest import Publish, state
from tests.functional.admin.test_service_list import LIST, page
from tests.functional.admin.test_service_page import page_of
from tests.functional.registry.rows import saved_service

GREEN_BY_HTTP = {"evidence": "http"}
BLIND = "Without a snapshot, the filter by evidence finds no service."
ADVICE = "Only the HTTP status says so."


def _text(markup: str) -> str:
    """Return the text of a piece of a page, its lines apart by a bar."""
    return unescape(re.sub(r"(<[^>]+>)+", "|", markup)).strip("|")


def cell(html: str, column: str) -> str:
    """Return the text of the only cell of a column, its lines apart by a bar."""
    found = re.findall(rf'<td class="field-{column}[^"]*">(.*?)</td>', html, re.DOTALL)
    assert len(found) == 1
    return _text(found[0])


def listed(html: str) -> set[str]:
    return set(re.findall(r"/change/[^>]*>([\w-]+)</a></th>", html))


@pytest.mark.parametrize(
    ("evidence", "status", "words"),
    [
        (Evidence.PATH, Status.HEALTHY, "by status_path"),
        (Evidence.WORD, Status.HEALTHY, "by a word of the answer"),
        (Evidence.BOUND, Status.DEGRADED, "by its bounds"),
        (Evidence.HTTP, Status.HEALTHY, "by HTTP status alone"),
        (Evidence.CONNECTION, Status.HEALTHY, "by the connection"),
        (None, Status.ERROR, "no answer"),
        (None, Status.UNKNOWN, "–"),
    ],
)
def test_the_list_says_what_a_status_rests_on(
    evidence: Evidence | None, status: Status, words: str, operator: Client, publish: Publish
) -> None:
    saved_service(name="one")
    publish(state("one", status, evidence=evidence))

    assert cell(page(operator), "evidence") == words


def test_the_list_names_a_word_that_nobody_knows(operator: Client, publish: Publish) -> None:
    saved_service(name="one")
    publish(state("one", evidence=Evidence.HTTP, unknown_word="QUIESCED"))

    assert cell(page(operator), "evidence") == "by HTTP status alone|“QUIESCED” is not a known status word"


def test_the_list_says_why_a_service_is_degraded(operator: Client, publish: Publish) -> None:
    saved_service(name="slow")
    publish(state("slow", Status.DEGRADED, reason="slower than 1 s: 1.21 s"))

    assert cell(page(operator), "reason") == "slower than 1 s: 1.21 s"


def test_the_list_says_which_readings_cannot_be_read(operator: Client, publish: Publish) -> None:
    saved_service(name="one")
    publish(state("one", reading_errors={"queue": "gave text, not a number", "lag": "finds nothing"}))

    assert cell(page(operator), "reason") == "Cannot be read: queue, lag"


def test_an_answer_over_unverified_tls_is_marked_beside_its_evidence(operator: Client, publish: Publish) -> None:
    saved_service(name="one", verify_tls=False)
    publish(state("one", evidence=Evidence.WORD))

    assert cell(page(operator), "evidence") == "by a word of the answer|TLS not verified"


def test_the_filter_finds_what_is_green_by_http_status_alone(operator: Client, publish: Publish) -> None:
    states = (
        state("green", evidence=Evidence.HTTP),
        state("slow", Status.DEGRADED, evidence=Evidence.HTTP),
        state("by-word", evidence=Evidence.WORD),
        state("red", Status.UNHEALTHY, evidence=Evidence.HTTP),
        state("planned", Status.MAINTENANCE, evidence=Evidence.HTTP),
        state("off", evidence=Evidence.HTTP),
    )
    for one in states:
        saved_service(name=one.name, enabled=one.name != "off")
    reads = publish(*states)

    html = page(operator, **GREEN_BY_HTTP)

    assert listed(html) == {"green", "slow"}
    assert "green by HTTP status alone</a>" in html
    assert len(reads) == 1


def test_the_filter_can_be_counted_and_combined(operator: Client, publish: Publish) -> None:
    saved_service(name="here", group="a")
    saved_service(name="there", group="b")
    publish(state("here", evidence=Evidence.HTTP), state("there", evidence=Evidence.HTTP))

    html = page(operator, group="a", _facets="True", **GREEN_BY_HTTP)

    assert listed(html) == {"here"}
    assert "green by HTTP status alone (1)" in html


def test_a_filter_that_nobody_knows_hides_nothing(operator: Client, publish: Publish) -> None:
    saved_service(name="here")
    publish(state("here", evidence=Evidence.WORD))

    assert listed(page(operator, evidence="else")) == {"here"}


def test_the_filter_says_that_it_is_blind_while_the_store_is_away(operator: Client, store_away: None) -> None:
    saved_service()

    html = page(operator, **GREEN_BY_HTTP)

    assert listed(html) == set()
    assert BLIND in html
    assert "the store does not answer" in html
    assert BLIND not in page(operator)


def test_the_filter_goes_by_a_stale_snapshot_and_the_list_says_so(operator: Client, publish: Publish) -> None:
    saved_service(name="green")
    publish(state("green", evidence=Evidence.HTTP), stale=True, age_seconds=600)

    html = page(operator, **GREEN_BY_HTTP)

    assert listed(html) == {"green"}
    assert "Stale: the snapshot was taken 10 min ago" in html
    assert BLIND not in html


def test_an_action_is_done_to_the_filtered_services_alone(operator: Client, publish: Publish) -> None:
    green, other = saved_service(name="green"), saved_service(name="other")
    publish(state("green", evidence=Evidence.HTTP), state("other", evidence=Evidence.WORD))
    form = {"action": "disable", "index": "0", "select_across": "1", "_selected_action": [green.pk]}

    operator.post(f"{LIST}?evidence=http", form)

    green.refresh_from_db()
    other.refresh_from_db()
    assert (green.enabled, other.enabled) == (False, True)


def facts(html: str) -> dict[str, str]:
    """Return what the page of a service says of its state, by label; its lines apart by a bar."""
    rows = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", html, re.DOTALL)
    return {label: _text(markup) for label, markup in rows}


def test_the_page_of_a_service_says_everything_about_its_state(operator: Client, publish: Publish) -> None:
    service = saved_service()
    failure = Failure(kind=FailureKind.REPORTED, message="the service reports “down” (status)")
    bad = state("data-api", Status.UNHEALTHY, evidence=Evidence.WORD, certificate_days=12, pending=True)
    publish(replace(bad, failure=failure, reading_errors={"queue": "gave text"}))

    said = facts(page_of(operator, service))

    assert re.fullmatch(r"1\d\ss ago", said.pop("Checked"))
    assert said == {
        "Status": "unhealthy (pending)",
        "Reason": "Reports itself unhealthy: the service reports “down” (status)",
        "Evidence": "by a word of the answer",
        "Cannot be read": "queue: gave text",
        "Server certificate": "valid for 12 days",
        "Response time": "45.2 ms",
    }


@pytest.mark.parametrize(
    ("days", "words"), [(-2, "expired"), (0, "expires today"), (1, "valid for 1 day"), (90, "valid for 90 days")]
)
def test_the_page_says_how_long_the_certificate_is_valid(
    days: int, words: str, operator: Client, publish: Publish
) -> None:
    service = saved_service()
    publish(state("data-api", certificate_days=days))

    assert facts(page_of(operator, service))["Server certificate"] == words


@pytest.mark.parametrize(
    ("status", "is_advised"), [(Status.HEALTHY, True), (Status.DEGRADED, True), (Status.UNHEALTHY, False)]
)
def test_the_page_says_what_to_do_about_a_green_by_http_status_alone(
    status: Status, is_advised: bool, operator: Client, publish: Publish
) -> None:
    service = saved_service()
    publish(state("data-api", status, evidence=Evidence.HTTP))

    assert (ADVICE in facts(page_of(operator, service))["Evidence"]) is is_advised


def test_the_page_is_there_while_the_store_is_away_and_says_so(operator: Client, store_away: None) -> None:
    html = page_of(operator, saved_service())

    assert "No snapshot yet: the state of the services is not known (the store does not answer)." in html
    assert facts(html) == {}


def test_the_page_of_a_disabled_service_shows_no_state(operator: Client, publish: Publish) -> None:
    service = saved_service(enabled=False)
    publish(state("data-api"))

    html = page_of(operator, service)

    assert "This service is disabled: it is not probed." in html
    assert facts(html) == {}


def test_the_page_of_a_new_service_says_that_no_sweep_has_seen_it(operator: Client, publish: Publish) -> None:
    service = saved_service()
    publish(state("another"))

    assert "This service is not in the snapshot yet." in page_of(operator, service)


def test_an_empty_store_is_no_failure(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "latest_snapshot", lambda now: Latest())

    assert BLIND in page(operator, **GREEN_BY_HTTP)
