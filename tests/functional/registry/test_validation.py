"""What a row of the registry may hold: refused on every save, with a message under the field's name."""

import socket
from ipaddress import ip_network
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from realtime.config import Config
from realtime.models import DataSource, Reading, RequestHeader, Service
from realtime.models.checked import CheckedModel
from tests.functional.registry.rows import saved_header, saved_service, unsaved_service

pytestmark = pytest.mark.django_db

BAD_SERVICES: list[tuple[str, Any, str]] = [
    ("name", "", "cannot be blank"),
    ("name", "two words", "slug"),
    ("name", "a/b", "slug"),
    ("name", "x" * 65, "at most 64"),
    ("order", -1, "0 to 1000000"),
    ("order", 1_000_001, "0 to 1000000"),
    ("group", "x" * 65, "at most 64"),
    ("group", "two\nlines", "one line"),
    ("group", "half \ud800", "cannot be stored"),
    ("type", "", "cannot be blank"),
    ("type", "two words", "one word"),
    ("base_url", "", "cannot be blank"),
    ("base_url", "127.0.0.1:8001", "http://, https://, tcp:// or tls://"),
    ("base_url", "ftp://host", "http://, https://, tcp:// or tls://"),
    ("base_url", "file:///etc/passwd", "http://, https://, tcp:// or tls://"),
    ("base_url", "http://", "http://, https://, tcp:// or tls://"),
    ("base_url", "http://:8001", "must name a host"),
    ("base_url", "http://user:hunter2@host", "user name or password"),
    ("base_url", "http://user@host", "user name or password"),
    ("base_url", "http://host/?token=x", "query"),
    ("base_url", "http://host/#part", "fragment"),
    ("base_url", "http://host:99999", "cannot be read (write http://host:8001, port 1 to 65535)"),
    ("base_url", "http://host:port", "cannot be read"),
    ("base_url", "tcp://host:pg", "cannot be read (write tcp://host:5432, port 1 to 65535)"),
    ("base_url", "http://host:0", "port 0"),
    ("base_url", "http://[::1", "cannot be read"),
    ("base_url", "http://ho st", "spaces"),
    ("base_url", "http://host\r\nX: y", "spaces"),
    ("base_url", "http://host\\@evil", "backslashes"),
    ("base_url", "http://hóst", "non-ASCII"),
    ("base_url", "http://" + "x" * 500, "at most 500"),
    ("base_url", "http://169.254.169.254", "cannot be probed: the host is a cloud metadata address"),
    ("base_url", "https://[fe80::1]:8443", "cannot be probed: the host is a link-local address"),
    ("base_url", "http://[::ffff:a9fe:a9fe]/x", "cannot be probed: the host is a cloud metadata address"),
    ("base_url", "http://0.0.0.0:8001", "cannot be probed: the host is an unspecified address"),
    ("base_url", "http://2130706433", "has a host that is an address in an unusual form (write 127.0.0.1)"),
    ("base_url", "http://0x7f.1:8001", "unusual form (write 127.0.0.1)"),
    ("base_url", "http://0251.0376.0251.0376", "unusual form (write 169.254.169.254)"),
    ("base_url", "http://127.1", "unusual form (write 127.0.0.1)"),
    ("base_url", "http://127.0.0.1.:8001", "unusual form (write 127.0.0.1)"),
    ("base_url", "http://256.0.0.1", "ends in a number but is no address"),
    ("base_url", "http://[fe80::1%25eth0]", "must not have a zone"),
    ("base_url", "http://[fe80::1%eth0]", "must not have a zone"),
    ("base_url", "http://１２７.0.0.1", "non-ASCII"),
    ("base_url", "tcp://db", "must name a port (write tcp://host:5432)"),
    ("base_url", "tls://db:5432/path", "must not hold a path: tls:// checks the connection alone"),
    ("base_url", "tcp://db:0", "has port 0"),
    ("base_url", "tcp://user@db:5432", "must not hold a user name or password"),
    ("base_url", "udp://db:53", "must begin with http://, https://, tcp:// or tls://"),
    ("status_words", {"good": ["fine"]}, "has the unknown status 'good' (choose healthy, degraded, unhealthy)"),
    ("status_words", {"healthy": "fine"}, "must have a list of words under healthy"),
    ("status_words", {"healthy": ["a"], "degraded": ["A."]}, "has 'A.' under both healthy and degraded"),
    ("status_words", {"healthy": [5]}, "must have texts of 1 to 64 characters under healthy, not 5 (put it in quotes)"),
    (
        "status_words",
        {"healthy": [True]},
        'not true or false (put words such as "yes", "no", "on" and "off" in quotes)',
    ),
    ("status_words", {"healthy": ["x" * 65]}, "under healthy, not 'xxxxxxxxxxxxxxxxxxxx…', which has 65"),
    ("status_words", {"healthy": [""]}, "under healthy, not ''"),
    ("status_words", ["fine"], "must be a mapping of healthy, degraded, unhealthy to lists of words"),
    ("certificate_warn_days", 3_651, "must be from 0 to 3650, not 3651"),
    ("health_path", "health", 'must begin with one "/"'),
    ("health_path", "//evil/health", 'must begin with one "/"'),
    ("health_path", "/a b", "spaces"),
    ("health_path", "/a#b", "fragment"),
    ("status_path", "checks[", "JMESPath"),
    ("status_path", "x" * 501, "longer than 500"),
    ("status_path", "[" * 499, "JMESPath"),
    ("status_path", "((((" * 120, "JMESPath"),
    ("status_path", "lenght(@)", "calls lenght(), which JMESPath lacks"),
    ("status_path", "length()", "calls length() with the wrong number of arguments: 0, not 1"),
    ("status_path", "a.[contains(b)]", "calls contains() with the wrong number of arguments: 1, not 2"),
    ("status_path", "keys(a, b)", "calls keys() with the wrong number of arguments: 2, not 1"),
    ("status_path", "not_null()", "calls not_null() with the wrong number of arguments: 0, not 1 or more"),
    ("expected_status", "2xx", "no HTTP status"),
    ("expected_status", "299-200", "runs backwards"),
    ("timeout_ms", 49, "50 to 60000"),
    ("timeout_ms", 60_001, "50 to 60000"),
    ("timeout_ms", None, "cannot be null"),
    ("degraded_above_ms", 0, "1 to 60000"),
    ("failure_threshold", 0, "1 to 100"),
    ("failure_threshold", 101, "1 to 100"),
    ("success_threshold", 0, "1 to 100"),
    ("notes", "x" * 10_001, "at most 10000"),
    ("notes", "nul \x00", "cannot be stored"),
]
BAD_READINGS: list[tuple[str, Any, str]] = [
    ("name", "", "cannot be blank"),
    ("name", "two words", "must begin with a letter"),
    ("name", "1st", "must begin with a letter"),
    ("name", "<b>", "must begin with a letter"),
    ("name", "x" * 65, "at most 64"),
    ("path", "stats", 'must begin with one "/"'),
    ("expression", "", "either expression or metric is required, and not both"),
    ("aggregate", "average", "must be sum, min, max, count, p50, p95, p99"),
    ("aggregate", "max", "belongs to a metric"),
    ("degraded_if", "over 5", "must be one of < <= > >= == != and a number, such as “< 0.1”, not “over 5”"),
    ("unhealthy_if", "< nan", "must be one of < <= > >= == != and a number"),
    ("unhealthy_if", "<> 5", "must be one of < <= > >= == != and a number"),
    ("unhealthy_if", "< 1e999", "must be one of < <= > >= == != and a number"),
    ("expression", "a..b", "JMESPath"),
    ("kind", "histogram", "must be gauge or counter"),
    ("counts_toward", "errors", "must be empty or events_per_second"),
    ("order", -1, "0 to 1000000"),
]
BAD_HEADERS: list[tuple[str, Any, str]] = [
    ("name", "", "cannot be blank"),
    ("name", "X Key", "no name of an HTTP header"),
    ("name", "X:Key", "no name of an HTTP header"),
    ("name", "X\r\nY", "no name of an HTTP header"),
    ("name", "Content-Length", "belongs to the connection"),
    ("name", "transfer-encoding", "belongs to the connection"),
    ("value", "", "cannot be blank"),
    ("value", "hunter2\r\nX-Evil: 1", "one line"),
    ("value", "hunter2\nmore", "one line"),
    ("value", "hunter2 \x00", "one line"),
    ("value", "hunter2 ☃", "Latin-1"),
    ("value", "hunter2" * 1200, "at most 8192"),
    ("value", "hunter2 ${", "begins no ${NAME}"),
    ("value", "hunter2 ${A-B}", "begins no ${NAME}"),
    ("value", "hunter2 ${DATABASE_URL}", "must not refer to DATABASE_URL: a setting of this project"),
]


def messages_of(row: CheckedModel) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        row.save()
    return caught.value.message_dict


@pytest.mark.parametrize(("field", "value", "message"), BAD_SERVICES)
def test_a_bad_service_is_not_saved_and_the_message_names_the_field(field: str, value: Any, message: str) -> None:
    messages = messages_of(unsaved_service(**{field: value}))

    assert list(messages) == [field]
    assert message in " ".join(messages[field])


@pytest.mark.parametrize(("field", "value", "message"), BAD_READINGS)
def test_a_bad_reading_is_not_saved_and_the_message_names_the_field(field: str, value: Any, message: str) -> None:
    messages = messages_of(Reading(**{"service": saved_service(), "name": "rate", "expression": "rate", field: value}))

    assert list(messages) == [field]
    assert message in " ".join(messages[field])


@pytest.mark.parametrize(("field", "value", "message"), BAD_HEADERS)
def test_a_bad_header_is_not_saved_and_no_message_holds_its_value(field: str, value: Any, message: str) -> None:
    messages = messages_of(RequestHeader(**{"service": saved_service(), "name": "X-Key", "value": "a", field: value}))

    assert list(messages) == [field]
    assert message in " ".join(messages[field])
    assert "hunter2" not in str(messages)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_url", "https://host"),
        ("base_url", "HTTP://Host:8001/prefix"),
        ("base_url", "http://websocket-ingestion:8001"),
        ("base_url", "http://my_service"),
        ("base_url", "http://[::1]:8001"),
        ("health_path", "/"),
        ("health_path", "/health?full=1"),
        ("status_path", "checks[?name == 'db'] | [0].status"),
        ("expected_status", "200,204,300-399"),
        ("degraded_above_ms", None),
        ("timeout_ms", 60_000),
        ("type", "time-series.v2"),
        ("group", "Größe & Gewicht"),
        ("notes", "two\nlines"),
    ],
)
def test_a_good_value_is_saved_as_it_is(field: str, value: Any) -> None:
    service = saved_service(**{field: value})

    service.refresh_from_db()
    assert getattr(service, field) == value


def test_all_mistakes_of_a_row_are_told_at_once() -> None:
    messages = messages_of(unsaved_service(base_url="ftp://x", timeout_ms=1, health_path="x"))

    assert set(messages) == {"base_url", "timeout_ms", "health_path"}


def test_a_slash_at_the_end_of_the_base_url_goes_because_paths_bring_one() -> None:
    assert saved_service(base_url="http://host/prefix//").base_url == "http://host/prefix"


def test_a_name_stands_once_in_the_registry() -> None:
    saved_service(name="data-api")

    assert list(messages_of(unsaved_service(name="data-api"))) == ["name"]


def test_a_header_stands_once_in_a_service_whatever_its_case() -> None:
    header = saved_header(saved_service(), name="X-Key")

    assert "already has such a header" in str(
        messages_of(RequestHeader(service=header.service, name="x-KEY", value="a"))
    )


def test_two_services_may_have_the_same_header_and_reading() -> None:
    for name in ("one", "two"):
        service = saved_service(name=name)
        saved_header(service)
        Reading.objects.create(service=service, name="rate", expression="rate")

    assert RequestHeader.objects.count() == Reading.objects.count() == 2


def test_a_reading_stands_once_in_a_service() -> None:
    service = saved_service()
    Reading.objects.create(service=service, name="rate", expression="rate")

    assert "already has such a reading" in str(messages_of(Reading(service=service, name="rate", expression="a")))


def test_a_data_source_stands_once_in_the_registry_and_its_condition_is_checked() -> None:
    service = saved_service()
    DataSource.objects.create(service=service, name="influxdb")

    assert list(messages_of(DataSource(service=service, name="influxdb"))) == ["name"]
    assert list(messages_of(DataSource(service=service, name="other", condition="a["))) == ["condition"]


def test_every_setting_of_the_project_is_refused_as_a_reference(settings: Any) -> None:
    settings.REALTIME = Config(reserved_environment=frozenset({"VAULT_TOKEN"}))
    service = saved_service()

    assert "VAULT_TOKEN" in str(messages_of(RequestHeader(service=service, name="X", value="${A} ${VAULT_TOKEN}")))


def test_an_address_that_the_operator_refuses_is_not_saved_and_a_name_is(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a name was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    settings.REALTIME = Config(probe_allow=(ip_network("10.0.0.0/8"),), probe_deny=(ip_network("10.1.0.0/16"),))

    saved_service(name="inside", base_url="http://10.2.3.4")
    saved_service(name="named", base_url="http://metadata.google.internal")
    assert "REALTIME_PROBE_DENY" in str(messages_of(unsaved_service(base_url="http://10.1.2.3")))
    assert "REALTIME_PROBE_ALLOW" in str(messages_of(unsaved_service(base_url="http://127.0.0.1")))


def test_no_text_made_of_a_header_holds_its_value() -> None:
    header = saved_header(saved_service(), value="hunter2")

    assert "hunter2" not in f"{header} {header!r} {[header]!r}"


def test_the_services_of_the_demo_are_told_apart() -> None:
    saved_service(name="mine")
    saved_service(name="sample", is_demo=True)

    assert [service.name for service in Service.objects.demo()] == ["sample"]


def test_a_new_service_goes_behind_all_others() -> None:
    assert Service.objects.next_order() == 10

    saved_service(order=30)

    assert Service.objects.next_order() == 40


@pytest.mark.parametrize("name", ["SECRET_KEY", "DJANGO_SUPERUSER_PASSWORD", "PGPASSWORD", "CELERY_BROKER_URL"])
def test_what_the_programs_read_themselves_is_sent_to_no_service(name: str) -> None:
    service = saved_service()

    message = messages_of(RequestHeader(service=service, name="X", value=f"${{{name}}}"))

    assert message == {"value": [f"must not refer to {name}: a setting of this project"]}
