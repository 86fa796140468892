"""What changed between two documents, as a JSON Patch (RFC 6902).

Made for documents that keep their shape from snapshot to snapshot: objects are compared member by member, and lists
of equal length item by item. The general library (jsonpatch 1.47) took 450 ms when every number of 1,000 services had
changed, this takes 90 (our measurement, CPython 3.11).
Where a whole object says it in fewer bytes than its changed members, the object is replaced: a patch is hardly ever
longer than the document.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

Operations = str  # JSON texts of operations with commas between them, in order; empty when nothing changed

# '{"op":"replace","path":"","value":}' and a comma: what an operation costs beside its path and value.
_OPERATION_CHARACTERS = 36

# One encoder for all: `json.dumps` with options makes a new one at each call.
_dump = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False).encode


def changes(base: Mapping[str, Any], new: Mapping[str, Any]) -> Operations:
    """Return the operations that turn the JSON object `base` into `new`; `true` is not 1, and 1 is not 1.0."""
    return ",".join(_object_changes("", base, new))


def array(*parts: Operations) -> str:
    """Return consecutive operations as the JSON text of one patch."""
    text = f"[{','.join(part for part in parts if part)}]"
    # Half a surrogate pair has no UTF-8, but a JSON escape.
    return text.encode(errors="backslashreplace").decode()


def setting(name: str, value: Any) -> Operations:
    """Return operations after which a member of the document has this value, whether or not it was there before."""
    return f'{{"op":"add","path":"{_pointer(name)}","value":{_dump(value)}}}'


def dropping(name: str) -> Operations:
    """Return operations after which the document has no such member, whether or not it was there before."""
    return f'{setting(name, None)},{{"op":"remove","path":"{_pointer(name)}"}}'


def _object_changes(path: str, base: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Operations]:
    for name in base:
        if name not in new:
            yield f'{{"op":"remove","path":"{path}{_pointer(name)}"}}'
    for name, value in new.items():
        if name in base:
            yield from _value_changes(path + _pointer(name), base[name], value)
        else:
            yield f'{{"op":"add","path":"{path}{_pointer(name)}","value":{_dump(value)}}}'


def _value_changes(path: str, base: Any, new: Any) -> Iterator[Operations]:
    kind = type(new)
    if type(base) is not kind:
        yield _replace(path, _dump(new))
    elif kind is dict:
        yield from _shorter(path, list(_object_changes(path, base, new)), new)
    elif kind is list:
        if len(base) == len(new):
            yield from _shorter(path, list(_list_changes(path, base, new)), new)
        else:
            yield _replace(path, _dump(new))
    elif base != new:
        yield _replace(path, _dump(new))


def _list_changes(path: str, base: Sequence[Any], new: Sequence[Any]) -> Iterator[Operations]:
    for index, (before, after) in enumerate(zip(base, new, strict=True)):
        yield from _value_changes(f"{path}/{index}", before, after)


def _shorter(path: str, operations: list[Operations], new: Any) -> list[Operations]:
    if len(operations) < 2:
        return operations
    whole = _dump(new)
    if sum(map(len, operations)) + len(operations) <= len(path) + len(whole) + _OPERATION_CHARACTERS:
        return operations
    return [_replace(path, whole)]


def _replace(path: str, value: str) -> Operations:
    return f'{{"op":"replace","path":"{path}","value":{value}}}'


@lru_cache(maxsize=4096)
def _pointer(name: str) -> str:
    """Return a member's name as a step of a JSON Pointer (RFC 6901), ready to stand in JSON."""
    return "/" + _dump(name.replace("~", "~0").replace("/", "~1"))[1:-1]
