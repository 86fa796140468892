"""The service list as an operator sees it: live columns from one snapshot, and honest about its age."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from realtime.admin import live
from realtime.core.records import Fault, FaultCode, Status
from realtime.models import Service
from realtime.registry import schedule
from tests.functional.admin.conftest import Publish, state
from tests.functional.registry.rows import saved_service

LIST = "/admin/realtime/service/"


def page(client: Client, **query: str) -> str:
    response = client.get(LIST, query)
    assert response.status_code == 200
    return str(response.content.decode()).replace("\u00a0", " ")


def test_the_live_columns_say_status_time_error_and_age_in_words(operator: Client, publish: Publish) -> None:
    saved_service(name="good")
    saved_service(name="bad")
    publish(state("good"), state("bad", Status.ERROR, error="no answer within 2 s"))

    html = page(operator)

    assert '<span class="rt-status rt-healthy">healthy</span>' in html
    assert '<span class="rt-status rt-error">error</span>' in html
    assert "45.2 ms" in html
    assert "No answer in time: no answer within 2 s" in html
    assert re.search(r">1\d s ago<", html)


def test_a_service_that_sits_sweeps_out_says_when_it_is_probed_again(operator: Client, publish: Publish) -> None:
    saved_service(name="dead")
    dead = state("dead", Status.ERROR, error="no answer within 2 s")
    publish(replace(dead, next_check_at=timezone.now() + timedelta(seconds=45)))

    assert re.search(r"1\d s ago, next in [34]\d s", page(operator))


@pytest.mark.parametrize(("seconds", "words"), [(-3.0, "next is due"), (0.4, "next in 1 s"), (60.0, "next in 60 s")])
def test_the_next_check_is_told_in_seconds(seconds: float, words: str) -> None:
    now = timezone.now()

    assert live.next_check_words(now + timedelta(seconds=seconds), now=now) == words


def test_a_status_that_waits_for_its_threshold_says_so(operator: Client, publish: Publish) -> None:
    saved_service(name="good")
    publish(state("good", pending=True))

    assert "healthy (pending)" in page(operator)


def test_what_a_service_sends_is_shown_as_text(operator: Client, publish: Publish) -> None:
    saved_service(name="bad")
    publish(state("bad", Status.ERROR, error="<script>alert(1)</script>"))

    html = page(operator)

    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_a_disabled_or_new_service_has_no_live_state(operator: Client, publish: Publish) -> None:
    saved_service(name="off", enabled=False)
    saved_service(name="new")
    publish(state("off"))

    assert "rt-status" not in page(operator)


def test_a_fresh_snapshot_is_told_without_alarm(operator: Client, publish: Publish) -> None:
    publish(age_seconds=3.2)

    html = page(operator)

    assert "Snapshot taken just now." in html
    assert "Attention" not in html


def test_a_stale_snapshot_is_told_plainly(operator: Client, publish: Publish) -> None:
    publish(stale=True, age_seconds=600)

    html = page(operator)

    assert "Attention" in html
    assert "Stale: the snapshot was taken 10 min ago, and does not show how things are now." in html


def test_a_failure_of_ours_is_told_plainly(operator: Client, publish: Publish) -> None:
    publish(stale=True, fault=Fault(code=FaultCode.STORE_UNAVAILABLE, message="the store does not answer"))

    assert "(the store does not answer)" in page(operator)


def test_the_list_is_there_while_the_store_is_away(operator: Client, store_away: None) -> None:
    saved_service()

    html = page(operator)

    assert "No snapshot yet: the state of the services is not known (the store does not answer)." in html
    assert "data-api" in html


@pytest.mark.parametrize("count", [2, 60])
def test_a_page_reads_one_snapshot_and_a_fixed_number_of_queries(
    count: int, operator: Client, publish: Publish
) -> None:
    names = [f"service-{number}" for number in range(count)]
    for name in names:
        saved_service(name=name, group=name)
    reads = publish(*(state(name) for name in names))

    with CaptureQueriesContext(connection) as queries:
        html = page(operator)

    assert html.count("rt-healthy") == count
    assert len(reads) == 1
    assert len(queries) == 8


def test_the_list_leads_to_the_refresh_interval(operator: Client, publish: Publish) -> None:
    publish()
    row = PeriodicTask.objects.get(task=schedule.SWEEP_TASK)

    assert (
        f'<a href="/admin/django_celery_beat/periodictask/{row.pk}/change/">Refresh interval: every 5 seconds</a>'
        in page(operator)
    )


def test_the_list_says_when_no_sweep_is_scheduled(operator: Client, publish: Publish) -> None:
    publish()
    PeriodicTask.objects.all().delete()

    assert "No sweep is scheduled here." in page(operator)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"q": "inges"}, {"ingestion"}),
        ({"q": "8086"}, {"influxdb"}),
        ({"group": "storage"}, {"influxdb"}),
        ({"type": "core"}, {"ingestion"}),
        ({"enabled__exact": "0"}, {"influxdb"}),
        ({"counts_as_api__exact": "1"}, {"ingestion"}),
    ],
)
def test_services_are_found_by_words_and_filters(
    query: dict[str, str], shown: set[str], operator: Client, publish: Publish
) -> None:
    publish()
    saved_service(name="ingestion", group="events")
    saved_service(
        name="influxdb",
        group="storage",
        type="datastore",
        base_url="http://h:8086",
        enabled=False,
        counts_as_api=False,
    )

    html = page(operator, **query)

    assert {name for name in ("ingestion", "influxdb") if f">{name}</a>" in html} == shown


@pytest.mark.parametrize(("action", "enabled"), [("enable", True), ("disable", False)])
def test_chosen_services_are_switched_and_it_is_written_down(
    action: str, enabled: bool, operator: Client, publish: Publish
) -> None:
    publish()
    chosen = saved_service(name="chosen", enabled=not enabled)
    other = saved_service(name="other", enabled=not enabled)

    response = operator.post(LIST, {"action": action, "index": "0", "_selected_action": [chosen.pk]}, follow=True)

    assert "1 of the chosen services" in response.content.decode()
    assert dict(Service.objects.values_list("name", "enabled")) == {"chosen": enabled, "other": other.enabled}
    assert LogEntry.objects.get().object_repr == "chosen"


def edited_in_list(client: Client, service: Service, **changes: str) -> str:
    form = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(service.pk), "_save": "Save"}
    form |= {"form-0-order": str(service.order), "form-0-enabled": "on"}
    form |= {f"form-0-{field}": value for field, value in changes.items()}
    return str(client.post(LIST, form, follow=True).content.decode())


def test_order_is_edited_in_the_list(operator: Client, publish: Publish) -> None:
    publish()
    service = saved_service()

    edited_in_list(operator, service, order="70")

    service.refresh_from_db()
    assert service.order == 70


def test_a_bad_edit_in_the_list_is_told_and_not_saved(operator: Client, publish: Publish) -> None:
    publish()
    service = saved_service()

    html = edited_in_list(operator, service, order="1000001")

    assert "must be from 0 to 1000000" in html
    service.refresh_from_db()
    assert service.order == 0


def test_a_row_that_became_invalid_is_told_in_the_list(operator: Client, publish: Publish) -> None:
    publish()
    service = saved_service()
    Service.objects.update(type="two words")

    html = edited_in_list(operator, service, order="70")

    assert "type: must be one word" in html


def test_who_may_only_look_is_offered_no_action(viewer: Client, publish: Publish) -> None:
    publish()
    service = saved_service()

    html = page(viewer)
    viewer.post(LIST, {"action": "disable", "index": "0", "_selected_action": [service.pk]})

    assert 'value="disable"' not in html
    assert 'value="probe_now"' not in html
    assert Service.objects.get().enabled


def test_the_site_says_whose_admin_it_is(operator: Client, publish: Publish) -> None:
    publish()

    assert "Real-time metrics" in page(operator)


def test_the_live_states_are_those_of_the_snapshot(publish: Publish) -> None:
    reads = publish(state("a"), state("b"))

    states = live.live_states(now=timezone.now())

    assert set(states.states) == {"a", "b"}
    assert len(reads) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        LIST,
        "/admin/realtime/service/{pk}/change/",
        "/admin/realtime/service/{pk}/history/",
        "/admin/realtime/service/{pk}/delete/",
        "/admin/realtime/readkey/add/",
        "/admin/django_celery_beat/periodictask/",
        "/admin/password_change/",
    ],
)
def test_every_page_of_the_admin_has_an_icon(path: str, operator: Client, publish: Publish) -> None:
    publish()

    html = operator.get(path.format(pk=saved_service().pk)).content.decode()

    assert html.count('<link rel="icon" type="image/svg+xml" href="/static/realtime/img/healthy.svg">') == 1


def test_the_page_for_signing_in_to_the_admin_has_an_icon(client: Client, db: None) -> None:
    assert 'rel="icon"' in client.get("/admin/login/").content.decode()
