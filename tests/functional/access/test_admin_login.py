"""Guessing passwords at the admin's door, and what its pages tell a browser to trust."""

import hashlib
import re
from base64 import b64encode
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.conf import settings as project
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/?next=/admin/"
RIGHT, WRONG = "correct horse battery", "a-wrong-guess"


@pytest.fixture
def ann() -> User:
    return User.objects.create_superuser("ann", password=RIGHT)


def enter(password: str, *, name: str = "ann", address: str = "10.0.0.1", **headers: str) -> int:
    client = Client(REMOTE_ADDR=address, headers=headers or None)
    return client.post(LOGIN, {"username": name, "password": password}).status_code


def guess(times: int = 5, **options: Any) -> list[int]:
    return [enter(WRONG, **options) for _ in range(times)]


@pytest.mark.usefixtures("ann")
def test_the_fifth_wrong_password_closes_the_door_for_the_right_one_too() -> None:
    assert guess() == [200, 200, 200, 200, 429]
    assert enter(RIGHT) == 429


@pytest.mark.usefixtures("ann")
def test_the_owner_elsewhere_and_others_at_that_address_still_get_in() -> None:
    User.objects.create_superuser("bob", password=RIGHT)
    guess()

    assert enter(RIGHT, address="10.0.0.2") == 302
    assert enter(RIGHT, name="bob") == 302


@pytest.mark.usefixtures("ann")
def test_the_door_opens_again_after_a_quarter_of_an_hour() -> None:
    guess()
    with time_machine.travel(timezone.now() + project.AXES_COOLOFF_TIME * 1.01, tick=True):
        assert enter(RIGHT) == 302


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize("command", [("axes_reset",), ("axes_reset_username", "ann"), ("axes_reset_ip", "10.0.0.1")])
def test_the_operator_can_open_it_at_once(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    guess()

    call_command(*command)

    assert enter(RIGHT) == 302


@pytest.mark.usefixtures("ann")
def test_the_right_password_starts_the_count_anew() -> None:
    guess(4)
    enter(RIGHT)

    assert guess(4) == [200] * 4


@pytest.mark.usefixtures("ann")
def test_a_header_of_the_guessers_own_does_not_help_it() -> None:
    assert [enter(WRONG, **{"X-Forwarded-For": f"10.9.9.{number}"}) for number in range(5)][-1] == 429


@pytest.mark.usefixtures("ann")
def test_another_address_of_its_own_network_does_not_help_a_guesser_of_ipv6() -> None:
    assert [enter(WRONG, address=f"2001:db8::{number}") for number in range(1, 6)][-1] == 429
    assert enter(RIGHT, address="2001:db8:0:1::1") == 302


@pytest.mark.usefixtures("ann")
def test_an_address_counts_as_the_same_in_the_form_of_ipv6() -> None:
    guess()

    assert enter(RIGHT, address="::ffff:10.0.0.1") == 429
    assert enter(RIGHT, address="::1") == 302


@pytest.mark.usefixtures("ann")
def test_guesses_are_kept_nowhere(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    guess()

    (row,) = AccessAttempt.objects.values()
    assert WRONG not in str(row)
    assert WRONG not in caplog.text + "".join(capfd.readouterr())


@pytest.mark.usefixtures("ann")
def test_the_admin_tells_the_browser_to_run_nothing_written_inline() -> None:
    client = Client()
    client.force_login(User.objects.get())

    for path in (LOGIN, "/admin/", "/admin/realtime/service/", "/admin/realtime/service/add/", "/admin/nothing-here/"):
        policy = client.get(path)["Content-Security-Policy"]
        assert "script-src 'self' 'sha256-" in policy
        assert "frame-ancestors 'none'" in policy


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize("model", ["realtime/service", "realtime/readkey", "django_celery_beat/periodictask"])
def test_no_script_of_the_admins_forms_is_kept_from_running(model: str) -> None:
    client = Client()
    client.force_login(User.objects.get())

    page = client.get(f"/admin/{model}/add/")

    scripts = re.findall(r"<script(?![^>]*(?:\bsrc=|json))[^>]*>(.+?)</script>", page.content.decode(), re.DOTALL)
    assert len(scripts) == (model == "django_celery_beat/periodictask")
    for script in scripts:
        digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page["Content-Security-Policy"]
    assert not re.findall(r"\son[a-z]+=\"", page.content.decode())


def test_the_pages_keep_their_own_stricter_policy() -> None:
    assert "unsafe-inline" not in Client().get("/")["Content-Security-Policy"]
