"""Selectors: how they are read, which labels they want, and what is said of a misspelt one."""

import pytest

from realtime.core.metric_selectors import BadSelector, parse


@pytest.mark.parametrize(
    "text",
    [
        'queue_ready{queue="in",host=~"a|b"}',
        ' queue_ready { queue = "in" , host =~ "a|b" , } ',
        "queue_ready{queue='in',host=~'a|b'}",
    ],
)
def test_spaces_quotes_and_a_last_comma_make_no_difference(text: str) -> None:
    selector = parse(text)

    assert selector.name == "queue_ready"
    assert selector.matches({"queue": "in", "host": "b", "other": "x"})
    assert not selector.matches({"queue": "in", "host": "c"})
    assert not selector.matches({"host": "b"})


@pytest.mark.parametrize(
    ("text", "labels", "is_match"),
    [
        ("up", {}, True),
        ("up{}", {"job": "a"}, True),
        ("job:rate:sum", {}, True),
        ('up{job="a"}', {"job": "a"}, True),
        ('up{job="a"}', {"job": "ab"}, False),
        ('up{job!="a"}', {"job": "b"}, True),
        ('up{job!="a"}', {}, True),
        ('up{job=""}', {}, True),
        ('up{job=""}', {"job": "a"}, False),
        ('up{code=~"5.."}', {"code": "503"}, True),
        ('up{code=~"5.."}', {"code": "1503"}, False),
        ('up{code!~"5.."}', {"code": "503"}, False),
        ('up{code!~"5..", code!="404"}', {"code": "200"}, True),
        ('up{path="C:\\\\x \\"y\\""}', {"path": 'C:\\x "y"'}, True),
        ('up{file=~".+\\\\.log"}', {"file": "a.log"}, True),
        ('up{file=~".+\\\\.log"}', {"file": "axlog"}, False),
    ],
)
def test_a_selector_wants_what_prometheus_would(text: str, labels: dict[str, str], is_match: bool) -> None:
    assert parse(text).matches(labels) is is_match


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must begin with the name of a metric, such as queue_ready, not its end"),
        ('{job="a"}', 'must begin with the name of a metric, such as queue_ready, not “{job="a"}”'),
        ("7up", "must begin with the name of a metric, such as queue_ready, not “7up”"),
        ("sum(up)", 'has “(up)” behind the selector (write sum{label="value"})'),
        ("up[5m]", 'has “[5m]” behind the selector (write up{label="value"})'),
        ('up{job=="a"}', "needs one of = != =~ !~ behind the label job, not “==”"),
        ('up{job~="a"}', "needs one of = != =~ !~ behind the label job, not “~=”"),
        ('up{job "a"}', 'needs one of = != =~ !~ behind the label job, not “"a"}”'),
        ("up{job=a}", "needs the value of job in quotes, not “a}”"),
        ('up{job="a', 'needs the value of job in quotes, not “"a”'),
        ('up{job="a"', "needs a comma or a } before its end"),
        ('up{job="a" host="b"}', 'needs a comma or a } before “host="b"}”'),
        ('up{"job"="a"}', 'needs the name of a label before “"job"="a"}”'),
        ('up{job=~"(a"}', "has an expression for job that has a ( without its )"),
        ('up{job="\\d"}', "has \\d in a value"),
        ("u" * 501, "must be at most 500 characters"),
    ],
)
def test_a_misspelt_selector_is_answered_with_where_and_what(text: str, message: str) -> None:
    with pytest.raises(BadSelector) as caught:
        parse(text)

    assert message in str(caught.value)
