"""Where in an answer its status is looked for, and which place decides."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core import answers
from realtime.core.evidence import MAX_LISTED, Findings, find
from realtime.core.records import Evidence, Status
from realtime.core.words import KNOWN_WORDS
from tests.unit.core.making import LONE_SURROGATE, json_names, json_objects, json_scalars, json_values

H, D, U = Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY
BADNESS = [H, D, U]
words = st.sampled_from(sorted(KNOWN_WORDS))
names = st.sampled_from(["status", "state", "health", "Status", "STATE"])
parts_keys = st.sampled_from(["checks", "healthChecks", "components", "dependencies", "Dependency", "services"])


def found(document: object, *, path: str | None = None, **own: Status) -> Findings:
    content = answers.read_content(body=json.dumps(document).encode(), content_type="application/json")
    return find(content=content, status_path=path, status_words=own)


def status(document: object, **own: Status) -> Status | None:
    worst = found(document, **own).worst
    return None if worst is None else worst.status


def place(document: object) -> str | None:
    worst = found(document).worst
    return None if worst is None else worst.place


# The answer's own word


@given(names, words.filter(lambda word: word != "success"), json_objects)
def test_a_known_word_at_the_first_usual_name_decides_alone(name: str, word: str, others: dict[str, Any]) -> None:
    others = {key: value for key, value in others.items() if key.lower() not in ("status", "state", "health")}

    assert status({**others, name: word, "ok": False, "database": {"status": "down"}}) is KNOWN_WORDS[word]


@pytest.mark.parametrize(
    ("document", "expected", "where"),
    [
        ({"state": "down", "status": "ok"}, H, "status"),
        ({"health": "down", "state": "ok"}, H, "state"),
        ({"status": None, "state": "down"}, U, "state"),
        ({"status": [], "state": "down"}, U, "state"),
        ({"status": [None], "state": "NOT_RUNNING"}, U, "state"),
        ({"STATUS": "Down"}, U, "STATUS"),
        ({"status": "ok", "Status": "down"}, U, "Status"),
        ({"status": ["ok", "warning"]}, D, "status"),
        ({"status": ["ok", {"status": "down"}]}, D, "status[].status"),
        ({"status": True}, H, "status"),
        ({"status": False}, U, "status"),
        ({"status": 200}, H, "status"),
        ({"status": "500"}, U, "status"),
        ({"status": [200, 503]}, U, "status"),
        ({"state": 500}, None, None),
        ({"health": 200}, None, None),
        ({"status": 1}, None, None),
    ],
)
def test_which_word_of_an_answer_is_its_own(document: object, expected: Status | None, where: str | None) -> None:
    assert (status(document), place(document)) == (expected, where)


@pytest.mark.parametrize(
    "name", ["ok", "healthy", "success", "alive", "ready", "up", "OK", "Ready", "isHealthy", "is_ready"]
)
def test_without_a_word_the_booleans_of_an_answer_count(name: str) -> None:
    assert status({name: False}) is U
    assert status({name: True}) is H
    assert status({name: "False"}) is U
    assert status({name: "true"}) is None
    assert status({name: 0}) is None
    assert status({"ready": True, "alive": True, "up": False}) is U
    assert status({"active": False, "enabled": False}) is None


@pytest.mark.parametrize("success", [{"ok": True}, {"status": True}, {"status": "success"}, {"Status": "SUCCESS."}])
def test_that_the_call_succeeded_does_not_hide_what_the_members_say(success: dict[str, object]) -> None:
    assert status(success) is H
    assert status({**success, "database": {"status": "down"}}) is U
    assert status({**success, "checks": {"db": False}}) is U
    assert status({**success, "data": {"result": []}}) is H


def test_an_unknown_word_decides_nothing() -> None:
    assert found({"status": "shipped"}).kind is None
    assert status({"status": "shipped", "database": "down"}) is U
    assert status({"status": "shipped", "health": "down"}) is U
    assert status({"status": "shipped", "ok": False}) is U
    assert status({"status": "shipped", "ok": True}) is None
    assert status({"status": ["shipped", "ok"]}) is H


# Members


@given(json_names, names, words)
def test_the_own_word_of_a_member_counts(member: str, name: str, word: str) -> None:
    assert status({f"my {member}": {name: word}}) is KNOWN_WORDS[word]


@given(st.lists(st.tuples(names, words), min_size=1, max_size=8))
def test_of_the_members_the_worst_counts(members: list[tuple[str, str]]) -> None:
    document = {f"part-{index}": {name: word} for index, (name, word) in enumerate(members)}

    assert status(document) is max((KNOWN_WORDS[word] for _, word in members), key=BADNESS.index)


@pytest.mark.parametrize(
    ("document", "expected", "where"),
    [
        # Objects
        ({"db": {"ok": False}}, U, "db.ok"),
        ({"db": {"Healthy": True}}, H, "db.Healthy"),
        ({"db": {"isHealthy": False}}, U, "db.isHealthy"),
        ({"update": {"ready": False, "success": False, "up": False, "alive": False}}, None, None),
        ({"db": {"status": "idle", "ok": False}}, U, "db.ok"),
        ({"db": {"status": "up", "ok": False}}, H, "db.status"),
        ({"db": {"status": 500}}, None, None),
        ({"disk": {"State": "Enabled", "Health": "Critical"}}, U, "disk.Health"),
        ({"disk": {"State": "up", "Health": "Critical"}}, H, "disk.State"),
        ({"db": {"state": ["up", "down"]}}, U, "db.state"),
        ({"db": {"primary": {"status": "down"}}}, None, None),
        ({"status": {"status": "down"}}, U, "status.status"),
        # Strings
        ({"database": "ok"}, H, "database"),
        ({"cache": "unavailable: Unknown error", "database": "working"}, U, "cache"),
        ({"debug": "false", "tls": "true"}, None, None),
        ({"message": "Service Unavailable"}, None, None),
        ({"worker": "out of service"}, U, "worker"),
        ({"overall_status": "HEALTH_ERR", "dbStatus": "up"}, U, "overall_status"),
        ({"status": "shipped", "health": "NOT_READY"}, U, "health"),
        ({"errors": "no_error"}, None, None),
        ({"restart_policy": "on-failure"}, None, None),
        ({"log_level": "error", "LogLevel": "warning", "mode": "offline", "logging": "critical"}, None, None),
        ({"catalog": "down", "model": "failed"}, U, "catalog"),
        # Lists
        ({"tasks": [{"state": "RUNNING"}, {"state": "FAILED"}]}, D, "tasks[].state"),
        ({"tasks": [{"ok": False}]}, D, "tasks[].ok"),
        ({"tasks": [{"state": "RUNNING"}]}, H, "tasks[].state"),
        ({"tasks": [{"state": "FAILED"}], "db": {"status": "down"}}, U, "db.status"),
        ({"tasks": ["failed"]}, None, None),
        ({"tasks": [[{"state": "FAILED"}]]}, None, None),
        ([{"Status": "passing"}, {"Status": "critical"}], U, "[].Status"),
        (["down"], None, None),
        # Under the keys of what a service consists of
        ({"checks": [{"name": "db", "status": "DOWN"}]}, U, "checks[].status"),
        ({"db_check": [{"status": "failed"}]}, U, "db_check[].status"),
        ({"dependencies": {"redis": "connected", "db": "down"}}, U, "dependencies.db"),
        ({"services": {"web": "RUNNING", "worker": "NOT_RUNNING"}}, U, "services.worker"),
        ({"checks": {"db": True, "cache": False}}, U, "checks.cache"),
        ({"checks": {"db": "true", "cache": "false"}}, U, "checks.cache"),
        ({"checks": {"db": {"status": "down"}}}, U, "checks.db.status"),
        ({"checks": {"db": [{"status": "fail"}]}}, U, "checks.db[].status"),
        ({"checks": {"db": {"available": False}}}, U, "checks.db.available"),
        ({"checks": [{"name": "db", "passing": False}]}, U, "checks[].passing"),
        ({"checks": [{"name": "db", "result": {"status": "down"}}]}, U, "checks[].result.status"),
        ({"checks": [{"name": "db", "nodes": [{"status": "down"}]}]}, U, "checks[].nodes[].status"),
        ({"checks": ["ok", "down"]}, U, "checks[]"),
        ({"checks": [True, False]}, U, "checks[]"),
        ({"checks": {"a": {"b": {"status": "down"}}}}, None, None),
        ({"checks": {"log_level": "error"}}, None, None),
        ({"checks": {"is_down": False, "has_errors": False}}, None, None),
        ({"checks": {"db_down": True}}, U, "checks.db_down"),
        ({"service": {"name": "shop", "debug": False, "beta": "false"}}, None, None),
        ({"service": {"name": "shop", "status": "down"}}, U, "service.status"),
        ({"components": [{"name": "API", "status": "operational", "group": False}]}, H, "components[].status"),
        ({"services": ["error-tracker", "dead-letter-queue"]}, None, None),
        ({"checksums": {"verified": False}, "checkout": {"guest": False}}, None, None),
        # Not JSON objects
        ("Unhealthy", U, "the answer"),
        ("", None, None),
        (False, U, "the answer"),
        (0, None, None),
        (None, None, None),
    ],
)
def test_what_the_members_of_an_answer_say(document: object, expected: Status | None, where: str | None) -> None:
    assert (status(document), place(document)) == (expected, where)


@given(parts_keys, json_names, names, st.sampled_from(["down", "FAILED", "not ready"]))
def test_a_failed_part_is_found_in_every_usual_shape(key: str, part: str, name: str, word: str) -> None:
    part = f"my {part}"
    for document in ({part: {name: word}}, {part: [{name: word}]}, [{name: word}], [{"result": {name: word}}]):
        assert status({key: document, "database": "ok"}) is U


@given(st.lists(st.dictionaries(json_names, json_scalars | words, max_size=4), max_size=6))
def test_a_list_that_is_no_part_of_the_service_makes_it_at_worst_degraded(items: list[dict[str, Any]]) -> None:
    assert status({"orders": [*items, {"state": "failed"}], "status": "success"}) is D


def test_of_a_list_at_most_a_thousand_are_read() -> None:
    fine = [{"status": "ok"}] * (MAX_LISTED - 1)

    assert status([*fine, {"status": "down"}]) is U
    assert status([*fine, {"status": "ok"}, {"status": "down"}]) is H


# Unknown words


@pytest.mark.parametrize(
    ("document", "public", "shown"),
    [
        ({"status": "shipped"}, "shipped", "shipped"),
        ({"status": ["Read Only."]}, "Read Only", "Read Only."),
        ({"db": {"state": "idle"}}, "idle", "idle"),
        ({"status": "http://10.0.0.1/?key=1"}, None, "http://10.0.0.1/?key=1"),
        ({"status": "a\nb"}, None, "what cannot be shown"),
        ({"status": LONE_SURROGATE}, None, "what cannot be shown"),
        ({"status": "x" * 50}, None, "x" * 40),
        ({"status": 7}, None, "7"),
        ("pong", "pong", "pong"),
    ],
)
def test_an_unknown_word_is_reported(document: object, public: str | None, shown: str) -> None:
    unknown = found(document).unknown

    assert unknown is not None
    assert (unknown.public, unknown.word) == (public, shown)


@pytest.mark.parametrize("document", [{"name": "shop"}, {"database": "weird"}, ["x"], 5, {}, {"status": None}])
def test_text_elsewhere_is_not_an_unknown_status_word(document: object) -> None:
    assert found(document) == Findings()


# Text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("OK\n", H), ("healthz check passed", H), ("Not Ready", U), ("one two three down", U), ("pong", None),
        ("this is one word too down", None), ("", None), (" \n", None), ("<html>down</html>", None),
        ("up 0\n", None), ("down " * 1000, None), ("\x00", None),
    ],
)  # fmt: skip
def test_a_text_of_up_to_four_words_says_something(text: str, expected: Status | None) -> None:
    content = answers.read_content(body=text.encode(), content_type="text/plain")

    worst = find(content=content, status_path=None, status_words={}).worst

    assert (worst and worst.status) is expected


# Anything at all


@given(json_values | st.dictionaries(parts_keys, json_values), st.none() | st.sampled_from(["status", "*", "[]", "@"]))
def test_any_answer_can_be_looked_at(document: object, path: str | None) -> None:
    findings = found(document, path=path)

    assert (findings.kind is Evidence.PATH) is (path is not None)
    for said in (findings.worst, findings.unknown):
        if said is not None:
            assert said.exact_place.isprintable()
            assert said.word.isprintable()


@given(json_values, st.sampled_from(["shipped", "", "0/3 ready", "no_error", "one two three four ok"]))
def test_an_unknown_word_at_the_status_path_never_goes_unnoticed(other: object, word: str) -> None:
    assert found({"is": [other, word]}, path="is").unknown is not None


@given(json_values, words.filter(lambda word: KNOWN_WORDS[word] is U))
def test_a_bad_word_at_the_deciding_place_is_never_good(other: object, word: str) -> None:
    assert status({"status": word, "x": other}) is U
    assert status({"status": ["ok", word], "x": other}) is U
    worst = found({"is": [other, word]}, path="is").worst
    assert worst is not None
    assert worst.status is U


def _filled(item: str, *, opening: str, closing: str) -> str:
    count = (256 * 1024 - 200) // (len(item.replace("#", "00000")) + 1)
    return opening + ",".join(item.replace("#", f"{number:05x}") for number in range(count)) + closing


# Three for each byte of the longest answer. Without bounds on values and lists it was up to 2.7 million.
MOST_CALLS = 800_000
HOSTILE = {
    "members": _filled('"#":"aB c"', opening="{", closing="}"),
    "objects": _filled('"#":{"status":"aB-cD e"}', opening="{", closing="}"),
    "lists": _filled('"#":[{"status":"aB c"}]', opening="{", closing="}"),
    "words": _filled('"aB c"', opening='{"status":[', closing="]}"),
    "numbers": _filled('"#":1', opening="{", closing="}"),
    "checks": _filled('"aB #":true', opening='{"checks":{', closing="}}"),
    "listed checks": _filled('{"#":{"state":"a bC"}}', opening='{"checks":[', closing="]}"),
    "one listed check": _filled('"#":[{"aB":false}]', opening='{"checks":[{', closing="}]}"),
    "one long word": '{"status":"' + "aB " * 80_000 + '"}',
    "one long key": '{"checks":{"' + "aB " * 80_000 + '":true}}',
}


def calls_of(work: Callable[[], object]) -> int:
    """How many functions are called meanwhile, which is the same on every machine."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("path", [None, "[*, keys(@)]", "*.*[]"])
def test_the_work_for_the_worst_answer_is_bounded(name: str, path: str | None) -> None:
    content = answers.read_content(body=HOSTILE[name].encode(), content_type="")

    assert calls_of(lambda: find(content=content, status_path=path, status_words={"a_b": D})) < MOST_CALLS
