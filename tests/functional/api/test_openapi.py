"""The OpenAPI document: it is the committed one, and what is answered, errors included, is what it says."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from metricsproj import env
from realtime.api.openapi import openapi_document
from realtime.api.throttling import PerClient
from realtime.api.views import RealTimeMetricsView
from realtime.config import ReadAccess
from realtime.core.records import Fault, FaultCode, Status
from realtime.reporting import access
from tests.functional.access.conftest import GOOD, Cupboard, cupboard, key_access  # noqa: F401
from tests.functional.api.conftest import URL, Publish

SCHEMA = "/api/schema/"
DOCS = "/api/docs/"
HISTORY = f"{URL}/history"
valid: Any = validate_schema
COMMITTED = Path(env.__file__).parents[1] / "docs" / "openapi.yaml"
RENEW = "run: python manage.py spectacular --file docs/openapi.yaml --validate --fail-on-warn"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def generated() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(openapi_document(prefix="/").body)
    return document


def response_to(path: str, status: int) -> dict[str, Any]:
    """Return what the document says of an answer to GET."""
    document = generated()
    found: dict[str, Any] = document["paths"][path]["get"]["responses"][str(status)]
    if "$ref" in found:
        found = document["components"]["responses"][found["$ref"].rpartition("/")[2]]
    return found


def assert_described(response: Any, path: str) -> None:
    """Assert that an answer has a body and headers as the document says."""
    described = response_to(path, response.status_code)
    schema = described["content"][response["Content-Type"]]["schema"]
    Draft202012Validator(
        schema | {"components": generated()["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
    ).validate(response.json())
    for name in described.get("headers", {}):
        assert name in response.headers


def test_the_committed_document_is_the_present_one() -> None:
    renderer: Any = OpenApiYamlRenderer()

    assert COMMITTED.read_text() == renderer.render(generated(), renderer_context={}).decode(), RENEW


def test_the_document_is_valid_openapi() -> None:
    document = generated()

    valid(document)
    assert document["openapi"] == "3.1.0"


def test_every_operation_has_all_errors_each_with_an_example() -> None:
    for path, item in generated()["paths"].items():
        for status in (400, 401, 403, 404, 405, 406, 412, 429, 503):
            problem = response_to(path, status)["content"]["application/problem+json"]
            for example in problem["examples"].values():
                assert example["value"]["status"] == status
        assert item["get"]["summary"]


def test_every_parameter_and_credential_is_described() -> None:
    document = generated()

    described = [one for item in document["paths"].values() for one in item["get"].get("parameters", [])]
    described += document["components"]["securitySchemes"].values()
    assert all(one["description"] for one in described)
    assert document["components"]["securitySchemes"].keys() >= {"bearer", "apiKey"}


def test_the_same_document_is_served(ask: Any) -> None:
    response = ask(SCHEMA)

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json() == yaml.safe_load(COMMITTED.read_text())


def test_below_another_path_the_document_names_that_path() -> None:
    document = json.loads(openapi_document(prefix="/health/").body)

    assert document["servers"] == [{"url": "/health"}]


def test_who_has_the_document_is_not_sent_it_again(ask: Any) -> None:
    etag = ask(SCHEMA)["ETag"]

    assert ask(SCHEMA, headers={"If-None-Match": etag}).status_code == 304
    assert ask(SCHEMA, headers={"If-Match": '"another"'}).status_code == 412


def test_the_document_takes_no_parameters(ask: Any) -> None:
    assert ask(SCHEMA, format="yaml").json()["field"] == "format"


@pytest.mark.parametrize(
    ("url", "path", "parameters"),
    [
        (URL, URL, {}),
        (URL, URL, {"fields": "brief", "period": "1h"}),
        (URL, URL, {"fields": "summary"}),
        (URL, URL, {"group": "", "status": "healthy,error", "service": "influxdb"}),
        (HISTORY, HISTORY, {"metric": "response_time_ms"}),
        (HISTORY, HISTORY, {"metric": "events_per_second", "service": "websocket-ingestion"}),
        ("/api/v1/", "/api/v1", {}),
    ],
)
def test_an_answer_is_as_described(ask: Any, publish: Publish, url: str, path: str, parameters: dict[str, str]) -> None:
    publish(enrichment_pipeline=Status.ERROR)

    response = ask(url, **parameters)

    assert response.status_code == 200
    assert_described(response, path)


def test_an_answer_without_a_snapshot_is_as_described(ask: Any) -> None:
    for url, parameters in ((URL, {}), (HISTORY, {"metric": "error_rate"})):
        response = ask(url, **parameters)
        assert response.status_code == 503
        assert_described(response, url)


def test_an_answer_to_a_monitor_is_as_described(ask: Any, publish: Publish) -> None:
    publish(enrichment_pipeline=Status.ERROR)

    response = ask(fail_on="error")

    assert response.status_code == 503
    assert "Retry-After" not in response
    assert response.json()["status"] == "error"


@pytest.mark.parametrize(
    ("status", "code", "url", "options"),
    [
        (400, "invalid_parameter", f"{URL}?period=2m", {}),
        (404, "not_found", f"{URL}?service=data-apy", {}),
        (405, "method_not_allowed", URL, {"method": "POST"}),
        (406, "not_acceptable", URL, {"headers": {"Accept": "text/html"}}),
        (412, "precondition_failed", URL, {"headers": {"If-Match": '"another"'}}),
    ],
)
def test_an_error_is_as_described(
    ask: Any, publish: Publish, status: int, code: str, url: str, options: dict[str, Any]
) -> None:
    publish()

    response = Client(headers=options.get("headers")).generic(options.get("method", "GET"), url)

    assert_error(response, status=status, code=code)


def assert_error(response: Any, *, status: int, code: str) -> None:
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert_described(response, URL)
    examples = response_to(URL, status)["content"]["application/problem+json"]["examples"]
    assert examples[code]["value"] == response.json()


def test_without_a_key_the_errors_are_as_described(cupboard: Cupboard) -> None:  # noqa: F811
    assert_error(Client().get(URL), status=401, code="not_authenticated")
    wrong = Client(headers={"X-API-Key": "wrong"}).get(URL)
    assert_error(wrong, status=401, code="authentication_failed")


@pytest.mark.django_db
def test_without_a_session_the_error_is_as_described(settings: Any) -> None:
    settings.REALTIME = dataclasses.replace(settings.REALTIME, read_access=ReadAccess.STAFF)

    assert_error(Client().get(URL), status=403, code="permission_denied")


def test_while_keys_cannot_be_checked_the_error_is_as_described(
    cupboard: Cupboard,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fault = Fault(code=FaultCode.STORE_UNAVAILABLE, message="read keys cannot be checked now")

    def unknown(presented: object) -> None:
        raise access.AccessUnknown(fault)

    monkeypatch.setattr("realtime.api.permissions.admit", unknown)

    assert_error(Client().get(URL), status=503, code="store_unavailable")


def test_over_the_rate_limit_the_error_is_as_described(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RealTimeMetricsView, "throttle_classes", [PerClient])
    monkeypatch.setattr(PerClient, "allow_request", lambda throttle, request, view: False)
    monkeypatch.setattr(PerClient, "wait", lambda throttle: 16.2)

    assert_error(ask(), status=429, code="throttled")


# Who may read


@pytest.mark.parametrize("url", [SCHEMA, DOCS, "/api/v1/"])
def test_a_stranger_gets_neither_document_nor_page(cupboard: Cupboard, url: str) -> None:  # noqa: F811
    assert Client().get(url).json()["code"] == "not_authenticated"
    assert Client(headers={"Authorization": f"Bearer {GOOD}"}).get(url).status_code == 200


def test_a_person_is_led_to_where_one_signs_in_and_back(cupboard: Cupboard) -> None:  # noqa: F811
    led = Client(headers=BROWSER).get(DOCS)

    assert led.status_code == 302
    assert 'name="next" value="/api/docs/"' in Client().get(led["Location"]).content.decode()


@pytest.mark.django_db
def test_a_person_signs_in_to_the_admin_where_staff_reads(settings: Any) -> None:
    settings.REALTIME = dataclasses.replace(settings.REALTIME, read_access=ReadAccess.STAFF)

    assert Client(headers=BROWSER).get(DOCS)["Location"] == "/admin/login/?next=%2Fapi%2Fdocs%2F"
    assert Client().get(SCHEMA).status_code == 403


def test_the_page_has_a_strict_policy_and_errors_like_the_api(ask: Any) -> None:
    policy = ask(DOCS)["Content-Security-Policy"]

    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert Client().post(DOCS).json()["code"] == "method_not_allowed"
    assert ask(DOCS, headers={"Accept": "image/png"}).json()["code"] == "not_acceptable"


def test_every_answer_links_to_the_document(ask: Any, publish: Publish) -> None:
    publish()

    assert '</api/schema/>; rel="service-desc"; type="application/json"' in ask()["Link"]
