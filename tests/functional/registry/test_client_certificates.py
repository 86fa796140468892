"""The client certificate of a service: what is taken, how it lies in the database, what leaves and what comes back."""

import dataclasses
import json
import logging
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection

from realtime.core import client_certificates
from realtime.models import Service
from realtime.registry.exporting import registry_document
from realtime.registry.registry_file import BadRegistryFile
from realtime.registry.targets import load_targets, secrets_of
from tests.client_certificates import make
from tests.functional.registry.rows import imported, saved_header, saved_service, unsaved_service

pytestmark = pytest.mark.django_db

MADE = make()


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT client_certificate FROM realtime_service")
        return str(cursor.fetchone()[0])


def shown() -> str | None:
    (target,) = load_targets()
    return target.client_certificate


def file_with(text: str) -> str:
    return json.dumps({"services": [{"name": "data-api", "base_url": "https://127.0.0.1", "client_certificate": text}]})


@pytest.fixture
def keys(settings: Any) -> Any:
    def keys(*keys: str) -> None:
        settings.REALTIME = dataclasses.replace(settings.REALTIME, secrets_keys=keys)

    return keys


def test_it_is_encrypted_in_the_database_and_shown_to_the_service() -> None:
    saved_service(client_certificate=f"\n{MADE.pem}\n")

    assert stored().startswith("sealed:")
    assert MADE.secret not in stored()
    assert shown() == MADE.pem.strip()


def test_a_service_without_one_shows_none() -> None:
    saved_service()

    assert stored() == ""
    assert shown() is None


@pytest.mark.parametrize(
    "text", [MADE.key + MADE.certificate, MADE.pem + make().certificate, f"# hünter\n{MADE.pem}", "${CERTIFICATE}"]
)
def test_key_first_a_chain_comments_and_one_reference_are_taken(text: str) -> None:
    saved_service(client_certificate=text)

    assert Service.objects.get().client_certificate.strip() == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "hunter2",
        MADE.certificate,
        MADE.key,
        make().certificate + MADE.key,
        MADE.certificate + MADE.encrypted_key,
        MADE.pem + MADE.key,
        MADE.pem.replace(MADE.secret, "hunter2"),
        MADE.pem + "\ud800",
        "${CERTIFICATE} ${KEY}",
        "x${CERTIFICATE}",
    ],
)
def test_anything_else_is_refused_in_one_sentence_without_the_text(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        unsaved_service(client_certificate=text).save()

    assert caught.value.message_dict == {
        "client_certificate": [
            "must be a certificate and the private key that belongs to it, not encrypted, both in PEM form, or ${NAME}"
        ]
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MADE.pem + "#" * client_certificates.MAX_LENGTH, "must be at most 64 KiB"),
        ("${SECRET_KEY}", "must not refer to SECRET_KEY: a setting of this project"),
    ],
)
def test_too_much_and_settings_of_this_project_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        unsaved_service(client_certificate=text).save()

    assert caught.value.message_dict == {"client_certificate": [message]}


def test_a_reference_stays_readable_and_is_filled_when_probing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_CERTIFICATE", f"{MADE.pem}\n")
    saved_service(client_certificate="${OUR_CERTIFICATE}")

    assert stored() == "${OUR_CERTIFICATE}"
    assert shown() == MADE.pem.strip()
    assert MADE.secret in secrets_of(["data-api"])


@pytest.mark.parametrize("line_break", ["\\n", "\\r\\n", "\r\n"])
def test_a_variable_may_have_its_line_breaks_written_out(line_break: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_CERTIFICATE", MADE.pem.replace("\n", line_break))
    saved_service(client_certificate="${OUR_CERTIFICATE}")

    certificate = shown()

    assert certificate is not None
    assert client_certificates.is_usable(certificate)
    assert MADE.secret in secrets_of(["data-api"])


@pytest.mark.parametrize(
    ("value", "problem"), [(None, "is not set"), ("hunter2", "holds no certificate with its private key in PEM form")]
)
def test_without_a_usable_variable_it_is_left_out_and_said_once(
    value: str | None, problem: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if value is not None:
        monkeypatch.setenv("OUR_CERTIFICATE", value)
    saved_service(name=f"once-{value}", client_certificate="${OUR_CERTIFICATE}")

    with caplog.at_level(logging.WARNING):
        assert shown() is None
        load_targets()

    lines = [record.getMessage() for record in caplog.records if "once-" in record.getMessage()]
    assert lines == [f"once-{value} is probed without its client certificate: OUR_CERTIFICATE {problem}"]


def test_its_private_key_is_masked_where_an_answer_has_it() -> None:
    saved_service(client_certificate=MADE.pem)

    secrets = secrets_of(["data-api"])

    assert MADE.secret in secrets
    assert MADE.key.strip() in secrets
    assert MADE.certificate not in secrets


def test_it_leaves_as_a_reference_that_no_other_secret_has() -> None:
    service = saved_service(client_certificate=MADE.pem)
    saved_header(service, name="Client-Certificate")

    (entry,) = registry_document()["services"]

    references = {entry["client_certificate"], entry["headers"]["Client-Certificate"]}
    assert references == {"${DATA_API_CLIENT_CERTIFICATE}", "${DATA_API_CLIENT_CERTIFICATE_2}"}
    assert MADE.secret not in json.dumps(registry_document())


def test_a_reference_leaves_as_it_is_and_none_is_not_written() -> None:
    saved_service(client_certificate="${OUR_CERTIFICATE}")
    saved_service(name="other")

    first, second = sorted(registry_document()["services"], key=lambda entry: str(entry["name"]))

    assert first["client_certificate"] == "${OUR_CERTIFICATE}"
    assert "client_certificate" not in second


def test_a_file_may_hold_it_in_clear() -> None:
    imported(file_with(MADE.pem))

    assert shown() == MADE.pem.strip()
    assert MADE.secret not in stored()
    assert imported(file_with(MADE.pem)).services.unchanged == ("data-api",)


def test_a_mistake_in_a_file_is_told_without_the_text() -> None:
    with pytest.raises(BadRegistryFile) as caught:
        imported(file_with(MADE.key))

    (mistake,) = caught.value.mistakes
    assert mistake.startswith("services[0] (data-api): client_certificate: must be a certificate and the private key")
    assert MADE.secret not in mistake


def test_an_export_that_comes_back_keeps_the_stored_one_and_warns() -> None:
    imported(file_with(MADE.pem))

    outcome = imported(json.dumps(registry_document()))

    assert shown() == MADE.pem.strip()
    assert outcome.services.unchanged == ("data-api",)
    assert outcome.warnings == (
        "data-api: client_certificate: DATA_API_CLIENT_CERTIFICATE is not set: the stored secret is kept",
    )


def test_a_new_reference_without_its_variable_warns() -> None:
    outcome = imported(file_with("${OUR_CERTIFICATE}"))

    assert outcome.warnings == (
        "data-api: client_certificate: OUR_CERTIFICATE is not set: the service is probed without it until it is",
    )


def test_a_file_without_it_takes_it_away() -> None:
    saved_service(client_certificate=MADE.pem)

    imported("services: [{name: data-api, base_url: 'https://127.0.0.1'}]")

    assert shown() is None


def test_the_key_that_encrypts_it_can_be_changed(keys: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    keys(old)
    saved_service(client_certificate=MADE.pem)
    keys(new, old)
    out = StringIO()

    call_command("reencrypt_secrets", stdout=out)

    assert out.getvalue() == "1 secrets encrypted with the first key\n"
    keys(new)
    assert shown() == MADE.pem.strip()


def test_without_its_key_the_service_is_probed_without_it(keys: Any, caplog: pytest.LogCaptureFixture) -> None:
    keys(Fernet.generate_key().decode())
    saved_service(name="keyless", client_certificate=MADE.pem)
    keys(Fernet.generate_key().decode())

    with caplog.at_level(logging.WARNING):
        assert shown() is None

    assert "keyless is probed without its client certificate: it cannot be decrypted" in caplog.text
    assert registry_document()["services"][0]["client_certificate"] == "${KEYLESS_CLIENT_CERTIFICATE}"
    with pytest.raises(CommandError, match="keyless: client_certificate"):
        call_command("reencrypt_secrets", stdout=StringIO())
    with pytest.raises(ValidationError, match="type it again"):
        Service.objects.get().save()
