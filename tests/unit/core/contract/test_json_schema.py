"""The contract as JSON Schema: what is answered is valid by it, and what is not as described is not."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from realtime.core import document
from realtime.core.contract.document_fields import DOCUMENT
from realtime.core.contract.history_fields import HISTORY
from realtime.core.contract.index_fields import INDEX
from realtime.core.contract.json_schema import describe, named_schemas, reference_to
from realtime.core.contract.problem_fields import PROBLEM
from realtime.core.contract.quantities import MILLISECONDS
from realtime.core.contract.shapes import Field, Record, example_of
from realtime.core.records import Fault, FaultCode
from tests.unit.core.contract.test_descriptions import CURRENT, FULL, PREVIOUS, as_json, history_of, window
from tests.unit.core.making import NOW

RECORDS = (DOCUMENT, HISTORY, INDEX, PROBLEM)
SCHEMAS = named_schemas(RECORDS)


def validator(record: Record) -> Any:
    schema = reference_to(record) | {"components": {"schemas": SCHEMAS}}
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def full_document() -> Any:
    fault = Fault(code=FaultCode.INTERNAL, message="something failed")
    return as_json(document.build(snapshot=FULL, current=window(CURRENT), previous=window(PREVIOUS), fault=fault))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_the_example_of_every_answer_is_valid(record: Record) -> None:
    validator(record).validate(as_json(example_of(record)))


def test_a_full_document_and_a_full_history_are_valid() -> None:
    validator(DOCUMENT).validate(full_document())
    validator(DOCUMENT).validate(as_json(document.build_without_snapshot(now=NOW, period_seconds=60)))
    validator(HISTORY).validate(as_json(history_of("response_time_ms", [window(CURRENT)])))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("status",), "fine"),
        (("status",), None),
        (("api_calls_active",), 1.5),
        (("api_calls_active",), -1),
        (("timestamp",), 0),
        (("groups", 0, "failing"), "1"),
        (("api_metrics", 0, "pending"), None),
        (("api_metrics", 0, "error", "kind"), "tired"),
        (("api_metrics", 0, "comparison", "rate", "trend"), "sideways"),
        (("comparison", "metrics", "error_rate"), None),
        (("errors", "by_kind"), {"tired": 1}),
    ],
)
def test_a_value_that_is_not_as_described_is_invalid(path: tuple[Any, ...], value: object) -> None:
    answer = full_document()
    inner = answer
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value

    with pytest.raises(ValidationError):
        validator(DOCUMENT).validate(answer)


@pytest.mark.parametrize("name", [one.name for one in DOCUMENT.fields if not one.absent_when])
def test_a_document_without_one_of_its_fields_is_invalid(name: str) -> None:
    answer = full_document()
    del answer[name]

    with pytest.raises(ValidationError):
        validator(DOCUMENT).validate(answer)


def test_a_field_that_is_added_later_does_not_make_a_document_invalid() -> None:
    validator(DOCUMENT).validate(full_document() | {"added_later": {"any": "thing"}})


def test_a_description_has_unit_rounding_and_circumstances() -> None:
    one = Field("waited_ms", MILLISECONDS, "How long it waited.", null_when="it did not", absent_when="it slept")

    assert describe(one) == (
        "How long it waited. In milliseconds, rounded to 1 decimal. Null when it did not. Left out when it slept."
    )


def test_every_property_has_a_description_and_every_plain_one_an_example() -> None:
    for name, schema in SCHEMAS.items():
        for where, one in properties_of(name, schema):
            assert one["description"], where
            assert "examples" in one or "$ref" in str(one), where


def properties_of(name: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for member, one in schema.get("properties", {}).items():
        yield f"{name}.{member}", one
