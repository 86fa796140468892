"""Under `staff`, whoever is signed in to the admin as staff may read, and nobody else."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as project
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from realtime.config import ReadAccess
from realtime.reporting import access
from realtime.reporting.access import NotAdmitted, Presented, admit
from tests.functional.access.conftest import GOOD
from tests.functional.api.conftest import URL, Publish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def staff_access(settings: Any) -> None:
    settings.REALTIME = dataclasses.replace(settings.REALTIME, read_access=ReadAccess.STAFF)


def browser(**traits: Any) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("ann", **traits))
    return client


def session_of(client: Client) -> Presented:
    return Presented(session=client.cookies[project.SESSION_COOKIE_NAME].value)


def test_staff_reads_everything(publish: Publish) -> None:
    publish()
    ann = browser(is_staff=True)

    for url in (URL, f"{URL}/history?metric=error_rate", "/", "/services/influxdb"):
        assert ann.get(url).status_code == 200


@pytest.mark.parametrize("client", [lambda: Client(), lambda: browser(), lambda: Client(headers={"X-API-Key": GOOD})])
def test_others_do_not(publish: Publish, client: Any) -> None:
    publish()

    response = client().get(URL)

    assert response.status_code == 403
    assert response.json()["code"] == "permission_denied"


def test_a_page_leads_to_the_admins_door_and_back() -> None:
    response = Client().get("/services/influxdb?period=1h")

    assert response["Location"] == "/admin/login/?next=%2Fservices%2Finfluxdb%3Fperiod%3D1h"


def test_whoever_is_no_longer_staff_or_signed_out_is_out(publish: Publish) -> None:
    publish()
    ann = browser(is_staff=True)
    presented = session_of(ann)
    User.objects.update(is_staff=False)
    with pytest.raises(NotAdmitted):
        admit(presented)
    User.objects.update(is_staff=True, is_active=False)
    with pytest.raises(NotAdmitted):
        admit(presented)
    User.objects.update(is_active=True)
    admit(presented)

    ann.logout()

    with pytest.raises(NotAdmitted):
        admit(presented)


def test_an_open_connection_is_asked_again_after_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [0.0]
    monkeypatch.setattr(access, "time", type("Clock", (), {"monotonic": staticmethod(lambda: seconds[0])}))
    admission = admit(session_of(browser(is_staff=True)))
    User.objects.update(is_staff=False)

    seconds[0] = 29.0
    assert admission.holds()
    seconds[0] = 31.0
    assert not admission.holds()


def test_a_database_that_is_away_turns_nobody_out_and_lets_nobody_in(
    publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    ann = browser(is_staff=True)
    admission = admit(session_of(ann))

    def refuse(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(access, "get_user", refuse)
    monkeypatch.setattr(access, "SECONDS_BETWEEN_SESSION_CHECKS", 0.0)

    assert admission.holds()
    response = ann.get(URL)
    assert response.status_code == 503
    assert response.json()["code"] == "registry_unavailable"


def test_a_session_ends_by_its_age() -> None:
    presented = session_of(browser(is_staff=True))
    with time_machine.travel(timezone.now() + timedelta(days=15), tick=True), pytest.raises(NotAdmitted):
        admit(presented)
