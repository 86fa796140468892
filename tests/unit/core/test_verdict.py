"""The status rules: one exchange and its target -> status, failure and the rule that decided."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.core.records import Evidence, Exchange, Failure, FailureKind, Status
from realtime.core.verdict import Verdict, judge
from tests.unit.core.making import (
    LONE_SURROGATE,
    answered,
    answered_json,
    failure,
    json_bodies,
    json_objects,
    json_texts,
    target,
    unanswered,
)

GOOD_WORDS = (
    "healthy ok good pass passing passed up green active running ready alive true working online available serving "
    "success succeeded normal operational in_service"
)
FAIR_WORDS = (
    "degraded warn warning warnings yellow partial partially draining starting initializing stopping restarting "
    "recovering maintenance unknown"
)
BAD_WORDS = (
    "unhealthy down fail failed failing failure failures error errors err critical fatal red out_of_service false "
    "offline unavailable unreachable disconnected inactive broken outage shutdown stopped dead terminated crashed"
)
STATUS_OF_WORD = {
    **dict.fromkeys(GOOD_WORDS.split(), Status.HEALTHY),
    **dict.fromkeys(FAIR_WORDS.split(), Status.DEGRADED),
    **dict.fromkeys(BAD_WORDS.split(), Status.UNHEALTHY),
}
BADNESS = [Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY, Status.ERROR]
words = st.sampled_from(sorted(STATUS_OF_WORD))


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


@pytest.mark.parametrize("value", ["Ok..", "ok!", "o k", "oké", "", ".", "okay", "0/3 ready", LONE_SURROGATE])
def test_what_is_nearly_a_good_word_is_none(value: str) -> None:
    verdict = judged(answered_json({"status": value}))

    assert (verdict.status, verdict.evidence) == (Status.HEALTHY, Evidence.HTTP)
    assert judged(answered_json({"status": value}), status_path="status").status is Status.UNHEALTHY
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


# status_path


def test_the_registry_can_name_the_place() -> None:
    document = {"status": "ok", "overall": {"level": "critical"}, "parts": [{"is": "yellow"}]}

    assert status_of(document, status_path="overall.level") is Status.UNHEALTHY
    assert status_of(document, status_path="parts[0].is") is Status.DEGRADED


def test_under_status_path_every_value_counts_and_the_worst_decides() -> None:
    document = {"nodes": [{"is": ["up", None]}, {"is": [["warning"]]}, {"is": None}]}

    assert status_of(document, status_path="nodes[].is") is Status.DEGRADED
    assert status_of({"nodes": [{"is": "up"}, {"is": "down"}]}, status_path="nodes[].is") is Status.UNHEALTHY


@pytest.mark.parametrize("path", ["missing", "nothing", "empty", "empty[].state", "sum(parts)", "["])
def test_a_status_path_that_finds_nothing_is_unhealthy_and_never_falls_back_on_the_http_status(path: str) -> None:
    document = {"status": "ok", "nothing": None, "empty": [], "parts": ["ok"]}

    verdict = judged(answered_json(document), status_path=path)

    assert (verdict.status, verdict.evidence) == (Status.UNHEALTHY, Evidence.PATH)
    assert verdict.failure == Failure(
        kind=FailureKind.BODY, message="status_path finds nothing in the answer", http_status=200
    )
    assert verdict.reason == verdict.failure.message


@pytest.mark.parametrize("body", [b"", b" \r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"null"])
def test_an_empty_answer_has_nothing_at_the_status_path(body: bytes) -> None:
    verdict = judged(answered(body), status_path="status")

    assert (verdict.status, verdict.evidence) == (Status.UNHEALTHY, Evidence.PATH)
    assert verdict.failure is not None
    assert verdict.failure.kind is FailureKind.BODY


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("shipped", "shipped"),
        ("Read Only.", "Read Only"),
        ("", None),
        (" ", None),
        ("http://db.internal/?password=hunter2", None),
        ("x" * 41, None),
        (LONE_SURROGATE, None),
        (0, None),
        (1.5, None),
        (302, None),
        ({"status": "ok"}, None),
        (["ok", "shipped"], "shipped"),
    ],
)
def test_an_unknown_word_at_the_status_path_is_unhealthy(value: object, shown: str | None) -> None:
    verdict = judged(answered_json({"is": value}), status_path="is")

    assert (verdict.status, verdict.evidence, verdict.unknown_word) == (Status.UNHEALTHY, Evidence.PATH, shown)
    assert verdict.failure is not None
    assert verdict.failure.kind is FailureKind.REPORTED
    assert "hunter2" not in verdict.failure.message
    assert (shown or "something") in verdict.failure.message


def test_a_bad_word_beside_an_unknown_one_is_the_reason() -> None:
    verdict = judged(answered_json({"is": ["shipped", "down"]}), status_path="is")

    assert verdict.reason == "the service reports “down” (status_path)"
    assert verdict.rule == "is says “down”"


@pytest.mark.parametrize(
    ("value", "status"),
    [(True, Status.HEALTHY), (False, Status.UNHEALTHY), (200, Status.HEALTHY), (503, Status.UNHEALTHY)],
)
def test_booleans_and_http_statuses_are_known_at_the_status_path(value: object, status: Status) -> None:
    assert status_of({"is": value}, status_path="is") is status


def test_a_text_is_not_looked_into_where_the_registry_names_a_place() -> None:
    verdict = judged(answered("down", http_status=500, content_type="text/plain"), status_path="status")

    assert verdict.failure is not None
    assert verdict.failure.kind is FailureKind.HTTP_STATUS


@pytest.mark.parametrize("path", ["missing", "number", "unheard", "["])
def test_under_an_unexpected_http_status_only_a_bad_word_changes_the_kind(path: str) -> None:
    document = {"status": "down", "number": 0, "unheard": "of"}

    assert judged(answered_json(document, http_status=500), status_path=path).failure == Failure(
        kind=FailureKind.HTTP_STATUS, message="HTTP status 500, expected 200-299", http_status=500
    )


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
def test_an_empty_body_is_never_garbage(body: bytes) -> None:
    assert judged(answered(body)).status is Status.HEALTHY


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


def test_a_slow_answer_says_how_slow_it_was() -> None:
    for took, limit, reason in (
        (1.21, 1.0, "slower than 1 s: 1.21 s"),
        (0.3126, 0.25, "slower than 0.25 s: 0.313 s"),
        (1.00002, 1.0, "slower than 1 s: 1.001 s"),
        (12.0, 2.5, "slower than 2.5 s: 12 s"),
    ):
        verdict = judged(answered_json({}, elapsed_seconds=took), degraded_above_seconds=limit)

        assert (verdict.reason, verdict.evidence) == (reason, Evidence.HTTP)


# body_contains


def test_an_answer_without_the_required_text_is_unhealthy() -> None:
    for body in ("Welcome", "", '{"status": "ok", "database": "connected "}', "CONNECTED"):
        verdict = judged(answered(body, content_type="text/html"), body_contains="connected: secret")

        assert verdict.status is Status.UNHEALTHY
        assert verdict.failure is not None
        assert verdict.failure.kind is FailureKind.BOUND
        assert verdict.reason == verdict.failure.message
        assert "secret" not in verdict.reason


def test_the_required_text_is_looked_for_in_the_decoded_answer() -> None:
    for body, content_type in (("grün".encode("latin-1"), "text/html; charset=latin-1"), ("grün".encode("utf-16"), "")):
        verdict = judged(answered(body, content_type=content_type), body_contains="grün")

        assert (verdict.status, verdict.evidence) == (Status.HEALTHY, Evidence.BOUND)


def test_the_required_text_only_makes_a_verdict_worse() -> None:
    down = answered_json({"status": "down", "text": "here"})
    slow = answered_json({"status": "ok", "text": "here"}, elapsed_seconds=2.0)

    for text in ("here", "absent"):
        verdict = judged(down, body_contains=text)
        assert (verdict.failure, verdict.evidence) == (judged(down).failure, Evidence.WORD)
    assert judged(slow, body_contains="here", degraded_above_seconds=1.0).status is Status.DEGRADED
    assert judged(slow, body_contains="absent", degraded_above_seconds=1.0).status is Status.UNHEALTHY


# Connections


def test_an_established_connection_is_healthy_by_the_connection_alone() -> None:
    connected = Exchange(path="", elapsed_seconds=0.2)

    verdict = judged(connected, base_url="tcp://127.0.0.1:5432")

    assert (verdict.status, verdict.evidence, verdict.reason) == (Status.HEALTHY, Evidence.CONNECTION, None)
    assert judged(connected, degraded_above_seconds=0.1).status is Status.DEGRADED


# Evidence and reason


@pytest.mark.parametrize(
    ("exchange", "registered", "evidence"),
    [
        (answered_json({"status": "ok"}), {"status_path": "status", "body_contains": "ok"}, Evidence.PATH),
        (answered_json({"status": "ok"}), {"body_contains": "ok"}, Evidence.WORD),
        (answered_json({"n": 1}), {"body_contains": "n"}, Evidence.BOUND),
        (answered_json({"status": "shipped"}), {}, Evidence.HTTP),
        (answered(http_status=500), {"body_contains": "n"}, Evidence.HTTP),
        (answered_json({"status": "ok"}, http_status=500), {}, Evidence.WORD),
        (answered(b"{"), {}, Evidence.HTTP),
        (unanswered(), {}, None),
    ],
)
def test_evidence_is_the_first_that_was_evaluated(
    exchange: Exchange, registered: dict[str, Any], evidence: Evidence | None
) -> None:
    assert judged(exchange, **registered).evidence is evidence


@pytest.mark.parametrize(
    ("exchange", "reason"),
    [
        (answered_json({"status": "ok"}), None),
        (answered_json({"status": "shipped"}), None),
        (answered_json({"tasks": [{"state": "FAILED"}]}), "the service reports “failed” (tasks[].state)"),
        (answered_json({"db": {"status": "Yellow."}}), "the service reports “yellow” (db.status)"),
        (answered_json({"db1?token=x": {"status": "down"}}), "the service reports “down” (a member.status)"),
        (answered_json({"status": "NOT_RUNNING"}), "the service reports “not_running” (status)"),
        (answered_json({"status": "pg17 at 10.0.0.1 failed"}), "the service reports “failed” (status)"),
        (answered_json({"status": 503}), "the service reports “503” (status)"),
        (answered("down", content_type=""), "the service reports “down” (the text)"),
        (answered(http_status=500), "HTTP status 500, expected 200-299"),
        (unanswered(), "connection refused"),
    ],
)
def test_every_status_but_healthy_has_a_reason_that_is_safe_to_show(exchange: Exchange, reason: str | None) -> None:
    assert judged(exchange).reason == reason


def test_what_a_service_sent_beyond_a_word_is_for_staff_alone() -> None:
    verdict = judged(answered_json({"status": "see http://10.0.0.1/?key=secret"}))

    assert (verdict.unknown_word, verdict.reason) == (None, None)
    assert verdict.rule.endswith("; status says “see http://10.0.0.1/?key=secret”")


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
    assert (verdict.reason is None) is (verdict.status is Status.HEALTHY)
    if verdict.reason is not None:
        verdict.reason.encode()
        assert len(verdict.reason) < 200
    if verdict.failure is not None:
        assert verdict.failure.message == verdict.reason


@given(json_objects, json_texts)
def test_a_bad_word_at_the_usual_place_is_believed_whatever_stands_around_it(document: dict, text: str) -> None:
    assert status_of({**document, "status": "unhealthy", "message": text}) is Status.UNHEALTHY
