"""The contract as JSON Schema (draft 2020-12, as in OpenAPI 3.1): one named schema for each record and set of words."""

from collections.abc import Iterable
from typing import Any

from realtime.core.contract.shapes import (
    Choice,
    Field,
    Flag,
    ListOf,
    MapOf,
    Moment,
    Number,
    Record,
    Shape,
    Text,
    Whole,
    example_of,
    named_in,
)

Schema = dict[str, Any]

_PREFIX = "#/components/schemas/"


def named_schemas(records: Iterable[Record]) -> dict[str, Schema]:
    """Return the schemas of these records and of everything named inside them, by name, sorted."""
    named = {one.name: one for record in records for one in named_in(record)}
    return {name: _words(one) if isinstance(one, Choice) else _object(one) for name, one in sorted(named.items())}


def reference_to(record: Record) -> Schema:
    """Return what stands for the schema of a record elsewhere in the same OpenAPI document."""
    return {"$ref": _PREFIX + record.name}


def schema_of(shape: Shape) -> Schema:
    """Return the schema of a value; what has a name is referred to."""
    match shape:
        case Record() | Choice():
            return {"$ref": _PREFIX + shape.name}
        case ListOf():
            item = schema_of(shape.item)
            return {"type": "array", "items": _or_null(item) if shape.null_when else item}
        case MapOf():
            names = {"propertyNames": schema_of(shape.keys)} if shape.keys else {}
            return {"type": "object", "additionalProperties": schema_of(shape.value)} | names
    return _plain_schema(shape)


def _plain_schema(shape: Text | Flag | Moment | Whole | Number) -> Schema:
    match shape:
        case Text():
            return {"type": "string"}
        case Flag():
            return {"type": "boolean"}
        case Moment():
            return {"type": "string", "format": "date-time"}
        case Whole():
            return {"type": "integer", "format": "int64"} | _least(shape.least)
        case Number():
            return {"type": "number"} | _least(shape.least)


def _object(record: Record) -> Schema:
    schema: Schema = {
        "type": "object",
        "description": record.meaning,
        "properties": {field.name: _property(field) for field in record.fields},
        "required": [field.name for field in record.fields if not field.absent_when],
        "examples": [example_of(record)],
    }
    if record.others is not None:
        schema["additionalProperties"] = _further(record, record.others)
    return schema


def _further(record: Record, others: Field) -> Schema:
    # TypeScript's index signatures hold for every member, so a type that the fields do not have would contradict them.
    if all(field.shape == others.shape for field in record.fields):
        return _property(others)
    return {"description": describe(others)}


def _words(word: Choice) -> Schema:
    return {"type": "string", "enum": [str(one) for one in word.words]}


def _property(field: Field) -> Schema:
    schema = schema_of(field.shape)
    schema = (_or_null(schema) if field.null_when else schema) | {"description": describe(field)}
    return schema if field.example is None else schema | {"examples": [field.example]}


def describe(field: Field) -> str:
    """Return the meaning of a field with its unit, its rounding, and when it is null or left out."""
    sentences = [field.meaning, *_quantity(field.shape)]
    if field.null_when:
        sentences.append(f"Null when {field.null_when}.")
    if field.absent_when:
        sentences.append(f"Left out when {field.absent_when}.")
    return " ".join(sentences)


def _quantity(shape: Shape) -> list[str]:
    match shape:
        case Number(unit=unit, decimals=int(decimals)) if unit:
            return [f"In {unit}, rounded to {decimals} {'decimal' if decimals == 1 else 'decimals'}."]
        case Number(unit=unit) | Whole(unit=unit) if unit:
            return [f"In {unit}."]
        case ListOf(null_when=circumstance) if circumstance:
            return [f"An item is null when {circumstance}."]
    return []


def _or_null(schema: Schema) -> Schema:
    if isinstance(schema.get("type"), str):
        return schema | {"type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _least(least: int | None) -> Schema:
    return {} if least is None else {"minimum": least}
