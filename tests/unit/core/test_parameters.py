"""Query parameters: what they may be, and how anything else is refused."""

from urllib.parse import urlencode

import pytest

from realtime.core import parameters
from realtime.core.delivery import Mode
from realtime.core.parameters import DocumentQuery, InvalidParameter
from realtime.core.records import Status
from realtime.core.slices import WHOLE, Fields, Slice

DOCUMENT, HISTORY, PUSH = parameters.document_query, parameters.history_query, parameters.push_query


def test_what_is_not_asked_for_has_a_default() -> None:
    assert DOCUMENT("") == DocumentQuery(period_seconds=300, part=WHOLE, fail_on=frozenset())
    wishes = PUSH("")
    assert (wishes.period_seconds, wishes.mode, wishes.interval_seconds) == (300, Mode.FULL, None)


def test_known_values_are_understood() -> None:
    assert DOCUMENT("period=24h&fields=brief&group=a,b&status=error,unknown&service=x") == DocumentQuery(
        period_seconds=86_400,
        part=Slice(
            fields=Fields.BRIEF,
            groups=frozenset({"a", "b"}),
            statuses=frozenset({Status.ERROR, Status.UNKNOWN}),
            services=frozenset({"x"}),
        ),
        fail_on=frozenset(),
    )
    assert PUSH("mode=delta&interval=10&fields=summary").view == (300, Fields.SUMMARY)


@pytest.mark.parametrize(
    ("word", "statuses"),
    [
        ("error", {"error", "unknown"}),
        ("unhealthy", {"error", "unhealthy", "unknown"}),
        ("degraded", {"error", "unhealthy", "degraded", "unknown"}),
    ],
)
def test_an_unknown_fleet_fails_whatever_is_asked(word: str, statuses: set[str]) -> None:
    assert DOCUMENT(f"fail_on={word}").fail_on == statuses


@pytest.mark.parametrize(
    ("parse", "field", "values"),
    [
        (DOCUMENT, "period", ["", "2m", "5M", "300"]),
        (DOCUMENT, "fields", ["", "ALL", "short"]),
        (DOCUMENT, "status", ["", "ok", "error,", "error,ok"]),
        (DOCUMENT, "fail_on", ["", "never", "unknown"]),
        (HISTORY, "period", ["", "2m"]),
        (PUSH, "mode", ["", "FULL", "patch"]),
        (PUSH, "interval", ["", "0", "-1", "1.5", "3601", "9" * 5000, "１", " 1", "1\n"]),
    ],
)
def test_other_values_are_refused_with_the_choices(parse: object, field: str, values: list[str]) -> None:
    assert callable(parse)
    for value in values:
        with pytest.raises(InvalidParameter) as refused:
            parse(urlencode({field: value}))
        problem = refused.value.problem
        assert (problem.status, problem.code, problem.field) == (400, "invalid_parameter", field)
        assert problem.choices
        assert all(choice in problem.detail for choice in problem.choices)


@pytest.mark.parametrize("parse", [DOCUMENT, HISTORY, PUSH])
def test_an_unknown_parameter_is_refused_with_the_names_that_are_known(parse: object) -> None:
    assert callable(parse)
    with pytest.raises(InvalidParameter, match=r"^unknown parameter 'perod': one of .*period.* is expected$"):
        parse("perod=5m")


def test_a_repeated_parameter_is_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"^period is given more than once$"):
        DOCUMENT("period=5m&period=1h")


def test_a_cache_buster_is_ignored() -> None:
    assert DOCUMENT("_=1&_=2&period=1m").period_seconds == 60


def test_more_names_than_anyone_types_are_refused() -> None:
    assert DOCUMENT("service=" + ",".join(map(str, range(100)))).part.services is not None
    with pytest.raises(InvalidParameter, match=r"^service takes at most 100 names, separated by commas$"):
        DOCUMENT("service=" + ",".join(map(str, range(101))))


@pytest.mark.parametrize("query", ["&".join(f"a{n}=" for n in range(99)), "%ff=%fe", "\udcff=1"])
def test_a_query_that_is_no_text_is_refused_like_any_other(query: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        DOCUMENT(query)
    assert refused.value.problem.body
