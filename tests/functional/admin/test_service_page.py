"""The page of one service: everything of it is edited there, and no secret ever comes out again."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from realtime.models import DataSource, Reading, RequestHeader, Service
from tests.functional.registry.rows import saved_header, saved_service

SECRET = "Bearer hunter2"


def form_of(service: Service | None = None, **changes: str) -> dict[str, str]:
    """Return what a browser sends when the page of the service (or of a new one) is saved as it stands."""
    form = {
        "name": "data-api",
        "base_url": "http://127.0.0.1:8006",
        "enabled": "on",
        "order": "10",
        "type": "core",
        "counts_as_api": "on",
        "health_path": "/health",
        "timeout_ms": "2000",
        "expected_status": "200-299",
        "degraded_above_ms": "1000",
        "failure_threshold": "1",
        "success_threshold": "1",
    }
    for prefix in ("headers", "readings", "data_sources", "maintenance_windows"):
        form |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    rows = list(service.headers.all()) if service else []
    form |= {"headers-TOTAL_FORMS": str(len(rows)), "headers-INITIAL_FORMS": str(len(rows))}
    for number, row in enumerate(rows):
        form |= {f"headers-{number}-id": str(row.pk), f"headers-{number}-service": str(row.service_id)}
        form |= {f"headers-{number}-name": row.name, f"headers-{number}-value": ""}
    return {**form, **changes}


def save(client: Client, service: Service | None = None, /, **changes: str) -> str:
    path = f"/admin/realtime/service/{service.pk}/change/" if service else "/admin/realtime/service/add/"
    response = client.post(
        path, form_of(service, **{key.replace("__", "-"): v for key, v in changes.items()}), follow=True
    )
    assert response.status_code == 200
    return str(response.content.decode())


def page_of(client: Client, service: Service, *, what: str = "change") -> str:
    response = client.get(f"/admin/realtime/service/{service.pk}/{what}/")
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_service_is_made_with_its_readings_and_data_sources(operator: Client) -> None:
    save(
        operator,
        readings__TOTAL_FORMS="1",
        **{
            "readings-0-name": "events_per_second",
            "readings-0-expression": "rate",
            "readings-0-aggregate": "sum",
            "readings-0-kind": "gauge",
            "readings-0-counts_toward": "events_per_second",
            "readings-0-order": "0",
            "data_sources-TOTAL_FORMS": "1",
            "data_sources-0-name": "influxdb",
        },
    )

    service = Service.objects.get()
    assert service.name == "data-api"
    assert Reading.objects.get().counts_toward == "events_per_second"
    assert DataSource.objects.get().service == service


def test_a_new_service_is_offered_the_place_behind_all_others(operator: Client) -> None:
    saved_service(order=70)

    assert 'name="order" value="80"' in operator.get("/admin/realtime/service/add/").content.decode()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"base_url": "ftp://host"}, "must begin with http://, https://, tcp:// or tls://"),
        ({"timeout_ms": "5"}, "must be from 50 to 60000"),
        ({"status_path": "a["}, "is not valid JMESPath"),
        ({"expected_status": "2xx"}, "is no HTTP status or range"),
    ],
)
def test_a_mistake_is_told_under_its_field_and_nothing_is_saved(
    changes: dict[str, str], message: str, operator: Client
) -> None:
    html = save(operator, **changes)

    assert message in html
    assert f'id="id_{next(iter(changes))}_error"' in html
    assert not Service.objects.exists()


def test_an_empty_limit_switches_slowness_off(operator: Client) -> None:
    save(operator, degraded_above_ms="")

    assert Service.objects.get().degraded_above_ms is None


def test_a_typed_secret_is_stored_and_never_shown_again(operator: Client) -> None:
    html = save(operator, headers__TOTAL_FORMS="1", **{"headers-0-name": "Authorization", "headers-0-value": SECRET})
    service = Service.objects.get()

    pages = [html, page_of(operator, service), page_of(operator, service, what="history")]
    pages.append(page_of(operator, service, what="delete"))
    pages.append(operator.get("/admin/realtime/service/").content.decode())
    pages.append(operator.get("/admin/").content.decode())

    assert RequestHeader.objects.get().value == SECRET
    assert "hunter2" not in "".join(pages)
    assert "hunter2" not in "".join(entry.change_message for entry in LogEntry.objects.all())


def test_a_secret_that_is_refused_is_not_sent_back(operator: Client) -> None:
    html = save(
        operator,
        headers__TOTAL_FORMS="1",
        **{"headers-0-name": "Authorization", "headers-0-value": "hunter2 ${DATABASE_URL}"},
    )

    assert "must not refer to DATABASE_URL" in html
    assert "hunter2" not in html


def test_an_empty_value_keeps_the_stored_secret(operator: Client) -> None:
    service = saved_service()
    saved_header(service, value=SECRET)

    save(operator, service, notes="changed")

    assert RequestHeader.objects.get().value == SECRET
    assert "header" not in LogEntry.objects.get().change_message


def test_a_header_can_be_renamed_without_typing_its_value_again(operator: Client) -> None:
    service = saved_service()
    saved_header(service, value=SECRET)

    save(operator, service, **{"headers-0-name": "X-Auth"})

    assert list(RequestHeader.objects.values_list("name", "value")) == [("X-Auth", SECRET)]


def test_a_typed_value_replaces_the_stored_secret_and_the_history_says_only_that(operator: Client) -> None:
    service = saved_service()
    saved_header(service, value=SECRET)

    save(operator, service, **{"headers-0-value": "Bearer correct-horse"})

    assert RequestHeader.objects.get().value == "Bearer correct-horse"
    message = LogEntry.objects.get().get_change_message()
    assert "Authorization" in message
    assert "hunter2" not in message
    assert "correct-horse" not in message


def test_a_new_header_needs_a_value(operator: Client) -> None:
    html = save(operator, headers__TOTAL_FORMS="1", **{"headers-0-name": "X-Key"})

    assert "A new header needs a value." in html
    assert not Service.objects.exists()


def test_two_new_headers_whose_names_differ_only_in_case_are_refused(operator: Client) -> None:
    html = save(
        operator,
        headers__TOTAL_FORMS="2",
        **{"headers-0-name": "X-Key", "headers-0-value": "a", "headers-1-name": "x-key", "headers-1-value": "b"},
    )

    assert "stands twice (case does not count in header names)" in html
    assert not Service.objects.exists()


def test_a_new_header_like_a_stored_one_is_refused(operator: Client) -> None:
    service = saved_service()
    saved_header(service, name="X-Key")

    html = save(
        operator,
        service,
        headers__TOTAL_FORMS="2",
        **{"headers-1-service": str(service.pk), "headers-1-name": "x-key", "headers-1-value": "b"},
    )

    assert "stands twice (case does not count in header names)" in html
    assert RequestHeader.objects.count() == 1


def test_more_readings_than_a_service_may_have_are_refused(operator: Client) -> None:
    readings: dict[str, Any] = {"readings-TOTAL_FORMS": "33"}
    for number in range(33):
        readings |= {f"readings-{number}-name": f"r{number}", f"readings-{number}-expression": "a"}
        readings |= {f"readings-{number}-kind": "gauge", f"readings-{number}-order": "0"}

    html = save(operator, **readings)

    assert "Please submit at most 32 forms." in html
    assert not Service.objects.exists()


def test_a_row_of_the_demo_is_marked_and_the_mark_cannot_be_typed(operator: Client) -> None:
    service = saved_service()

    html = save(operator, service, is_demo="on")

    assert "was changed successfully" in html
    assert not Service.objects.get().is_demo


def test_who_may_only_look_at_headers_sees_their_names_and_no_value(viewer: Client) -> None:
    service = saved_service()
    saved_header(service, name="X-Token", value="planted-in-a-header")
    User.objects.get(username="viewer").user_permissions.add(Permission.objects.get(codename="view_requestheader"))

    html = viewer.get(f"/admin/realtime/service/{service.pk}/change/").content.decode()

    assert "X-Token" in html
    assert "planted-in-a-header" not in html


def test_a_preset_is_chosen_from_those_that_there_are(operator: Client) -> None:
    service = saved_service(preset="vault")

    page = page_of(operator, service)
    assert '<option value="vault" selected>vault</option>' in page
    assert '<option value="elasticsearch">' in page

    save(operator, service, preset="consul")
    service.refresh_from_db()
    assert service.preset == "consul"


def test_the_page_says_what_the_preset_gives(operator: Client) -> None:
    service = saved_service(preset="elasticsearch")

    page = unescape(page_of(operator, service))

    given = "health_path /_cluster/health, status_path status, expected_status 200-299,408"
    assert f"It gives {given}, reading timed_out (degraded if == 1)." in page


BARE = {"base_url": "tcp://127.0.0.1:5432", "health_path": "", "expected_status": ""}
ALONE = "must be left out: tcp:// checks the connection alone"
A_READING = {
    "readings-TOTAL_FORMS": "1",
    "readings-0-name": "events_per_second",
    "readings-0-expression": "rate",
    "readings-0-aggregate": "sum",
    "readings-0-kind": "gauge",
    "readings-0-order": "0",
}


def mistakes(html: str) -> list[str]:
    """Return the mistakes that a page shows, each with the field that it stands under."""
    found = re.findall(r'<ul class="errorlist( nonform)?"(?: id="id_([\w-]+)_error")?><li>(.*?)</li></ul>', html)
    return [unescape(f"{field}: {text}" if field else text) for _, field, text in found]


def test_a_bare_connection_is_saved_without_http_settings(operator: Client) -> None:
    save(operator, **BARE)

    assert Service.objects.get().base_url == BARE["base_url"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("preset", "vault"),
        ("health_path", "/health"),
        ("status_path", "status"),
        ("status_words", '{"healthy": ["fine"]}'),
        ("expected_status", "200"),
        ("body_contains", "ok"),
        ("follow_redirects", "on"),
    ],
)
def test_the_page_refuses_an_http_setting_of_a_bare_connection_under_its_field(
    field: str, value: str, operator: Client
) -> None:
    html = save(operator, **{**BARE, field: value})

    assert mistakes(html) == [f"{field}: {ALONE}"]
    assert not Service.objects.exists()


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        (A_READING, "Readings"),
        (
            {"headers-TOTAL_FORMS": "1", "headers-0-name": "X-Key", "headers-0-value": "hunter2"},
            "Request headers",
        ),
    ],
)
def test_the_page_refuses_headers_and_readings_of_a_bare_connection(
    rows: dict[str, str], kind: str, operator: Client
) -> None:
    html = save(operator, **BARE, **rows)

    assert mistakes(html) == [f"{kind} {ALONE}"]
    assert not Service.objects.exists()


def test_a_service_becomes_a_bare_connection_when_its_headers_are_removed(operator: Client) -> None:
    service = saved_service()
    saved_header(service)

    assert mistakes(save(operator, service, **BARE)) == [f"Request headers {ALONE}"]
    save(operator, service, **BARE, **{"headers-0-DELETE": "on"})

    assert Service.objects.get().base_url == BARE["base_url"]
    assert not RequestHeader.objects.exists()


def test_an_unknown_preset_is_refused_with_the_names_that_are_near(operator: Client) -> None:
    page = save(operator, preset="elasticserch")

    assert "&#x27;elasticserch&#x27; is unknown (did you mean elasticsearch?)" in page
    assert not Service.objects.exists()


def test_a_stored_preset_that_is_unknown_is_not_dropped_by_saving_the_page(operator: Client) -> None:
    service = saved_service(preset="of-a-newer-version")

    assert '<option value="of-a-newer-version" selected>of-a-newer-version (unknown)' in page_of(operator, service)
    assert "&#x27;of-a-newer-version&#x27; is unknown" in save(operator, service, preset="of-a-newer-version")
