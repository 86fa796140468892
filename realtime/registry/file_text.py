"""The text of a registry file <-> a plain document: YAML and JSON, read strictly. What it means is left to others."""

import json
from collections.abc import Hashable
from enum import StrEnum
from pathlib import PurePath
from typing import Any, Never

import yaml

MAX_KEYS = 1000  # of one mapping, merged ones included: an entry has 22, and its headers 32 at most
MAX_MERGES = 50  # into one mapping

_MERGE_TAG = "tag:yaml.org,2002:merge"


class FileFormat(StrEnum):
    YAML = "yaml"
    JSON = "json"


class UnreadableText(ValueError):
    """The text is no YAML or JSON, or not one that can only be read one way; the message is one line."""


_ENDINGS = {".yaml": FileFormat.YAML, ".yml": FileFormat.YAML, ".json": FileFormat.JSON}


def format_of(file_name: str) -> FileFormat | None:
    """Return the format that the ending of a file name tells, YAML for `-` (stdin, stdout), None for other endings."""
    return FileFormat.YAML if file_name == "-" else _ENDINGS.get(PurePath(file_name).suffix.lower())


def document_of(data: bytes, *, file_format: FileFormat) -> object:
    """Return mappings, lists, texts, numbers and so on, as the text has them.

    Raises:
        UnreadableText: not UTF-8, broken, nested too deep, or with the same key twice in one mapping, of which
            other readers would silently take the last.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableText(f"is not UTF-8 text (byte {error.start})") from error
    try:
        return _yaml_document(text) if file_format is FileFormat.YAML else _json_document(text)
    except RecursionError as error:
        raise UnreadableText("is nested too deep") from error


def text_of(document: object, *, file_format: FileFormat) -> str:
    if file_format is FileFormat.JSON:
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    return yaml.dump(document, Dumper=_FaithfulDumper, sort_keys=False, allow_unicode=True, width=110)


class _FaithfulDumper(yaml.SafeDumper):
    """A safe dumper whose texts come back as they were, the next-line character (U+0085) included."""

    def represent_str(self, text: str) -> yaml.ScalarNode:
        # PyYAML would write it bare, where readers take it for a line break to be folded.
        style = '"' if "\x85" in text else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_FaithfulDumper.add_representer(str, _FaithfulDumper.represent_str)


def _json_document(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_without_twins, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise UnreadableText(f"is no JSON: {error.msg}, line {error.lineno} column {error.colno}") from error
    except ValueError as error:  # a number of more digits than Python reads, or ours
        raise UnreadableText(_one_line(error)) from error


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key, value in pairs:
        if key in mapping:
            raise UnreadableText(f"has the key {key[:60]!r} twice in one mapping")
        mapping[key] = value
    return mapping


def _refuse_constant(name: str) -> Never:
    raise UnreadableText(f"holds {name}, which is no JSON number")


def _yaml_document(text: str) -> object:
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a safe loader, made stricter
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1} column {mark.column + 1}" if mark else ""
        raise UnreadableText(f"is no YAML: {_one_line(error.problem or error.context)}{place}") from error
    except yaml.YAMLError as error:
        raise UnreadableText(f"is no YAML: {_one_line(error)}") from error


def _one_line(message: object) -> str:
    return " ".join(str(message).split())[:200]


def _merge_count(node: yaml.MappingNode) -> int:
    merged = [value for key, value in node.value if key.tag == _MERGE_TAG]
    return sum(len(value.value) if isinstance(value, yaml.SequenceNode) else 1 for value in merged)


class _StrictLoader(yaml.SafeLoader):
    """A safe loader for which equal keys in one mapping, and values that cannot be built, are errors with a line."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        # Merges multiply: a few lines could fill the memory. Their number is asked first, for one mapping that is
        # merged thousands of times does so before its keys can be counted.
        if _merge_count(node) > MAX_MERGES:
            problem = f"more than {MAX_MERGES} merges into one mapping"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        super().flatten_mapping(node)
        if len(node.value) > MAX_KEYS:
            problem = f"a mapping of more than {MAX_KEYS} keys"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode) and key_node.tag != _MERGE_TAG:
                if key_node.value in seen:
                    problem = f"the key {key_node.value[:60]!r} stands twice in one mapping"
                    raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
                seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
            # PyYAML lets these out for `2024-13-45`, `!!bool perhaps`, `!!int ""` and the like.
            problem = "a value that cannot be read"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from error
