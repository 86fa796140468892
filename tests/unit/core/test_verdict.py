"""The status rules: one exchange and its target -> status, failure and the rule that decided."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core.records import Exchange, FailureKind, Status
from realtime.core.verdict import Verdict, judge
from tests.unit.core.making import (
    LONE_SURROGATE,
    answered,
    answered_json,
    failure,
    json_bodies,
    json_objects,
    json_texts,
    json_values,
    target,
    unanswered,
)

GOOD_WORDS = "healthy ok pass passing passed up green active running ready alive true working online available serving"
FAIR_WORDS = "degraded warn warning yellow partial"
BAD_WORDS = (
    "unhealthy down fail failed failing failure error critical red out_of_service false offline unavailable "
    "stopped dead not_serving"
)
STATUS_OF_WORD = {
    **dict.fromkeys(GOOD_WORDS.split(), Status.HEALTHY),
    **dict.fromkeys(FAIR_WORDS.split(), Status.DEGRADED),
    **dict.fromkeys(BAD_WORDS.split(), Status.UNHEALTHY),
}
BADNESS = [Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY, Status.ERROR]
words = st.sampled_from(sorted(STATUS_OF_WORD))
members = st.sampled_from(["status", "state", "health"])


def judged(exchange: Exchange, **registered: Any) -> Verdict:
    return judge(exchange=exchange, target=target(**registered))


def status_of(document: object, **registered: Any) -> Status:
    return judged(answered_json(document), **registered).status


# Words


@pytest.mark.parametrize("word", STATUS_OF_WORD)
@pytest.mark.parametrize("member", ["status", "state", "health"])
def test_every_known_word_decides(word: str, member: str) -> None:
    assert status_of({member: word}) is STATUS_OF_WORD[word]


@given(words, st.sampled_from([str.upper, str.title, str.lower, str.swapcase]), st.sampled_from(["", "."]))
def test_neither_case_nor_a_full_stop_nor_space_around_matters(word: str, in_case: Any, stop: str) -> None:
    assert status_of({"status": f" {in_case(word)}{stop}\n"}) is STATUS_OF_WORD[word]


@pytest.mark.parametrize("value", ["Ok..", "ok!", "o k", "oké", "", ".", "okay", "up and running", LONE_SURROGATE])
def test_what_is_nearly_a_known_word_is_none(value: str) -> None:
    assert status_of({"status": value}) is Status.HEALTHY
    assert (
        judged(answered_json({"status": value}, http_status=503)).failure == judged(answered(http_status=503)).failure
    )


@pytest.mark.parametrize(("value", "status"), [(True, Status.HEALTHY), (False, Status.UNHEALTHY)])
def test_json_booleans_are_words_too(value: bool, status: Status) -> None:
    assert status_of({"status": value}) is status
    assert status_of({"db": {"health": value}}) is status
    assert status_of(value) is status


@given(words)
def test_a_body_that_is_one_word_counts_as_text_and_as_json(word: str) -> None:
    assert judged(answered(f"{word}\n", content_type="text/plain")).status is STATUS_OF_WORD[word]
    assert judged(answered(word, content_type="")).status is STATUS_OF_WORD[word]
    assert status_of(word) is STATUS_OF_WORD[word]


# Places


@given(json_values, words)
def test_the_first_usual_member_that_is_present_decides_whatever_it_holds(value: Any, word: str) -> None:
    for first, later in (("status", "state"), ("status", "health"), ("state", "health")):
        assert status_of({later: word, first: value}) is status_of({first: value})


@given(json_values.filter(lambda value: not isinstance(value, bool | str)), words)
def test_a_value_that_is_no_word_leaves_the_http_verdict_and_no_other_member_is_asked(value: Any, word: str) -> None:
    document = {"status": value, "database": {"status": word}}

    assert status_of(document) is Status.HEALTHY
    assert judged(answered_json(document, http_status=500)).failure == judged(answered(http_status=500)).failure


@given(st.lists(st.tuples(members, words), max_size=8))
def test_of_members_that_are_objects_the_worst_word_counts(found: list[tuple[str, str]]) -> None:
    document = {f"part-{index}": {member: word} for index, (member, word) in enumerate(found)}

    expected = max((STATUS_OF_WORD[word] for _, word in found), key=BADNESS.index, default=Status.HEALTHY)

    assert status_of(document) is expected


@pytest.mark.parametrize(
    "document",
    [
        {"database": "down"},
        {"checks": [{"status": "down"}]},
        [{"status": "down"}],
        {"a": {"b": {"status": "down"}}},
        {"Status": "down"},
        {"status.db": "down"},
        {},
        [],
        None,
        0,
        "all is lost",
    ],
)
def test_a_bad_word_elsewhere_is_not_looked_for(document: object) -> None:
    assert status_of(document) is Status.HEALTHY


def test_within_a_member_too_the_first_place_present_decides() -> None:
    assert status_of({"db": {"health": "down", "state": "unheard of"}}) is Status.HEALTHY


def test_the_registry_can_name_another_place() -> None:
    document = {"status": "ok", "overall": {"level": "critical"}, "parts": [{"is": "yellow"}]}

    assert status_of(document, status_path="overall.level") is Status.UNHEALTHY
    assert status_of(document, status_path="parts[0].is") is Status.DEGRADED


def test_a_text_is_not_looked_into_where_the_registry_names_a_place() -> None:
    verdict = judged(answered("down", http_status=500, content_type="text/plain"), status_path="status")

    assert verdict.failure is not None
    assert verdict.failure.kind is FailureKind.HTTP_STATUS


@pytest.mark.parametrize("path", ["missing", "parts", "number", "unheard", "sum(parts)", "["])
def test_a_named_place_without_a_known_word_leaves_the_http_verdict(path: str) -> None:
    document = {"status": "down", "parts": ["down"], "number": 0, "unheard": "of"}

    assert status_of(document, status_path=path) is Status.HEALTHY
    bad = judged(answered_json(document, http_status=500), status_path=path)
    assert bad.failure is not None
    assert bad.failure.kind is FailureKind.HTTP_STATUS


# HTTP status and word


@given(
    http_status=st.integers(100, 599),
    ranges=st.lists(st.tuples(st.integers(100, 599), st.integers(0, 100)), min_size=1, max_size=3),
    word=st.none() | words,
)
def test_of_http_verdict_and_word_the_worse_counts(
    http_status: int, ranges: list[tuple[int, int]], word: str | None
) -> None:
    expected_status = tuple((low, low + more) for low, more in ranges)
    exchange = answered_json({} if word is None else {"status": word}, http_status=http_status)

    verdict = judged(exchange, expected_status=expected_status)

    is_expected = any(low <= http_status <= high for low, high in expected_status)
    by_http = Status.HEALTHY if is_expected else Status.UNHEALTHY
    by_word = Status.HEALTHY if word is None else STATUS_OF_WORD[word]
    assert verdict.status is max(by_http, by_word, key=BADNESS.index)
    if verdict.status is Status.UNHEALTHY:
        assert verdict.failure is not None
        assert verdict.failure.kind is (
            FailureKind.REPORTED if by_word is Status.UNHEALTHY else FailureKind.HTTP_STATUS
        )
        assert verdict.failure.http_status == http_status
    else:
        assert verdict.failure is None


def test_an_unexpected_status_is_unhealthy_whatever_the_body_parses_to() -> None:
    for body in (b"", b"{", b"[" * 1_000, b"\xff\xfe\x00", b"<html>", b'{"status": "ok"}', b"ok"):
        verdict = judged(answered(body, http_status=500))

        assert verdict.status is Status.UNHEALTHY
        assert verdict.failure is not None
        assert verdict.failure.kind is FailureKind.HTTP_STATUS
        assert verdict.failure.message == "HTTP status 500, expected 200-299"


def test_the_document_of_an_unexpected_status_is_still_there_for_readings() -> None:
    assert judged(answered_json({"n": 1}, http_status=500)).document == {"n": 1}


def test_expected_statuses_are_told_as_the_registry_writes_them() -> None:
    verdict = judged(answered(http_status=404), expected_status=((200, 299), (304, 304)))

    assert verdict.failure is not None
    assert verdict.failure.message == "HTTP status 404, expected 200-299,304"


def test_a_reported_failure_says_which_word_stood_where() -> None:
    verdict = judged(answered_json({"scheduler": {"status": "UNHEALTHY"}}))

    assert verdict.failure is not None
    assert verdict.failure.message == "the service reports “unhealthy” (scheduler.status)"
    assert verdict.rule == "scheduler.status says “unhealthy”"


def test_the_name_of_a_member_is_shown_in_part_and_only_when_it_can_be() -> None:
    for name, shown in (("x" * 100, "x" * 40), (LONE_SURROGATE, "a member"), ("a\nb", "a member")):
        verdict = judged(answered_json({name: {"status": "down"}}))

        assert verdict.failure is not None
        assert verdict.failure.message == f"the service reports “down” ({shown}.status)"


# No usable answer


@pytest.mark.parametrize("kind", [kind for kind in FailureKind if kind is not FailureKind.TOO_LARGE])
@pytest.mark.parametrize("http_status", [None, 200, 500])
def test_no_usable_answer_is_an_error_of_its_kind(kind: FailureKind, http_status: int | None) -> None:
    verdict = judged(unanswered(kind, http_status=http_status))

    assert verdict.status is Status.ERROR
    assert verdict.failure == failure(kind)


def test_too_large_a_body_is_an_error_only_under_an_expected_status() -> None:
    assert judged(unanswered(FailureKind.TOO_LARGE, http_status=200)).status is Status.ERROR

    verdict = judged(unanswered(FailureKind.TOO_LARGE, http_status=500))

    assert verdict.status is Status.UNHEALTHY
    assert verdict.failure is not None
    assert verdict.failure.kind is FailureKind.HTTP_STATUS


GARBAGE = [
    b"{",
    b'{"status": "o',
    b"{'status': 'ok'}",
    b"<html>",
    b"OK",
    b"[" * 1_000 + b"]" * 1_000,
    b"\x00",
    b"\x80\x81",
    b"\xff\xfe{",
    b'{"status": "ok"} and more',
]


@pytest.mark.parametrize("body", GARBAGE)
def test_garbage_where_json_was_promised_is_an_error_of_the_body(body: bytes) -> None:
    for exchange, path in (
        (answered(body), None),
        (answered(body, content_type="application/health+json"), None),
        (answered(body, content_type="text/plain"), "status"),
    ):
        verdict = judged(exchange, status_path=path)

        assert verdict.status is Status.ERROR
        assert verdict.failure is not None
        assert verdict.failure.kind is FailureKind.BODY
        assert verdict.failure.message.startswith("not valid JSON: ")
        assert verdict.failure.http_status == 200


@pytest.mark.parametrize("body", GARBAGE)
def test_garbage_that_nobody_promised_to_be_json_stands_as_the_http_verdict(body: bytes) -> None:
    assert judged(answered(body, content_type="text/html")).status is Status.HEALTHY


@pytest.mark.parametrize("body", [b"", b" \r\n", b"\xef\xbb\xbf", b"\xff\xfe"])
@pytest.mark.parametrize("path", [None, "status"])
def test_an_empty_body_is_never_garbage(body: bytes, path: str | None) -> None:
    assert judged(answered(body), status_path=path).status is Status.HEALTHY


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "1" + "0" * 400])
def test_a_number_that_is_none_costs_the_reading_and_not_the_status(number: str) -> None:
    assert judged(answered(f'{{"status": "ok", "n": {number}}}')).status is Status.HEALTHY
    assert judged(answered(f'{{"status": "down", "n": {number}}}')).status is Status.UNHEALTHY


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_the_word_is_found_in_any_unicode(charset: str) -> None:
    assert judged(answered('{"status": "DOWN"}'.encode(charset))).status is Status.UNHEALTHY
    assert judged(answered("Degraded".encode(charset), content_type="text/plain")).status is Status.DEGRADED


# Slowness


@pytest.mark.parametrize(
    ("word", "elapsed", "expected"),
    [
        ("ok", 1.001, Status.DEGRADED),
        ("ok", 1.0, Status.HEALTHY),
        ("warn", 5.0, Status.DEGRADED),
        ("down", 5.0, Status.UNHEALTHY),
    ],
)
def test_slower_than_allowed_is_at_best_degraded(word: str, elapsed: float, expected: Status) -> None:
    verdict = judged(answered_json({"status": word}, elapsed_seconds=elapsed), degraded_above_seconds=1.0)

    assert verdict.status is expected
    assert verdict.document == {"status": word}
    assert (verdict.failure is None) is (word != "down")


def test_slowness_does_not_matter_where_no_limit_is_set() -> None:
    assert judged(answered(elapsed_seconds=60.0)).status is Status.HEALTHY


def test_the_rule_names_the_time_and_what_would_have_been_without_it() -> None:
    verdict = judged(answered_json({"status": "ok"}, elapsed_seconds=1.5), degraded_above_seconds=1.0)

    assert verdict.rule == "answered in 1500 ms, slower than 1000 ms (status says “ok”)"


# Anything at all


@given(
    body=st.binary(max_size=200) | json_bodies,
    content_type=st.text(max_size=30) | st.sampled_from(["application/json", "text/html; charset=utf-16"]),
    http_status=st.integers(100, 599),
    status_path=st.none() | st.sampled_from(["status", "a.b", "items[*].a", "sum(@)", "]"]),
)
def test_any_answer_gets_a_verdict_that_can_be_shown(
    body: bytes, content_type: str, http_status: int, status_path: str | None
) -> None:
    exchange = answered(body, content_type=content_type, http_status=http_status)

    verdict = judged(exchange, status_path=status_path)

    assert verdict.status in BADNESS
    assert (verdict.failure is not None) is verdict.status.is_bad
    verdict.rule.encode()
    if verdict.failure is not None:
        verdict.failure.message.encode()
        assert len(verdict.failure.message) < 200


@given(json_objects, json_texts)
def test_a_bad_word_at_the_usual_place_is_believed_whatever_stands_around_it(document: dict, text: str) -> None:
    assert status_of({**document, "status": "unhealthy", "message": text}) is Status.UNHEALTHY
