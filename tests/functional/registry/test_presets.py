"""Presets: their file is checked strictly, and a service has what it does not give itself from its preset."""

import logging
from typing import Any

import pytest
import yaml
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from realtime.core.records import Aggregate, Status, Target
from realtime.models import Reading, Service
from realtime.registry import exporting, presets
from realtime.registry.file_text import FileFormat
from realtime.registry.presets import BadPresets, Preset
from realtime.registry.targets import carried_by, load_targets
from tests.functional.registry.rows import imported, saved_service

SHOP = """
shop:
  description: A shop for tests.
  documentation: [https://shop.example/health]
  health_path: /shop/health
  status_path: state
  status_words: {degraded: [quiescing, restocking], unhealthy: [sold out]}
  expected_status: 200,429
  body_contains: shop
  readings:
    - {name: orders, expression: orders, unhealthy_if: "< 1"}
    - {name: carts, path: /metrics, metric: 'carts{open="1"}', aggregate: max}
"""
SHOP_TARGET: dict[str, Any] = {
    "health_path": "/shop/health",
    "status_path": "state",
    "expected_status": ((200, 200), (429, 429)),
    "body_contains": "shop",
}


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Preset:
    """Have one preset only, which gives everything that a preset can give."""
    known = presets.parse(SHOP.encode())
    for module in ("presets", "registry_file", "targets"):
        monkeypatch.setattr(f"realtime.registry.{module}.all_presets", lambda: known)
    return known["shop"]


def target_of(entry: str) -> Target:
    """Return the target of a service of the preset with these further keys."""
    Service.objects.all().delete()
    imported(f"services: [{{name: a, base_url: 'http://h', preset: shop{entry}}}]")
    (target,) = load_targets()
    return target


def given(target: Target) -> dict[str, Any]:
    return {key: getattr(target, key) for key in SHOP_TARGET}


@pytest.mark.django_db
def test_a_service_has_from_its_preset_what_it_does_not_give(shop: Preset) -> None:
    target = target_of("")

    assert given(target) == SHOP_TARGET
    assert target.status_words == {
        "quiescing": Status.DEGRADED,
        "restocking": Status.DEGRADED,
        "sold_out": Status.UNHEALTHY,
    }
    orders, carts = target.readings
    assert (orders.name, orders.expression, str(orders.unhealthy_if)) == ("orders", "orders", "< 1")
    assert (carts.name, carts.path, carts.metric, carts.aggregate) == (
        "carts",
        "/metrics",
        'carts{open="1"}',
        Aggregate.MAX,
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("entry", "key", "value"),
    [
        (", health_path: /other", "health_path", "/other"),
        (", status_path: other", "status_path", "other"),
        (", expected_status: '201'", "expected_status", ((201, 201),)),
        (", body_contains: other", "body_contains", "other"),
        # Given, although it is what a service without a preset has.
        (", health_path: /health", "health_path", "/health"),
        (", expected_status: 200-299", "expected_status", ((200, 299),)),
    ],
)
def test_a_key_that_the_service_gives_replaces_the_presets(shop: Preset, entry: str, key: str, value: object) -> None:
    assert given(target_of(entry)) == {**SHOP_TARGET, key: value}


@pytest.mark.django_db
def test_status_words_are_merged_by_word_and_the_services_own_precede(shop: Preset) -> None:
    target = target_of(", status_words: {healthy: [Quiescing], unhealthy: [burning]}")

    assert target.status_words == {
        "quiescing": Status.HEALTHY,
        "restocking": Status.DEGRADED,
        "sold_out": Status.UNHEALTHY,
        "burning": Status.UNHEALTHY,
    }


@pytest.mark.django_db
def test_readings_are_merged_by_name_and_the_services_own_replace_the_presets_whole(shop: Preset) -> None:
    target = target_of(", readings: [{name: stock, expression: s}, {name: orders, expression: own.orders}]")

    assert [(spec.name, spec.expression, spec.metric) for spec in target.readings] == [
        ("orders", "own.orders", None),
        ("carts", "", 'carts{open="1"}'),
        ("stock", "s", None),
    ]
    assert target.readings[0].unhealthy_if is None


@pytest.mark.django_db
def test_without_a_preset_a_service_has_the_defaults() -> None:
    saved_service()

    (target,) = load_targets()

    assert given(target) == {
        "health_path": "/health",
        "status_path": None,
        "expected_status": ((200, 299),),
        "body_contains": "",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", list(FileFormat))
def test_an_export_has_the_preset_and_what_the_service_gives_itself(shop: Preset, file_format: FileFormat) -> None:
    target = target_of(", expected_status: 200-299, readings: [{name: orders, expression: own}]")

    text = exporting.registry_text(file_format=file_format)

    (entry,) = yaml.safe_load(text)["services"]
    assert entry == {
        "name": "a",
        "preset": "shop",
        "base_url": "http://h",
        "type": "core",
        "order": 10,
        "expected_status": "200-299",
        "readings": [{"name": "orders", "expression": "own", "kind": "gauge"}],
    }
    assert imported(text).services.unchanged == ("a",)
    Service.objects.all().delete()
    imported(text)
    assert load_targets() == (target,)


@pytest.mark.django_db
def test_a_sweep_never_saves_the_presets_readings(shop: Preset) -> None:
    target_of("")

    assert not Reading.objects.exists()


@pytest.mark.django_db
def test_a_preset_that_is_unknown_here_is_logged_and_shown(caplog: pytest.LogCaptureFixture) -> None:
    saved_service(name="a", preset="of-a-later-version")

    with caplog.at_level(logging.WARNING):
        (target,) = load_targets()

    problem = "a is probed without its preset of-a-later-version: it is unknown here"
    assert target.health_path == "/health"
    assert caplog.messages == [problem]
    assert carried_by(["a"])["a"].left_out == (problem,)


def test_the_presets_of_the_project_are_without_mistakes() -> None:
    assert len(presets.all_presets()) >= 1


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("x: {base_url: http://h}", "x: base_url: unknown key"),
        ("x: {headers: {A: b}}", "x: headers: unknown key"),
        ("x: {client_certificate: a}", "x: client_certificate: unknown key"),
        ("x: {name: x}", "x: name: unknown key"),
        ("x: {group: g}", "x: group: unknown key"),
        ("x: {ca_file: /a}", "x: ca_file: unknown key"),
        ("x: {verify_tls: false}", "x: verify_tls: unknown key"),
        ("x: {follow_redirects: true}", "x: follow_redirects: unknown key"),
        ("x: {documentation: [https://h]}", "x: description: is required"),
        ("x: {description: d}", "x: documentation: is required"),
        ("x: {documentation: []}", "x: documentation: must be a list of URLs that begin with https://"),
        ("x: {documentation: [5]}", "x: documentation: must be a list of URLs"),
        ('x: {description: "a\\nb"}', "x: description: must be one line"),
        ("x: {health_path: //evil.example/}", 'x: health_path: must begin with one "/"'),
        ("x: {health_path: 'http://evil.example/'}", 'x: health_path: must begin with one "/"'),
        ("x: {health_path: ''}", "x: health_path: must not be empty"),
        ("x: {status_path: 'a['}", "x: status_path: is not valid JMESPath"),
        ("x: {expected_status: 2xx}", "x: expected_status: "),
        ("x: {status_words: {good: [a]}}", "x: status_words: has the unknown status 'good'"),
        ("x: {readings: [{name: r}]}", "x: readings[0] (r): expression: either expression or metric is required"),
        (
            "x: {readings: [{name: r, metric: m, degraded_if: '= 1'}]}",
            "x: readings[0] (r): degraded_if: must be one of",
        ),
        ("x: {readings: [{name: r, expression: e, path: //evil.example}]}", 'path: must begin with one "/"'),
        ("X: {}", "X: must be named in lower case"),
        ("b: {}\na: {}", "the presets must stand in alphabetical order"),
        ("x: 5", "x: must be a mapping with description, documentation, health_path"),
        ("[]", "presets.yaml must be a mapping of names to presets"),
        ("x: {}\nx: {}", "the key 'x' stands twice"),
        ("x: [", "presets.yaml is no YAML"),
    ],
)
def test_a_mistake_in_the_file_of_presets_is_found(text: str, mistake: str) -> None:
    with pytest.raises(BadPresets) as caught:
        presets.parse(text.encode())

    assert mistake in str(caught.value)


@pytest.mark.django_db(transaction=True)
def test_a_row_from_before_presets_says_that_nothing_was_given() -> None:
    """Its columns held the defaults, which would replace those of a preset that is chosen later."""
    executor = MigrationExecutor(connection)
    executor.migrate([("realtime", "0007_verdicts_on_evidence")])
    state = executor.loader.project_state([("realtime", "0007_verdicts_on_evidence")])
    old = state.apps.get_model("realtime", "Service")
    old.objects.create(name="a", base_url="http://h")
    old.objects.create(name="b", base_url="http://h", health_path="/up", expected_status="204")

    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())

    assert list(Service.objects.order_by("name").values_list("health_path", "expected_status")) == [
        ("", ""),
        ("/up", "204"),
    ]
