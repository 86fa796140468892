"""The client certificate on a service's page: it goes in, is kept or taken away, and is never shown."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from realtime.models import Service
from tests.client_certificates import make
from tests.functional.admin.test_service_page import page_of, save
from tests.functional.registry.rows import saved_service

MADE = make()
STORED = "One is stored: leave empty to keep it."


def kept() -> str:
    return Service.objects.get().client_certificate


def test_a_typed_certificate_is_stored_and_never_shown_again(operator: Client) -> None:
    html = save(operator, client_certificate=MADE.pem)
    service = Service.objects.get()
    pages = [html, *(page_of(operator, service, what=what) for what in ("change", "history", "delete"))]
    pages.append(operator.get("/admin/realtime/service/").content.decode())

    assert kept() == MADE.pem.strip()
    assert "PRIVATE KEY" not in "".join(pages)
    assert "PRIVATE KEY" not in "".join(entry.change_message for entry in LogEntry.objects.all())
    assert STORED in pages[1]


def test_an_empty_field_keeps_the_stored_one(operator: Client) -> None:
    service = saved_service(client_certificate=MADE.pem)

    save(operator, service, client_certificate="", notes="changed")

    assert kept() == MADE.pem.strip()
    assert Service.objects.get().notes == "changed"
    assert "ertificate" not in LogEntry.objects.get().get_change_message()


def test_another_one_replaces_it(operator: Client) -> None:
    service, other = saved_service(client_certificate=MADE.pem), make()

    save(operator, service, client_certificate=other.pem)

    assert kept() == other.pem.strip()


def test_it_can_be_removed(operator: Client) -> None:
    service = saved_service(client_certificate=MADE.pem)

    save(operator, service, client_certificate="", remove_client_certificate="on")

    assert kept() == ""
    assert STORED not in page_of(operator, service)


def test_removing_and_typing_at_once_is_a_mistake(operator: Client) -> None:
    service = saved_service(client_certificate=MADE.pem)

    html = save(operator, service, client_certificate=make().pem, remove_client_certificate="on")

    assert "Either remove the certificate or type another one." in html
    assert kept() == MADE.pem.strip()


@pytest.mark.parametrize(
    "changes", [{"client_certificate": MADE.key}, {"client_certificate": MADE.pem, "timeout_ms": "5"}]
)
def test_a_page_that_comes_back_with_mistakes_does_not_show_what_was_typed(
    operator: Client, changes: dict[str, str]
) -> None:
    html = save(operator, **changes)

    assert "errornote" in html
    assert "BEGIN" not in html
    assert not Service.objects.exists()


def test_who_may_only_look_sees_nothing_of_it(viewer: Client) -> None:
    html = page_of(viewer, saved_service(client_certificate=MADE.pem))

    assert "data-api" in html
    assert "PRIVATE KEY" not in html
    assert "client_certificate" not in html
