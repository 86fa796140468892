"""Prometheus text: which samples are taken, whatever pieces it comes in and whatever it holds."""

import contextlib
import math
import time
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from realtime.core import exposition
from realtime.core.exposition import Exposition, LineFilter, Sample, Unreadable, matching_samples
from realtime.core.metric_selectors import parse

TEXT = b"""# HELP queue_ready Messages ready.
# TYPE queue_ready gauge
queue_ready{queue="in",host="a"} 3
queue_ready{queue="out",host="a"} 4 1700000000000
queue_ready_total 9
queue_ready 1e3
other{queue="in"} 5
"""
CLASSIC = "text/plain; version=0.0.4"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def filtered(text: bytes, *selectors: str, content_type: str = CLASSIC, piece_bytes: int = 16384) -> Exposition:
    lines = LineFilter([parse(selector) for selector in selectors])
    for start in range(0, len(text), piece_bytes):
        lines.feed(text[start : start + piece_bytes])
    return lines.finish(content_type=content_type)


def values(text: bytes, selector: str, *, content_type: str = CLASSIC) -> list[float]:
    kept = filtered(text, selector, content_type=content_type)
    return [sample.value for sample in matching_samples(kept, parse(selector))]


def problem(text: bytes, selector: str, *, content_type: str = CLASSIC) -> str:
    with pytest.raises(Unreadable) as caught:
        values(text, selector, content_type=content_type)
    return str(caught.value)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("queue_ready", [3, 4, 1000]),
        ('queue_ready{queue="in"}', [3]),
        ('queue_ready{queue=~"in|out"}', [3, 4]),
        ('queue_ready{queue!="in"}', [4, 1000]),
        ('queue_ready{host="a",queue="out"}', [4]),
        ("queue", []),
        ("queue_ready_total", [9]),
    ],
)
def test_only_matching_samples_are_taken(selector: str, expected: list[float]) -> None:
    assert values(TEXT, selector) == expected


@given(st.integers(1, 80))
def test_the_size_of_the_pieces_makes_no_difference(piece_bytes: int) -> None:
    selectors = ("queue_ready", 'other{queue="in"}')

    assert filtered(TEXT, *selectors, piece_bytes=piece_bytes) == filtered(TEXT, *selectors)


def test_lines_that_no_selector_can_want_are_not_kept() -> None:
    kept = filtered(TEXT, 'queue_ready{queue="in"}', 'queue_ready{queue="in",host="b"}')

    assert kept.lines == {"queue_ready": (b'queue_ready{queue="in",host="a"} 3',)}


LABEL_VALUES = st.text('ab \\"n#{},=\t\N{SNOWMAN}', max_size=12).map(
    lambda value: value.replace("\\", "\\\\").replace('"', '\\"')
)
LINES = st.builds(
    lambda labels, value, stamp: (
        "m"
        + ("{" + ",".join(f'{name}="{text}"' for name, text in labels.items()) + "}") * bool(labels)
        + f" {value}{stamp}"
    ),
    st.dictionaries(st.sampled_from(["a", "b_2", "_c"]), LABEL_VALUES, max_size=3),
    st.sampled_from(["0", "-1.5", "+3", "1e9", ".5", "2.", "NaN", "+Inf", "-Inf", "1E-3"]),
    st.sampled_from(["", " 1700000000000", "\t17", "  "]),
)


@given(LINES)
def test_a_line_is_read_as_the_library_reads_it(line: str) -> None:
    ((theirs,),) = (family.samples for family in text_string_to_metric_families(line + "\n"))

    (ours,) = matching_samples(filtered(f"# TYPE m gauge\n{line}\n".encode(), "m"), parse("m"))

    assert ours.labels == theirs.labels
    assert ours.value == theirs.value or (math.isnan(ours.value) and math.isnan(theirs.value))


@pytest.mark.parametrize(
    ("line", "labels", "value"),
    [
        ('m{ a = "x" , b="y" } 1', {"a": "x", "b": "y"}, 1.0),
        ('  m{a="x",} 1', {"a": "x"}, 1.0),
        ("m\t1", {}, 1.0),
        ('m{a="x"} 1\r', {"a": "x"}, 1.0),
        ('m{a="x"}  1.5e3', {"a": "x"}, 1500.0),
        ('m{a="C:\\\\dir\\nline \\"q\\""} 1', {"a": 'C:\\dir\nline "q"'}, 1.0),
        ('m{a="x # {y"} 7 # {trace_id="1"} 0.3 1700000000.0', {"a": "x # {y"}, 7.0),
        ('m{ a="x"} 7 # {trace_id="1"} 0.3', {"a": "x"}, 7.0),
        ("m 7 # {} 0.3", {}, 7.0),
    ],
)
def test_unusual_forms_and_exemplars_are_read(line: str, labels: dict[str, str], value: float) -> None:
    (sample,) = matching_samples(filtered(f"# TYPE m gauge\n{line}\n".encode(), "m"), parse("m"))

    assert sample == Sample(labels=labels, value=value)


@pytest.mark.parametrize(
    "line",
    [
        'm{a="x} 1',
        'm{a="x"',
        "m{a=x} 1",
        'm{a="x" b="y"} 1',
        'm{a="x",a="y"} 1',
        "m one",
        "m ",
        'm{a="x"}',
        "m 1_000",
        "m{",
        "m{}}",
    ],
)
def test_a_broken_line_of_a_wanted_metric_makes_it_unreadable(line: str) -> None:
    assert problem(f"# TYPE m gauge\nm 1\n{line}\nn 2\n".encode(), "m") == "a line of it is no Prometheus sample"
    assert values(f"# TYPE m gauge\nm 1\n{line}\nn 2\n".encode(), "n") == [2]


def test_a_repeated_series_counts_once() -> None:
    assert values(b'm{a="x",b="y"} 1\nm{b="y",a="x"} 2\nm{a="x"} 3\n', "m") == [1, 3]


@pytest.mark.parametrize(
    ("text", "content_type", "words"),
    [
        (b'{"m": 1}', "application/json", "the answer is application/json, not Prometheus text"),
        (b"m 1\n", "text/html; charset=utf-8", "the answer is text/html, not Prometheus text"),
        (b"", CLASSIC, "holds nothing that Prometheus text has"),
        (b"<html>\nPlease sign in\n", "text/plain", "holds nothing that Prometheus text has"),
        (b"# TYPE m gauge\nm 1\n", OPENMETRICS, "lacks its last line, # EOF"),
    ],
)
def test_what_is_no_whole_exposition_gives_nothing(text: bytes, content_type: str, words: str) -> None:
    assert words in problem(text, "m", content_type=content_type)


def test_openmetrics_ends_with_its_last_line() -> None:
    text = b'# TYPE m counter\nm_total{a="x"} 5 # {trace="1"} 1\n# EOF\n'

    assert values(text, "m_total", content_type=OPENMETRICS) == [5]


def test_a_line_without_end_is_not_gathered() -> None:
    text = b"# TYPE m gauge\nm 1\n" + b"n" * 10_000_000 + b' 1\nm{a="b"} 2\nk{a="' + b"x" * 20_000 + b'"} 1\n'

    assert values(text, "m") == [1, 2]
    assert problem(text, "k") == "a line of it is longer than 16 KiB"


def test_more_samples_than_can_be_read_are_a_problem_of_their_metric() -> None:
    text = b"".join(b'm{a="%d"} 1\n' % number for number in range(exposition.MAX_LINES + 1))

    assert "too many samples" in problem(text, "m")
    assert values(text, 'm{a="17"}') == [1]


def test_a_line_counts_for_each_selector_that_may_want_it() -> None:
    text = b"".join(b'm{a="%d"} 1\n' % number for number in range(exposition.MAX_LINES // 2 + 1))
    twice = filtered(text, 'm{a=~"1.*"}', 'm{a=~"2.*"}')

    assert "too many samples" in twice.problems["m"]
    assert filtered(text, "m", 'm{a="1700"}').problems == {}


PIECES = st.sampled_from(
    [*b'm{}"\\=, \n\r\ta1.e-_', *(b"# ", b"TYPE m gauge\n", b"le", b"NaN", b"+Inf", b"\0", b"m_bucket", b"# EOF\n")]
).map(lambda piece: bytes([piece]) if isinstance(piece, int) else piece)


@given(st.lists(PIECES | st.binary(max_size=3), max_size=40).map(b"".join), st.integers(1, 20))
def test_whatever_bytes_come_they_are_read_or_refused(text: bytes, piece_bytes: int) -> None:
    selectors = ("m", 'm{a="b"}', 'm{le=~"1.*"}')
    kept = filtered(b"# TYPE m gauge\n" + text, *selectors, piece_bytes=piece_bytes)

    for selector in selectors:
        with contextlib.suppress(Unreadable):
            for sample in matching_samples(kept, parse(selector)):
                assert isinstance(sample.value, float)
                assert all(isinstance(value, str) for value in sample.labels.values())


def hostile_lines() -> Iterator[tuple[str, bytes]]:
    long = exposition.MAX_LINE_BYTES - 100
    yield "digits", b"m " + b"1" * long + b"x"
    yield "dots", b"m " + b"1." * (long // 2) + b" x"
    yield "spaces", b"m" + b" " * long + b"x"
    yield "braces", b"m{" + b"}" * long
    yield "quotes", b"m{" + b'"' * long
    yield "escapes", b'm{a="' + b'\\"' * (long // 2)
    yield "labels", b"m{" + b'a="b" ' * (long // 6)
    yield "commas", b"m{" + b"," * long + b"} 1"
    yield "hashes", b"m 1" + b" # {" * (long // 4)
    yield "names", b"m{" + b'a="' * (long // 3)


@pytest.mark.parametrize(("name", "line"), [pytest.param(*pair, id=pair[0]) for pair in hostile_lines()])
def test_no_line_takes_more_than_its_length_in_time(name: str, line: bytes) -> None:
    """Measured against an ordinary line of the library, so that the machine's speed does not matter."""
    ordinary = b'm{ a="' + b"x" * (exposition.MAX_LINE_BYTES - 100) + b'"} 1'

    def seconds(of: bytes) -> float:
        began = time.thread_time()
        kept = filtered(b"# TYPE m gauge\n" + of + b"\n", "m")
        with contextlib.suppress(Unreadable):
            matching_samples(kept, parse("m"))
        return time.thread_time() - began

    assert min(seconds(line) for _ in range(3)) < 30 * min(seconds(ordinary) for _ in range(3)), name


def test_sixteen_megabytes_leave_little_behind() -> None:
    piece = b"".join(b'other{handler="/api/%d",instance="10.0.0.1:9100"} %d\n' % (n, n) for n in range(300))
    lines = LineFilter([parse('m{a="b"}')])
    tracemalloc.start()
    try:
        for _ in range(16 * 1024 * 1024 // len(piece)):
            lines.feed(piece)
        lines.feed(b'm{a="b"} 7\n')
        kept = lines.finish(content_type=CLASSIC)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert [sample.value for sample in matching_samples(kept, parse("m"))] == [7]
    assert peak_bytes < 1024 * 1024
