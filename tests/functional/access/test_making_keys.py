"""Read keys are made by the command or in the admin, shown once, and revoked."""

import re
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
import redis
from django.conf import settings as project
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from realtime.core import read_keys
from realtime.models import ReadKey
from realtime.registry.read_keys import create_read_key, note_uses, opening_digests
from realtime.store.read_key_sets import ReadKeySet, open_read_key_sets

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clean_store")]

LIST = "/admin/realtime/readkey/"
KEY = re.compile(r"rtm_[0-9a-f]{12}_[A-Za-z0-9_-]{43}")


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ann"))
    return client


def published() -> dict[str, str]:
    found = open_read_key_sets(project.REALTIME).read(known_version=None)
    return dict(found.digests) if isinstance(found, ReadKeySet) else {}


def mark(key: str) -> tuple[str, str]:
    found = read_keys.mark_of(key)
    assert found
    return found.public_id, found.digest


def act(operator: Client, action: str, *rows: ReadKey) -> Any:
    return operator.post(LIST, {"action": action, "_selected_action": [row.pk for row in rows]}, follow=True)


def test_the_command_prints_the_key_alone_and_publishes_it() -> None:
    out, err = StringIO(), StringIO()

    call_command("create_read_key", "wall display", stdout=out, stderr=err)

    key = out.getvalue().removesuffix("\n")
    assert KEY.fullmatch(key)
    assert published() == dict([mark(key)]) == opening_digests()
    assert "shown this once" in err.getvalue()
    assert key not in str(ReadKey.objects.values().get())


@pytest.mark.parametrize("name", ["", "two\nlines", "x" * 65, "taken"])
def test_a_name_must_be_new_and_one_line(name: str) -> None:
    create_read_key("taken")

    with pytest.raises(CommandError):
        call_command("create_read_key", name, stdout=StringIO(), stderr=StringIO())

    assert ReadKey.objects.count() == 1


def test_every_key_is_another() -> None:
    assert len({create_read_key(f"key {number}") for number in range(50)}) == 50


def test_the_admin_shows_a_key_once(operator: Client) -> None:
    page = operator.post(f"{LIST}add/", {"name": "phone", "enabled": "on"})

    (key,) = set(KEY.findall(page.content.decode()))
    assert "no-store" in page["Cache-Control"]
    assert published() == dict([mark(key)])
    row = ReadKey.objects.get()
    kept = [operator.get(url).content.decode() for url in (LIST, f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/history/")]
    kept += [str(list(LogEntry.objects.values())), str(list(Session.objects.values())), str(operator.cookies)]
    assert not [text for text in kept if key in text or key[-43:] in text or row.digest in text]


def test_revoked_keys_are_unpublished_and_can_be_opened_again(operator: Client) -> None:
    one, two = (mark(create_read_key(name)) for name in ("one", "two"))
    row = ReadKey.objects.get(name="one")

    act(operator, "revoke", row)
    assert published() == dict([two])
    act(operator, "open_again", row)
    assert published() == dict([one, two])
    row.refresh_from_db()
    row.delete()
    assert published() == dict([two])


def test_a_key_is_replaced_under_its_name_and_the_old_one_ends(operator: Client) -> None:
    old = create_read_key("phone")

    page = act(operator, "replace", ReadKey.objects.get())

    (key,) = set(KEY.findall(page.content.decode()))
    assert key != old
    assert published() == dict([mark(key)])
    assert "Replaced" in str(LogEntry.objects.get())


def test_only_one_key_is_replaced_at_a_time(operator: Client) -> None:
    for name in ("one", "two"):
        create_read_key(name)
    before = opening_digests()

    page = act(operator, "replace", *ReadKey.objects.all())

    assert "Choose one key" in page.content.decode()
    assert opening_digests() == before


def test_renaming_a_key_leaves_it_good(operator: Client) -> None:
    key = create_read_key("phone")
    row = ReadKey.objects.get()

    operator.post(f"{LIST}{row.pk}/change/", {"name": "tablet", "enabled": "on"})

    assert ReadKey.objects.get().name == "tablet"
    assert published() == dict([mark(key)])


def test_a_later_use_is_never_overwritten_by_an_earlier_one() -> None:
    public_id, _ = mark(create_read_key("phone"))
    early, late = (datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2))
    note_uses({public_id: late, "no-such-key": late})

    note_uses({public_id: early})

    assert ReadKey.objects.get().last_used_at == late


def test_a_change_is_committed_also_while_it_cannot_be_published(
    clean_store: redis.Redis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    key = create_read_key("phone")

    def refuse(*_: object) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr("realtime.store.client.get_redis_connection", refuse)
    row = ReadKey.objects.get()
    row.enabled = False
    row.save()

    assert opening_digests() == {}
    assert "take effect within seconds" in caplog.text
    assert key not in caplog.text


def test_a_change_that_is_rolled_back_is_never_published() -> None:
    key = create_read_key("phone")
    with transaction.atomic():
        ReadKey.objects.get().delete()
        transaction.set_rollback(True)

    assert published() == dict([mark(key)])


def test_the_database_itself_refuses_a_key_without_a_hash() -> None:
    create_read_key("phone")
    with pytest.raises(IntegrityError):
        ReadKey.objects.update(digest="")
    with pytest.raises(ValidationError):
        ReadKey(name="empty").save()
