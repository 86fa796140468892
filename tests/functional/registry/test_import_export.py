"""What comes out of the registry goes in again: import, export, and what neither may do."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.models import DataSource, Reading, RequestHeader, Service
from realtime.registry import exporting, importing, registry_file
from realtime.registry.file_text import FileFormat
from realtime.registry.registry_file import BadRegistryFile
from realtime.registry.targets import load_targets
from tests.client_certificates import make
from tests.functional.registry.rows import imported, saved_header, saved_service

pytestmark = pytest.mark.django_db

FILE = """
services:
  - name: ingestion
    base_url: http://127.0.0.1:8001
    headers: {Authorization: "Bearer ${INGESTION_TOKEN}", X-Tenant: "${TENANT}"}
    readings:
      - {name: events_per_second, path: /rate, expression: rate, counts_toward: events_per_second}
      - {name: events, expression: total, kind: counter}
  - name: influxdb
    base_url: http://127.0.0.1:8086
    health_path: /ping
    counts_as_api: false
    degraded_above_ms: null
    enabled: false
data_sources:
  - {name: influxdb, service: influxdb}
  - {name: home-assistant, service: ingestion, condition: connection.is_running}
"""


def exported() -> str:
    return exporting.registry_text(file_format=FileFormat.YAML)


def test_an_import_makes_the_rows_that_the_file_lists() -> None:
    outcome = imported(FILE)

    assert outcome.services.created == ("ingestion", "influxdb")
    assert list(Service.objects.values_list("name", "order", "enabled")) == [
        ("ingestion", 10, True),
        ("influxdb", 20, False),
    ]
    assert list(Reading.objects.values_list("service__name", "name", "kind", "counts_toward")) == [
        ("ingestion", "events_per_second", "gauge", "events_per_second"),
        ("ingestion", "events", "counter", ""),
    ]
    assert list(DataSource.objects.values_list("name", "service__name", "condition")) == [
        ("home-assistant", "ingestion", "connection.is_running"),
        ("influxdb", "influxdb", ""),
    ]


def test_importing_twice_is_importing_once() -> None:
    imported(FILE)
    before = exported()
    keys = list(RequestHeader.objects.values_list("pk"))

    outcome = imported(FILE)

    assert outcome.services.unchanged == ("ingestion", "influxdb")
    assert outcome.data_sources.unchanged == ("influxdb", "home-assistant")
    assert list(RequestHeader.objects.values_list("pk")) == keys
    assert exported() == before


def test_a_listed_service_becomes_exactly_what_its_entry_says() -> None:
    imported(FILE)
    key = Service.objects.get(name="ingestion").pk

    outcome = imported("services: [{name: ingestion, base_url: 'http://new', readings: [{name: r, expression: a}]}]")

    assert outcome.services.updated == ("ingestion",)
    assert outcome.data_sources.removed == ("home-assistant",)
    service = Service.objects.get(name="ingestion")
    assert (service.pk, service.base_url) == (key, "http://new")
    assert [reading.name for reading in service.readings.all()] == ["r"]
    assert not service.headers.exists()


def test_services_that_the_file_does_not_list_stay_as_they_are() -> None:
    imported(FILE)

    imported("services: [{name: other, base_url: 'http://other'}]")

    assert set(Service.objects.values_list("name", flat=True)) == {"ingestion", "influxdb", "other"}
    assert DataSource.objects.count() == 2


def test_a_data_source_can_move_to_another_service() -> None:
    imported(FILE)

    outcome = imported("data_sources: [{name: home-assistant, service: influxdb}]")

    assert outcome.data_sources.updated == ("home-assistant",)
    source = DataSource.objects.get(name="home-assistant")
    assert (source.service.name, source.condition) == ("influxdb", "")


def test_an_import_that_fails_half_way_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    imported(FILE)
    before = exported()

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the machine went away")

    monkeypatch.setattr(importing, "_apply_data_sources", fail)
    with pytest.raises(RuntimeError):
        imported("services: [{name: ingestion, base_url: 'http://new'}]")

    assert exported() == before


def test_an_export_comes_back_as_the_same_registry() -> None:
    imported(FILE)
    text = exported()
    Service.objects.all().delete()

    imported(text)

    assert exported() == text


def test_both_formats_say_the_same() -> None:
    imported(FILE)
    as_json = exporting.registry_text(file_format=FileFormat.JSON)

    registry = registry_file.parse(as_json.encode(), file_format=FileFormat.JSON)

    assert importing.apply(registry).services.unchanged == ("ingestion", "influxdb")
    assert yaml.safe_load(exported()) == yaml.safe_load(as_json)


def test_a_secret_typed_in_the_admin_leaves_as_a_reference() -> None:
    service = saved_service(name="ingestion")
    saved_header(service, value="Bearer hunter2")
    saved_header(service, name="X-Api-Key", value="hunter2 ${PART}")
    saved_header(service, name="X-Ref", value="token ${REF}")

    (entry,) = yaml.safe_load(exported())["services"]

    assert entry["headers"] == {
        "Authorization": "${INGESTION_AUTHORIZATION}",
        "X-Api-Key": "${INGESTION_X_API_KEY}",
        "X-Ref": "token ${REF}",
    }
    assert "hunter2" not in exported() + exporting.registry_text(file_format=FileFormat.JSON)


def test_two_secrets_never_leave_under_one_reference() -> None:
    for name in ("a-b", "a_b"):
        saved_header(saved_service(name=name), name="X", value="hunter2")
    saved_header(saved_service(name="other"), name="X", value="${A_B_X_2}")
    saved_header(saved_service(name="database"), name="URL", value="hunter2")

    headers = {entry["name"]: entry["headers"] for entry in yaml.safe_load(exported())["services"]}

    assert headers == {
        "a-b": {"X": "${A_B_X}"},
        "a_b": {"X": "${A_B_X_3}"},
        "other": {"X": "${A_B_X_2}"},
        "database": {"URL": "${DATABASE_URL_2}"},
    }


def test_a_reference_whose_variable_is_unset_keeps_the_stored_secret_and_warns() -> None:
    header = saved_header(saved_service(name="ingestion"), value="Bearer hunter2")
    text = exported()

    outcome = imported(text)

    assert outcome.services.unchanged == ("ingestion",)
    assert outcome.warnings == (
        "ingestion: headers[Authorization]: INGESTION_AUTHORIZATION is not set: the stored secret is kept",
    )
    header.refresh_from_db()
    assert header.value == "Bearer hunter2"
    assert exported() == text


def test_the_stored_secret_is_kept_also_when_the_service_changes() -> None:
    saved_header(saved_service(name="ingestion", base_url="http://h:8001"), value="Bearer hunter2")

    imported("services: [{name: ingestion, base_url: 'http://h:8001/x', headers: {authorization: '${UNSET_TOKEN}'}}]")

    assert list(RequestHeader.objects.values_list("name", "value")) == [("authorization", "Bearer hunter2")]


@pytest.mark.parametrize("url", ["http://evil.example:8001", "https://h:8001", "http://h:8002"])
def test_a_file_has_no_stored_secret_sent_to_another_origin_and_changes_nothing_then(url: str) -> None:
    made = make()
    service = saved_service(name="ingestion", base_url="http://h:8001", client_certificate=made.pem)
    saved_header(service, value="Bearer hunter2")
    secrets = "headers: {Authorization: '${A_TOKEN}'}, client_certificate: '${A_PEM}'"

    with pytest.raises(BadRegistryFile) as caught:
        imported(f"services: [{{name: new, base_url: 'http://h'}}, {{name: ingestion, base_url: '{url}', {secrets}}}]")

    why = "is not set, and the stored secret is for another origin (scheme, host or port): give it again, or remove it"
    assert caught.value.mistakes == (
        f"ingestion: headers[Authorization]: A_TOKEN {why}",
        f"ingestion: client_certificate: A_PEM {why}",
    )
    assert list(Service.objects.values_list("base_url", flat=True)) == ["http://h:8001"]


def test_a_file_that_brings_its_own_secrets_may_move_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "from-the-environment")
    service = saved_service(name="ingestion", base_url="http://h:8001")
    saved_header(service, value="Bearer hunter2")
    saved_header(service, name="X-Other", value="hunter2")

    imported("services: [{name: ingestion, base_url: 'http://new', headers: {Authorization: 'Bearer ${A_TOKEN}'}}]")

    assert list(RequestHeader.objects.values_list("name", "value")) == [("Authorization", "Bearer ${A_TOKEN}")]


def test_a_reference_whose_variable_is_set_replaces_the_stored_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGESTION_AUTHORIZATION", "from-the-environment")
    saved_header(saved_service(name="ingestion"), value="Bearer hunter2")

    outcome = imported(exported())

    assert outcome.warnings == ()
    assert RequestHeader.objects.get().value == "${INGESTION_AUTHORIZATION}"


def test_a_stored_reference_is_no_secret_to_keep() -> None:
    saved_header(saved_service(name="ingestion"), value="Bearer ${OLD_TOKEN}")

    imported("services: [{name: ingestion, base_url: 'http://h', headers: {Authorization: 'Bearer ${NEW_TOKEN}'}}]")

    assert RequestHeader.objects.get().value == "Bearer ${NEW_TOKEN}"


def test_the_demo_leaves_rows_of_the_user_alone() -> None:
    imported("services: [{name: ingestion, base_url: 'http://mine'}]")

    outcome = imported(FILE, as_demo=True)

    assert outcome.services.skipped == ("ingestion",)
    assert outcome.data_sources.skipped == ("home-assistant",)
    assert list(Service.objects.values_list("name", "base_url", "is_demo")) == [
        ("ingestion", "http://mine", False),
        ("influxdb", "http://127.0.0.1:8086", True),
    ]


def test_a_row_of_the_demo_becomes_the_users_when_the_user_imports_it() -> None:
    imported(FILE, as_demo=True)

    outcome = imported(FILE)

    assert outcome.services.updated == ("ingestion", "influxdb")
    assert not Service.objects.demo().exists()


def test_the_demo_takes_no_data_source_from_the_user() -> None:
    imported("{services: [{name: mine, base_url: 'http://mine'}], data_sources: [{name: influxdb, service: mine}]}")

    imported(FILE, as_demo=True)

    assert DataSource.objects.get(name="influxdb").service.name == "mine"


@pytest.mark.parametrize("act", [exported, lambda: imported(FILE.replace("8001", "9001"))])
def test_the_number_of_queries_does_not_grow_with_the_registry(act: Callable[[], object]) -> None:
    imported(FILE)
    counts = []
    for batch in (range(1), range(1, 40)):
        for number in batch:
            service = saved_service(name=f"service-{number}")
            saved_header(service)
            DataSource.objects.create(service=service, name=f"source-{number}")
        with CaptureQueriesContext(connection) as queries:
            act()
        counts.append(len(queries))
        imported(FILE)

    assert counts[0] == counts[1]


@pytest.mark.slow
def test_a_large_file_is_imported_in_a_bounded_number_of_queries() -> None:
    def file_of(count: int, port: int) -> str:
        entries = [
            {
                "name": f"service-{number}",
                "base_url": f"http://127.0.0.1:{port}",
                "readings": [{"name": "r", "expression": "a"}],
            }
            for number in range(count)
        ]
        return yaml.safe_dump({"services": entries})

    with CaptureQueriesContext(connection) as creating:
        imported(file_of(200, 1))
    with CaptureQueriesContext(connection) as updating:
        imported(file_of(200, 2))

    assert len(creating) < 25
    assert len(updating) < 25


NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
READINGS = st.fixed_dictionaries(
    {"expression": st.sampled_from(["a", "a.b", "length(@)", '"x y"', "a[0]"])},
    optional={
        "path": st.sampled_from(["/x", "/y?z=1"]),
        "kind": st.sampled_from(["gauge", "counter"]),
        "counts_toward": st.sampled_from(["", "events_per_second"]),
    },
)
REQUIRED_KEYS: dict[str, st.SearchStrategy[Any]] = {
    "base_url": st.sampled_from(["http://h", "https://h:8443/x", "http://[::1]:80"])
}
OPTIONAL_KEYS: dict[str, st.SearchStrategy[Any]] = {
    "group": LINES,
    "notes": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40),
    "type": st.sampled_from(["core", "yes", "1e3", "data.v2"]),
    "order": st.integers(0, 1_000_000),
    "timeout_ms": st.integers(50, 60_000),
    "degraded_above_ms": st.none() | st.integers(1, 60_000),
    "preset": st.sampled_from(["", "vault", "elasticsearch", "consul"]),
    "health_path": st.sampled_from(["/health", "/up"]),
    "expected_status": st.sampled_from(["200", "200-299", "200,204"]),
    "status_path": st.sampled_from(["status", "a.b"]),
    "enabled": st.booleans(),
    "counts_as_api": st.booleans(),
    "headers": st.dictionaries(
        st.from_regex(r"X-[A-Z]{1,4}", fullmatch=True),
        st.sampled_from(["hunter2", "Bearer ${T}", "a${T}"]),
        max_size=3,
    ),
    "readings": st.dictionaries(NAMES.map(lambda name: name.replace("-", "_")), READINGS, max_size=4).map(
        lambda readings: [{"name": name, **reading} for name, reading in readings.items()]
    ),
}
SERVICES = st.fixed_dictionaries(REQUIRED_KEYS, optional=OPTIONAL_KEYS)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(services=st.dictionaries(NAMES, SERVICES, max_size=4), file_format=st.sampled_from(list(FileFormat)))
def test_whatever_was_imported_comes_back_from_its_export(
    services: dict[str, dict[str, object]], file_format: FileFormat
) -> None:
    Service.objects.all().delete()
    imported(yaml.safe_dump({"services": [{"name": name, **entry} for name, entry in services.items()]}))
    text = exporting.registry_text(file_format=file_format)

    again = importing.apply(registry_file.parse(text.encode(), file_format=file_format))
    same = exporting.registry_text(file_format=file_format)
    Service.objects.all().delete()
    importing.apply(registry_file.parse(text.encode(), file_format=file_format))
    anew = exporting.registry_text(file_format=file_format)

    assert len(again.services.unchanged) == len(services)
    assert same == text
    assert anew == text
    assert "hunter2" not in text


def test_tls_settings_come_and_go_with_the_file_and_reach_the_target() -> None:
    imported("services: [{name: a, base_url: 'https://h', ca_file: /etc/ca.pem, verify_tls: false}]")

    (entry,) = yaml.safe_load(exported())["services"]
    (target,) = load_targets()

    assert (entry["ca_file"], entry["verify_tls"]) == ("/etc/ca.pem", False)
    assert (target.ca_file, target.verify_tls) == ("/etc/ca.pem", False)


def test_tls_settings_that_are_left_out_are_the_safe_ones() -> None:
    imported("services: [{name: a, base_url: 'https://h'}]")

    (target,) = load_targets()

    assert (target.ca_file, target.verify_tls) == (None, True)


def test_a_next_line_character_comes_back_from_an_export() -> None:
    saved_service(notes="one\x85two \x85")

    imported(exported())

    assert Service.objects.get().notes == "one\x85two \x85"
