"""A patch leads from one document to the next, whatever changed; the general library applies it."""

import copy
import json
from typing import Any

import jsonpatch
from hypothesis import given
from hypothesis import strategies as st

from realtime.core import patch

Document = dict[str, Any]

names = st.text(max_size=5) | st.sampled_from(["a", "a/b", "a~b", "~1", "", "0", "status", 'quo"te'])
scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False) | names
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=10
)
documents = st.dictionaries(names, values, max_size=5)


def applied(base: Document, operations: str) -> Any:
    return jsonpatch.apply_patch(copy.deepcopy(base), json.loads(patch.array(operations)))


def as_text(value: object) -> str:
    """JSON tells 1 from true and from 1.0, where Python's equality does not."""
    return json.dumps(value, sort_keys=True)


@given(base=documents, new=documents)
def test_applying_the_changes_gives_the_new_document(base: Document, new: Document) -> None:
    assert as_text(applied(base, patch.changes(base, new))) == as_text(new)


@given(base=documents, edits=st.lists(st.tuples(names, values), max_size=4))
def test_an_edited_document_is_reached_too(base: Document, edits: list[tuple[str, Any]]) -> None:
    new = copy.deepcopy(base) | {name: [value, copy.deepcopy(base)] for name, value in edits}

    assert as_text(applied(base, patch.changes(base, new))) == as_text(new)


@given(first=documents, second=documents, third=documents)
def test_consecutive_changes_can_be_concatenated(first: Document, second: Document, third: Document) -> None:
    operations = json.loads(patch.array(patch.changes(first, second), patch.changes(second, third)))

    assert as_text(jsonpatch.apply_patch(copy.deepcopy(first), operations)) == as_text(third)


@given(base=documents, new=st.dictionaries(names, st.text(st.characters(categories=["Cs"]), max_size=1), max_size=3))
def test_half_a_surrogate_pair_stands_in_a_patch_as_an_escape(base: Document, new: Document) -> None:
    text = patch.array(patch.changes(base, new))

    assert jsonpatch.apply_patch(copy.deepcopy(base), json.loads(text.encode())) == new


@given(document=documents)
def test_nothing_changed_makes_an_empty_patch(document: Document) -> None:
    assert patch.changes(document, copy.deepcopy(document)) == ""
    assert patch.array("", "") == "[]"


@given(document=documents, value=values)
def test_a_member_can_be_set_and_dropped_whether_or_not_it_was_there(document: Document, value: Any) -> None:
    set_to = applied(document, patch.setting("error", value))

    assert as_text(set_to) == as_text({**document, "error": value})
    for present in (document, set_to):
        assert "error" not in applied(present, patch.dropping("error"))


def test_one_number_among_many_is_one_operation() -> None:
    base = {"api_metrics": [{"service": f"s{number}", "response_time_ms": 1.5} for number in range(100)]}
    new = copy.deepcopy(base)
    new["api_metrics"][42]["response_time_ms"] = 2.5

    assert json.loads(patch.array(patch.changes(base, new))) == [
        {"op": "replace", "path": "/api_metrics/42/response_time_ms", "value": 2.5}
    ]


def test_an_object_that_changed_all_over_is_replaced_as_one() -> None:
    base = {"comparison": dict.fromkeys("abcdef", 1.25)}
    new = {"comparison": dict.fromkeys("abcdef", 2.25)}

    assert json.loads(patch.array(patch.changes(base, new))) == [
        {"op": "replace", "path": "/comparison", "value": new["comparison"]}
    ]


def test_truth_is_not_one() -> None:
    assert json.loads(patch.array(patch.changes({"stale": 1}, {"stale": True}))) == [
        {"op": "replace", "path": "/stale", "value": True}
    ]
