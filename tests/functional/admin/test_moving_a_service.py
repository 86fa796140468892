"""A service that moves to another origin: whoever moves it brings its secrets along, for no other may have them."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from realtime.models import RequestHeader, Service
from tests.client_certificates import make
from tests.functional.admin.test_service_page import form_of, page_of, save
from tests.functional.registry.rows import saved_header, saved_service

SAYS = "the stored secret is for another origin (scheme, host or port): give it again, or remove it"
HERE, THERE = "http://127.0.0.1:8006", "http://127.0.0.1:9999"
STORED = "Bearer hunter2"


def where() -> str:
    return Service.objects.get().base_url


def values() -> list[str]:
    return list(RequestHeader.objects.values_list("value", flat=True))


@pytest.fixture
def service(db: None) -> Service:
    service = saved_service(base_url=HERE)
    saved_header(service, value=STORED)
    return service


@pytest.fixture
def mover(db: None) -> Client:
    """Someone who may change services, and nothing that belongs to them."""
    user = User.objects.create_user("mover", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_service", "change_service"]))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("url", [THERE, "https://127.0.0.1:8006", "http://evil.example:8006", "http://127.0.0.1"])
@pytest.mark.parametrize("stored", [STORED, "${INGESTION_TOKEN}"])
def test_its_header_values_must_be_typed_again(operator: Client, service: Service, url: str, stored: str) -> None:
    RequestHeader.objects.update(value=stored)

    html = save(operator, service, base_url=url)

    assert html.count(SAYS) == 1
    assert (where(), values()) == (HERE, [stored])


@pytest.mark.parametrize("url", [f"{HERE}/", f"{HERE}/behind/a/path", "HTTP://127.0.0.1:8006"])
def test_the_same_origin_keeps_them(operator: Client, service: Service, url: str) -> None:
    save(operator, service, base_url=url)

    assert where() == url.rstrip("/")
    assert values() == [STORED]


def test_with_its_values_typed_again_it_moves(operator: Client, service: Service) -> None:
    save(operator, service, base_url=THERE, **{"headers-0-value": "Bearer other"})

    assert (where(), values()) == (THERE, ["Bearer other"])


def test_without_its_headers_it_moves(operator: Client, service: Service) -> None:
    save(operator, service, base_url=THERE, **{"headers-0-DELETE": "on"})

    assert (where(), values()) == (THERE, [])


def test_a_header_that_is_taken_away_is_not_asked_for_where_another_mistake_brings_the_page_back(
    operator: Client, service: Service
) -> None:
    html = save(operator, service, base_url=THERE, timeout_ms="0", **{"headers-0-DELETE": "on"})

    assert "timeout_ms" in html
    assert SAYS not in html
    assert (where(), values()) == (HERE, [STORED])


def test_leaving_the_headers_out_of_the_form_does_not_help(operator: Client, service: Service) -> None:
    html = save(operator, service, base_url=THERE, headers__TOTAL_FORMS="0", headers__INITIAL_FORMS="0")

    assert SAYS in html
    assert where() == HERE


def test_naming_one_header_twice_does_not_help(operator: Client, service: Service) -> None:
    row = RequestHeader.objects.get()
    forged = {"headers-0-DELETE": "on", "headers-1-id": str(row.pk), "headers-1-service": str(service.pk)}

    save(
        operator,
        service,
        base_url=THERE,
        headers__TOTAL_FORMS="2",
        headers__INITIAL_FORMS="2",
        **forged,
        **{"headers-1-name": "X-Other", "headers-1-value": ""},
    )

    assert (where(), values()) == (HERE, [STORED])


def test_its_client_certificate_must_be_typed_again_too(operator: Client, db: None) -> None:
    made, other = make(), make()
    service = saved_service(base_url="https://127.0.0.1:8006", client_certificate=made.pem)
    there = "https://127.0.0.1:9999"

    assert SAYS in save(operator, service, base_url=there)
    assert Service.objects.get().client_certificate == made.pem.strip()
    save(operator, service, base_url=there, client_certificate=other.pem)
    assert (where(), Service.objects.get().client_certificate) == (there, other.pem.strip())
    save(operator, service, base_url=HERE, remove_client_certificate="on")
    assert (where(), Service.objects.get().client_certificate) == (HERE, "")


def test_a_service_without_secrets_moves_freely(operator: Client, db: None) -> None:
    save(operator, saved_service(base_url=HERE), base_url=THERE)

    assert where() == THERE


def test_who_may_not_change_headers_cannot_move_what_has_some(mover: Client, service: Service) -> None:
    assert 'name="base_url"' not in page_of(mover, service)

    mover.post(f"/admin/realtime/service/{service.pk}/change/", form_of(service, base_url=THERE, notes="seen"))

    assert (where(), Service.objects.get().notes) == (HERE, "seen")


def test_who_may_not_change_headers_can_move_what_has_none(mover: Client, db: None) -> None:
    service = saved_service(base_url=HERE)

    mover.post(f"/admin/realtime/service/{service.pk}/change/", form_of(service, base_url=THERE))

    assert where() == THERE
