"""Secrets of services in the database: encrypted there, readable to who holds the key, and what if nobody does."""

import dataclasses
import logging
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from realtime.models import RequestHeader, Service
from realtime.registry.exporting import registry_document
from realtime.registry.targets import load_targets, secrets_of

pytestmark = pytest.mark.django_db

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def header(value: str, *, name: str = "X-Token") -> RequestHeader:
    service, _ = Service.objects.get_or_create(name="vault", defaults={"base_url": "http://127.0.0.1:8001"})
    row = RequestHeader(service=service, name=name, value=value)
    row.save()
    return row


def stored() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM realtime_requestheader ORDER BY id")
        return [value for (value,) in cursor.fetchall()]


def sent() -> dict[str, str]:
    (target,) = load_targets()
    return dict(target.headers)


@pytest.fixture
def keys(settings: Any) -> Any:
    def keys(*keys: str) -> None:
        settings.REALTIME = dataclasses.replace(settings.REALTIME, secrets_keys=keys)

    return keys


@pytest.mark.parametrize("secret", ["hunter2", "Bearer hunter2", "${USER}:hunter2", "Basic me:hunter2", "hünter2"])
def test_a_secret_is_never_in_the_database_in_clear(secret: str) -> None:
    row = header(secret)

    assert "nter2" not in stored()[0]
    row.refresh_from_db()
    assert row.value == secret


@pytest.mark.parametrize("reference", ["${TOKEN}", "Bearer ${TOKEN}"])
def test_a_reference_stays_readable(reference: str) -> None:
    header(reference)

    assert stored() == [reference]


def test_rows_written_in_bulk_are_encrypted_too() -> None:
    service = header("first").service
    RequestHeader.objects.bulk_create([RequestHeader(service=service, name="A", value="hunter2")])
    RequestHeader.objects.filter(name="X-Token").update(value="hunter3")

    assert not [value for value in stored() if "hunter" in value]
    assert sent() == {"X-Token": "hunter3", "A": "hunter2"}


def test_a_secret_without_its_key_is_left_out_and_said_in_one_line(
    keys: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys(OLD)
    header("hunter2")
    header("${HOME}", name="X-Home")
    monkeypatch.setenv("HOME", "here")
    keys(NEW)

    with caplog.at_level(logging.WARNING):
        assert sent() == {"X-Home": "here"}
        load_targets()

    (line,) = [record.getMessage() for record in caplog.records if "vault" in record.getMessage()]
    assert "without its header X-Token" in line
    assert "REALTIME_SECRETS_KEY" in line
    assert registry_document()["services"][0]["headers"]["X-Token"] == "${VAULT_X_TOKEN}"
    keys(OLD)
    assert sent()["X-Token"] == "hunter2"


def test_a_row_that_cannot_be_decrypted_must_be_typed_again_to_be_saved(keys: Any) -> None:
    keys(OLD)
    header("hunter2")
    keys(NEW)
    row = RequestHeader.objects.get()

    with pytest.raises(ValidationError, match="type it again"):
        row.save()

    row.value = "hunter3"
    row.save()
    assert sent() == {"X-Token": "hunter3"}


def test_a_key_is_changed_in_three_steps(keys: Any) -> None:
    keys(OLD)
    header("hunter2")
    before = stored()
    keys(NEW, OLD)
    assert sent() == {"X-Token": "hunter2"}

    out = StringIO()
    call_command("reencrypt_secrets", stdout=out)

    assert out.getvalue() == "1 secrets encrypted with the first key\n"
    assert stored() != before
    keys(NEW)
    assert sent() == {"X-Token": "hunter2"}


def test_changing_the_key_names_what_is_lost_and_leaves_it(keys: Any) -> None:
    keys(OLD)
    header("hunter2")
    before = stored()
    keys(NEW)

    with pytest.raises(CommandError, match="vault: X-Token"):
        call_command("reencrypt_secrets", stdout=StringIO())

    assert stored() == before


def test_basic_credentials_are_encoded_when_they_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_PASSWORD", "p:w")
    header("Basic me:${METRICS_PASSWORD}", name="Authorization")
    header("Basic me:pw", name="X-Other")

    assert sent() == {"Authorization": "Basic bWU6cDp3", "X-Other": "Basic me:pw"}
    assert {"p:w", "me:p:w", "bWU6cDp3"} <= secrets_of(["vault"])


def test_encoded_basic_credentials_are_sent_as_they_are() -> None:
    header("Basic bWU6cDp3", name="Authorization")

    assert sent() == {"Authorization": "Basic bWU6cDp3"}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_secrets_from_before_are_encrypted_by_the_migration_and_come_back_with_it() -> None:
    before, after = [("realtime", "0003_read_key")], MigrationExecutor(connection).loader.graph.leaf_nodes()
    header("hunter2")
    header("${TOKEN}", name="X-Ref")
    try:
        MigrationExecutor(connection).migrate(before)
        assert stored() == ["hunter2", "${TOKEN}"]
    finally:
        MigrationExecutor(connection).migrate(after)

    assert "hunter2" not in stored()[0]
    assert stored()[1] == "${TOKEN}"
    assert RequestHeader.objects.get(name="X-Token").value == "hunter2"
