"""Rows of the registry become targets: frozen values, in registry order, with their references resolved."""

import logging

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from realtime.core.records import DataSourceSpec, ReadingKind, ReadingSpec, Target
from realtime.models import DataSource, Reading, Service
from realtime.registry.targets import load_targets, load_targets_named, secrets_of
from tests.functional.registry.rows import imported, saved_header, saved_service

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_told_yet(db: None) -> None:
    """Load an empty registry: it has no problems, so that what was told of in another test is forgotten."""
    load_targets()


def test_a_target_says_all_that_its_service_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_TOKEN", "hunter2\n")
    service = saved_service(
        group="api",
        type="data",
        health_path="/status",
        status_path="overall",
        expected_status="200,300-399",
        timeout_ms=1500,
        degraded_above_ms=250,
        failure_threshold=3,
        success_threshold=2,
        counts_as_api=False,
        follow_redirects=True,
    )
    saved_header(service, value="Bearer ${DATA_TOKEN}")
    Reading.objects.create(service=service, name="second", expression="b", order=2)
    Reading.objects.create(
        service=service, name="first", path="/n", expression="a", kind="counter", counts_toward="events_per_second"
    )
    DataSource.objects.create(service=service, name="db", condition="up")

    assert load_targets() == (
        Target(
            name="data-api",
            base_url="http://127.0.0.1:8006",
            health_path="/status",
            status_path="overall",
            type="data",
            group="api",
            counts_as_api=False,
            timeout_seconds=1.5,
            expected_status=((200, 200), (300, 399)),
            follow_redirects=True,
            degraded_above_seconds=0.25,
            failure_threshold=3,
            success_threshold=2,
            headers=(("Authorization", "Bearer hunter2"),),
            readings=(
                ReadingSpec(
                    name="first", expression="a", path="/n", kind=ReadingKind.COUNTER, counts_toward_events=True
                ),
                ReadingSpec(name="second", expression="b"),
            ),
            data_sources=(DataSourceSpec(name="db", condition="up"),),
        ),
    )


def test_what_is_empty_in_a_row_is_none_in_its_target() -> None:
    saved_service(degraded_above_ms=None)

    (target,) = load_targets()

    assert (target.status_path, target.degraded_above_seconds) == (None, None)


def test_targets_come_in_registry_order_without_disabled_services() -> None:
    for name, order, enabled in (("b", 20, True), ("z", 10, True), ("a", 20, True), ("off", 5, False)):
        saved_service(name=name, order=order, enabled=enabled)

    assert [target.name for target in load_targets()] == ["z", "a", "b"]


def test_services_asked_for_by_name_may_be_disabled() -> None:
    saved_service(name="off", enabled=False)
    saved_service(name="other")

    assert [target.name for target in load_targets_named(["off", "nobody"])] == ["off"]


def test_an_empty_registry_gives_no_targets() -> None:
    assert load_targets() == ()


@pytest.mark.parametrize("count", [1, 25])
def test_loading_takes_five_queries_however_many_services_there_are(count: int) -> None:
    for number in range(count):
        service = saved_service(name=f"service-{number}")
        saved_header(service)
        Reading.objects.create(service=service, name="rate", expression="rate")
        DataSource.objects.create(service=service, name=f"source-{number}")

    with CaptureQueriesContext(connection) as queries:
        assert len(load_targets()) == count

    assert len(queries) == 5


def test_a_header_whose_variable_is_unset_is_left_out_and_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("DATA_TOKEN", raising=False)
    service = saved_service()
    saved_header(service, value="hunter2 ${DATA_TOKEN}")
    saved_header(service, name="X-Other", value="there")

    with caplog.at_level(logging.WARNING):
        headers = [load_targets()[0].headers for _ in range(3)]

    assert headers == [(("X-Other", "there"),)] * 3
    assert caplog.messages == ["data-api is probed without its header Authorization: DATA_TOKEN is not set"]


def test_a_variable_that_goes_missing_again_is_said_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    saved_header(saved_service(), value="${DATA_TOKEN}")

    with caplog.at_level(logging.WARNING):
        for value in ("", "hunter2", ""):
            monkeypatch.setenv("DATA_TOKEN", value)
            load_targets()

    assert len(caplog.messages) == 2
    assert "hunter2" not in caplog.text


def test_a_variable_that_no_header_can_carry_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DATA_TOKEN", "hunter2\r\nX-Evil: 1")
    saved_header(saved_service(), value="${DATA_TOKEN}")

    with caplog.at_level(logging.WARNING):
        (target,) = load_targets()

    assert target.headers == ()
    assert "DATA_TOKEN holds what no header can carry" in caplog.text
    assert "hunter2" not in caplog.text


def test_no_text_made_of_a_target_holds_a_header() -> None:
    saved_header(saved_service())

    assert "hunter2" not in repr(load_targets())


def test_the_secrets_of_a_service_are_its_values_their_parts_and_its_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATA_TOKEN", "from-the-environment")
    service = saved_service()
    saved_header(service, value="Bearer hunter2")
    saved_header(service, name="X-Key", value="${DATA_TOKEN}")
    saved_header(saved_service(name="other"), value="elsewhere")

    assert secrets_of([service.name]) == {"Bearer hunter2", "hunter2", "from-the-environment"}


@pytest.mark.slow
def test_ten_thousand_services_are_loaded_in_one_go() -> None:
    Service.objects.bulk_create(
        Service(name=f"service-{number}", base_url="http://127.0.0.1:1", order=number) for number in range(10_000)
    )

    assert len(load_targets()) == 10_000


def test_a_service_imported_without_headers_keeps_none() -> None:
    saved_header(saved_service())

    imported("services: [{name: data-api, base_url: 'http://127.0.0.1:8006'}]")

    assert load_targets()[0].headers == ()
