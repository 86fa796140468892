"""Maintenance windows on a service's page: once or every week, each with its own fields and words."""

import re
from datetime import UTC, datetime, time
from html import unescape

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from realtime.models import MaintenanceWindow, Service
from tests.functional.admin.test_service_page import mistakes, page_of, save
from tests.functional.registry.rows import saved_service

P = "maintenance_windows-0-"
ONCE = {P + "way": "once", P + "begins": "2026-12-24T18:00", P + "ends": "2026-12-24T20:30"}
WEEKLY: dict[str, str | list[str]] = {
    P + "way": "weekly",
    P + "days": ["sat", "sun"],
    P + "opens": "22:00",
    P + "closes": "02:30",
    P + "closes_on": "1",
    P + "zone": "Europe/Berlin",
}
WINDOW = {"weekdays": "sat,sun", "at": time(22), "minutes": 270, "time_zone": "Europe/Berlin"}


def columns() -> dict[str, object]:
    return {**MaintenanceWindow.objects.values("starts_at", "ends_at", "weekdays", "at", "minutes", "time_zone").get()}


def save_window(client: Client, window: dict[str, str | list[str]], service: Service | None = None) -> str:
    """Save the page with this one window, a new one unless the service has it already."""
    stored = service.maintenance_windows.first() if service else None
    form = {"maintenance_windows-TOTAL_FORMS": "1", "maintenance_windows-INITIAL_FORMS": "1" if stored else "0"}
    if service and stored:
        form |= {P + "id": str(stored.pk), P + "service": str(service.pk)}
    return save(client, service, **form, **window)  # type: ignore[arg-type]  # a list for a field with several values


def test_a_window_once_is_typed_as_two_moments_in_utc(operator: Client) -> None:
    assert mistakes(save_window(operator, {**ONCE})) == []

    window = columns()
    assert window["starts_at"] == datetime(2026, 12, 24, 18, tzinfo=UTC)
    assert window["ends_at"] == datetime(2026, 12, 24, 20, 30, tzinfo=UTC)
    assert (window["weekdays"], window["at"], window["minutes"]) == ("", None, None)


def test_a_weekly_window_is_typed_as_days_times_and_a_zone(operator: Client) -> None:
    assert mistakes(save_window(operator, WEEKLY)) == []

    assert columns() == {"starts_at": None, "ends_at": None, **WINDOW}


@pytest.mark.parametrize(
    ("opens", "closes", "closes_on", "minutes"),
    [
        ("02:00", "03:30", "0", 90),
        ("02:00", "02:00", "1", 1440),
        ("18:00", "06:00", "3", 3600),
        ("0:00", "0:01", "0", 1),
    ],
)
def test_a_weekly_window_may_end_on_a_later_day(
    opens: str, closes: str, closes_on: str, minutes: int, operator: Client
) -> None:
    save_window(operator, {**WEEKLY, P + "opens": opens, P + "closes": closes, P + "closes_on": closes_on})

    assert columns()["minutes"] == minutes


@pytest.mark.parametrize(
    ("window", "mistake"),
    [
        ({**ONCE, P + "ends": "2026-12-24T18:00"}, "0-ends: “Until” must be later than “From”."),
        ({**ONCE, P + "begins": ""}, "0-begins: This field is required."),
        ({**ONCE, P + "ends": "soon"}, "0-ends: Enter a valid date/time."),
        ({**WEEKLY, P + "days": []}, "0-days: Choose at least one day."),
        ({**WEEKLY, P + "opens": ""}, "0-opens: This field is required."),
        (
            {**WEEKLY, P + "closes_on": "0"},
            "0-closes: “Until” must be later than “From”, or “Ends on” must be a later day.",
        ),
        (
            {**WEEKLY, P + "closes": "22:01", P + "closes_on": "6"},
            "0-closes: A window lasts for 6 days at most.",
        ),
        (
            {**WEEKLY, P + "zone": "Mars/Olympus"},
            "0-zone: Select a valid choice. Mars/Olympus is not one of the available choices.",
        ),
    ],
)
def test_a_mistake_is_said_once_in_the_words_of_the_form(
    window: dict[str, str | list[str]], mistake: str, operator: Client
) -> None:
    html = save_window(operator, window)

    assert mistakes(html) == [f"maintenance_windows-{mistake}"]
    for word in ("starts_at", "ends_at", "weekdays", "minutes"):
        assert word not in html
    assert not Service.objects.exists()


def test_all_mistakes_of_a_window_are_said_at_once(operator: Client) -> None:
    html = save_window(operator, {**WEEKLY, P + "days": [], P + "closes_on": "0"})

    assert [mistake.partition(":")[0] for mistake in mistakes(html)] == [P + "days", P + "closes"]


def test_what_is_typed_for_the_other_way_does_not_matter(operator: Client) -> None:
    save_window(operator, {**WEEKLY, P + "begins": "nonsense", P + "ends": "2026-12-24T20:30"})

    assert columns() == {"starts_at": None, "ends_at": None, **WINDOW}


@pytest.mark.parametrize(
    ("window", "fields"),
    [
        (
            {
                "starts_at": datetime(2026, 12, 24, 18, tzinfo=UTC),
                "ends_at": datetime(2026, 12, 24, 20, 30, tzinfo=UTC),
            },
            {"begins": "2026-12-24T18:00:00", "ends": "2026-12-24T20:30:00"},
        ),
        (WINDOW, {"opens": "22:00:00", "closes": "02:30:00"}),
    ],
)
def test_a_stored_window_is_shown_in_the_fields_of_its_way(
    window: dict[str, object], fields: dict[str, str], operator: Client
) -> None:
    service = saved_service()
    MaintenanceWindow.objects.create(service=service, **window)

    html = page_of(operator, service)

    for name, value in fields.items():
        assert re.search(rf'name="{P}{name}" value="{value}"', html), name


def test_a_stored_weekly_window_has_its_days_and_zone_chosen(operator: Client) -> None:
    service = saved_service()
    MaintenanceWindow.objects.create(service=service, **{**WINDOW, "weekdays": "fri-sun"})

    html = page_of(operator, service)

    assert re.findall(rf'name="{P}days" value="(\w+)"[^>]* checked', html) == ["fri", "sat", "sun"]
    assert '<option value="Europe/Berlin" selected>' in html
    assert re.search(rf'name="{P}way" value="weekly"[^>]* checked', html)
    assert re.search(rf'<select name="{P}closes_on".*?<option value="1" selected>the next day', html, re.DOTALL)


def test_saving_the_page_without_touching_a_window_keeps_it_as_it_is(operator: Client) -> None:
    service = saved_service()
    stored = {"weekdays": "mon-fri", "at": time(2, 30, 15), "minutes": 8640, "time_zone": "US/Pacific"}
    window = MaintenanceWindow.objects.create(service=service, **stored)
    html = page_of(operator, service)
    assert '<option value="US/Pacific" selected>' in html

    form: dict[str, str | list[str]] = {
        P + "way": "weekly",
        P + "days": ["mon", "tue", "wed", "thu", "fri"],
        P + "opens": "02:30:15",
        P + "closes": "02:30:15",
        P + "closes_on": "6",
        P + "zone": "US/Pacific",
    }
    save_window(operator, form, service)
    assert columns() == {"starts_at": None, "ends_at": None, **stored}
    save_window(operator, {**form, P + "zone": "UTC"}, service)

    assert columns() == {"starts_at": None, "ends_at": None, **stored, "time_zone": "UTC"}
    assert MaintenanceWindow.objects.get().pk == window.pk


def test_a_stored_window_can_become_one_of_the_other_way(operator: Client) -> None:
    service = saved_service()
    MaintenanceWindow.objects.create(service=service, **WINDOW)

    save_window(operator, {**WEEKLY, **ONCE}, service)

    window = columns()
    assert window["starts_at"] == datetime(2026, 12, 24, 18, tzinfo=UTC)
    assert (window["weekdays"], window["at"], window["minutes"]) == ("", None, None)


@pytest.mark.slow
def test_more_windows_than_a_service_may_have_are_refused(operator: Client) -> None:
    forms: dict[str, str] = {"maintenance_windows-TOTAL_FORMS": "33"}
    for number in range(33):
        forms |= {key.replace("-0-", f"-{number}-"): value for key, value in ONCE.items()}

    assert "Please submit at most 32 forms." in save(operator, **forms)
    assert not Service.objects.exists()


def test_who_may_only_look_sees_a_window_in_words(viewer: Client) -> None:
    service = saved_service()
    MaintenanceWindow.objects.create(service=service, **WINDOW)
    user = User.objects.get(username="viewer")
    user.user_permissions.add(Permission.objects.get(codename="view_maintenancewindow"))

    html = page_of(viewer, service)

    assert "sat,sun at 22:00 for 270 min, Europe/Berlin" in unescape(html)
    assert f'name="{P}way"' not in html


def test_the_page_brings_the_script_of_the_button(operator: Client) -> None:
    html = page_of(operator, saved_service())

    assert '<script src="/static/realtime/admin.js"></script>' in html
    assert "1 hour from now</button>" in html
