"""The small modules on their own, in the browser that runs them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from realtime.core import wording
from tests.browser.conftest import OpenPage

PATCH = """async ([document, changes]) => {
  const { applyPatch } = await import("/static/realtime/js/patch.js");
  applyPatch(document, changes);
  return document;
}"""
WORDING = """async ([name, values]) => {
  const wording = await import("/static/realtime/js/wording.js");
  return values.map((value) => wording[name](...[value].flat()));
}"""
SERIES = """async ([start, samples]) => {
  const { Series } = await import("/static/realtime/js/series.js");
  const series = new Series(start);
  for (const sample of samples) series.add(...sample);
  return [series.start, series.values];
}"""

# A history of nothing, then one document after the other: the last sample of the service's two charts, and the fleet's.
EXTEND = """async ([documents]) => {
  const { Histories } = await import("/static/realtime/js/series.js");
  const histories = new Histories("/nowhere");
  await histories.load({ period: "5m", metrics: [], snapshotId: 0 });
  for (const document of documents) histories.extend(document);
  const ends = ["error_rate", "response_time_ms"].map((metric) => histories.service(metric, "x").values.at(-1));
  return [...ends, histories.fleet("error_rate").values.at(-1)];
}"""
# The first answer arrives when the last of the documents has; then one more document.
LOAD = """async ([answers, documents]) => {
  const { Histories } = await import("/static/realtime/js/series.js");
  let release;
  const all = new Promise((resolve) => (release = resolve));
  window.fetch = async (url) => {
    await all;
    const metric = new URL(url, location.href).searchParams.get("metric");
    return { ok: true, json: async () => answers[metric] };
  };
  const histories = new Histories("/nowhere");
  const loading = histories.load({ period: "5m", metrics: Object.keys(answers), service: "x", snapshotId: 10 });
  const changed = structuredClone(documents[0]);
  for (const document of documents.slice(0, -1)) histories.extend(Object.assign(changed, document));
  release();
  await loading;
  histories.extend(documents.at(-1));
  return Object.keys(answers).map((metric) => histories.service(metric, "x").values.slice(-3));
}"""
FETCHES = """async (status) => {
  const { Histories } = await import("/static/realtime/js/series.js");
  let fetches = 0;
  window.fetch = async () => {
    fetches += 1;
    if (!status) throw new TypeError("Failed to fetch");
    return new Response("{}", { status });
  };
  await new Histories("/nowhere").load({ period: "5m", metrics: ["error_rate"], snapshotId: 1 });
  return fetches;
}"""
SWEPT_AT = datetime(2025, 10, 18, 18, 45, 30, tzinfo=UTC)
BEFORE = SWEPT_AT - timedelta(seconds=60)


def swept(*, snapshot_id: int = 1, at: datetime = SWEPT_AT, error: str | None = None, **entry: Any) -> dict[str, Any]:
    """What a document of one service says that the histories read; `entry` is what is not simply well."""
    well = {"service": "x", "status": "healthy", "checked_at": at.isoformat(), "consecutive_failures": 0}
    well |= {"response_time_ms": 20, "comparison": {"error_rate": {}, "response_time_ms": {}}}
    return {
        "snapshot_id": snapshot_id,
        "timestamp": at.isoformat(),
        "collection_time_ms": 1000,
        "refresh_interval_seconds": 5,
        "comparison": {"period_seconds": 300},
        "error": error and {"code": error},
        "api_metrics": [well | entry],
        "other_services": [],
        "events_sources": {"expected": 0, "fresh": 0},
        "events_per_second": 0,
        "api_calls_active": 0,
        "health_summary": {"health_percentage": 0},
    }


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page("/", may_complain=True)  # the modules read the words that a page brings


def test_patches_do_what_the_rfc_says(page: Page) -> None:
    """RFC 6902, appendix A, and the escapes of RFC 6901."""
    cases: list[tuple[Any, list[dict[str, Any]], Any]] = [
        ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": 1}], {"foo": "bar", "baz": 1}),
        ({"foo": [1, 3]}, [{"op": "add", "path": "/foo/1", "value": 2}], {"foo": [1, 2, 3]}),
        ({"foo": [1]}, [{"op": "add", "path": "/foo/-", "value": [2]}], {"foo": [1, [2]]}),
        ({"a": 1, "b": 2}, [{"op": "remove", "path": "/a"}], {"b": 2}),
        ({"foo": [1, 2, 3]}, [{"op": "remove", "path": "/foo/1"}], {"foo": [1, 3]}),
        ({"foo": [1, 2]}, [{"op": "replace", "path": "/foo/0", "value": None}], {"foo": [None, 2]}),
        ({"a/b": 1, "m~n": 2}, [{"op": "replace", "path": "/a~1b", "value": 3}], {"a/b": 3, "m~n": 2}),
        ({"m~1": 1}, [{"op": "remove", "path": "/m~01"}], {}),
        ({"a": {"b": 1}}, [{"op": "move", "from": "/a/b", "path": "/c"}], {"a": {}, "c": 1}),
        ({"a": [1]}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": [1], "b": [1]}),
        ({"a": 1}, [{"op": "test", "path": "/a", "value": 1}, {"op": "remove", "path": "/a"}], {}),
    ]
    for document, changes, patched in cases:
        assert page.evaluate(PATCH, [document, changes]) == patched


def test_a_value_that_is_replaced_keeps_its_place(page: Page) -> None:
    patched = page.evaluate(PATCH, [{"a": 1, "b": 2, "c": 3}, [{"op": "replace", "path": "/a", "value": 4}]])

    assert list(patched.items()) == [("a", 4), ("b", 2), ("c", 3)]


@pytest.mark.parametrize(
    "change",
    [
        {"op": "remove", "path": "/nothing"},
        {"op": "replace", "path": "/constructor", "value": 1},
        {"op": "add", "path": "/__proto__/polluted", "value": 1},
        {"op": "add", "path": "/list/3", "value": 1},
        {"op": "replace", "path": "/list/length", "value": 0},
        {"op": "test", "path": "/list", "value": []},
        {"op": "explode", "path": "/list"},
        {"op": "replace", "path": "", "value": {}},
    ],
    ids=lambda change: f"{change['op']} {change['path']}",
)
def test_a_patch_that_does_not_fit_is_refused(page: Page, change: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="Error"):
        page.evaluate(PATCH, [{"list": [1]}, [change]])
    assert page.evaluate("({}).polluted") is None


def test_a_member_called_like_the_prototype_is_a_member(page: Page) -> None:
    patched = f"Object.entries(await ({PATCH})([{{}}, [{{op: 'add', path: '/__proto__', value: {{polluted: 1}}}}]]))"

    assert page.evaluate(f"async () => {patched}") == [["__proto__", {"polluted": 1}]]
    assert page.evaluate("({}).polluted") is None


@pytest.mark.parametrize("name", ["number", "milliseconds", "percent", "ago", "until", "span", "duration"])
def test_numbers_read_the_same_from_the_server_and_from_the_script(page: Page, name: str) -> None:
    values = [
        0,
        0.001,
        0.004,
        0.005,
        0.25,
        0.125,
        1,
        2.5,
        9.96,
        9.996,
        10,
        12.34,
        59.9,
        60,
        99.95,
        100,
        119.6,
        999.4,
        999.96,
    ]
    values += [1000, 1234.5, 1499.9, 3600, 90_061, 172_800, 999_999, 1e6, 3_456_789, 2.5e9, 1e12, 1e15, 1e300]
    if name in ("number", "percent"):
        values += [-1 * value for value in values]
    if name in ("ago", "until", "span", "duration"):
        values = [value for value in values if value < 1e9]

    said = page.evaluate(WORDING, [name, values])

    assert dict(zip(values, said, strict=True)) == {value: getattr(wording, name)(value) for value in values}


def test_readings_carry_the_unit_of_their_name(page: Page) -> None:
    readings = [
        ("events_per_second", 12.5),
        ("queries_per_minute", 1234.0),
        ("lag_ms", 3.0),
        ("_ms", 1.0),
        ("depth", 0.0),
    ]

    said = page.evaluate(WORDING, ["reading", [list(reading) for reading in readings]])

    assert said == [list(wording.reading(name, value)) for name, value in readings]
    assert said[0] == ["events", "12.5/s"]


def test_a_sample_joins_the_mean_of_its_bucket_or_opens_the_next(page: Page) -> None:
    start = {"start": 100, "bucket": 10, "values": [None, 4, 2]}

    moved = page.evaluate(SERIES, [start, [[125, 4, 5], [131, 8, 5], [139, 10, 5], [90, 1000, 5]]])

    assert moved == [110, [4, 3, 9]]


def test_a_long_silence_leaves_a_gap(page: Page) -> None:
    start = {"start": 100, "bucket": 10, "values": [1, 2, 3]}

    assert page.evaluate(SERIES, [start, [[1005, 7, 5]]]) == [980, [None, None, 7]]


FAILING: dict[str, Any] = {"status": "error", "consecutive_failures": 3, "response_time_ms": None}
LEFT_OUT: dict[str, Any] = {"checked_at": BEFORE.isoformat()}
SITTING: dict[str, Any] = {"next_check_at": (SWEPT_AT + timedelta(seconds=40)).isoformat()}


@pytest.mark.parametrize(
    ("document", "samples"),
    [
        pytest.param(swept(), [0, 20, 0], id="well"),
        pytest.param(swept(**FAILING), [100, None, 100], id="failing"),
        pytest.param(swept(**FAILING, error="sweep_overrun"), [100, None, 100], id="failing, others left out"),
        pytest.param(swept(**LEFT_OUT), [None, None, None], id="well, left out"),
        pytest.param(swept(**FAILING, **LEFT_OUT, error="sweep_overrun"), [None, None, None], id="failing, left out"),
        pytest.param(swept(**FAILING, **LEFT_OUT, error="internal"), [None, None, None], id="failing, a fault of ours"),
        pytest.param(swept(**FAILING, **LEFT_OUT), [100, None, 100], id="failing, its probe is stuck"),
        pytest.param(swept(**FAILING, **LEFT_OUT, **SITTING), [100, None, 100], id="failing, sits out"),
        pytest.param(
            swept(**FAILING, **LEFT_OUT, **SITTING, error="sweep_overrun"),
            [100, None, 100],
            id="failing, sits out, others left out",
        ),
        pytest.param(swept(status="maintenance"), [None, None, None], id="in maintenance"),
        pytest.param(swept(checked_at=None, status="unknown"), [None, None, None], id="never probed"),
        pytest.param(swept(error="network_unreachable"), [None, None, None], id="our own network is away"),
        pytest.param(
            swept(**FAILING, error="network_unreachable"), [None, None, None], id="failing, our own network is away"
        ),
    ],
)
def test_only_what_a_sweep_found_out_is_drawn(
    page: Page, document: dict[str, Any], samples: list[float | None]
) -> None:
    assert page.evaluate(EXTEND, [[document]]) == samples


def test_a_document_counts_once_however_often_it_arrives(page: Page) -> None:
    documents = [swept(snapshot_id=7), swept(snapshot_id=7, response_time_ms=80)]

    assert page.evaluate(EXTEND, [documents])[1] == 20


@pytest.mark.parametrize("last_id", [13, 1])  # a store that was emptied counts anew
def test_snapshots_that_arrive_while_the_histories_load_are_neither_lost_nor_counted_twice(
    page: Page, last_id: int
) -> None:
    start = SWEPT_AT - timedelta(seconds=290)  # so that the last bucket begins with the sweep
    answer: dict[str, Any] = {
        "start": start.isoformat(),
        "bucket_seconds": 10,
        "fleet": [],
        "services": {"x": [None] * 29 + [0]},
    }
    answers = {
        "error_rate": answer | {"snapshot_id": 10},
        "response_time_ms": answer | {"snapshot_id": 12, "services": {"x": [None] * 28 + [20, 30]}},
    }
    documents = [
        swept(snapshot_id=number, at=SWEPT_AT + timedelta(seconds=seconds), **state)
        for number, seconds, state in [(10, 0, {}), (11, 10, FAILING), (12, 11, {}), (last_id, 20, {})]
    ]
    answers["response_time_ms"]["start"] = (start + timedelta(seconds=10)).isoformat()

    assert page.evaluate(LOAD, [answers, documents]) == [[0, 50, 0], [20, 30, 20]]


@pytest.mark.parametrize(("status", "fetches"), [(400, 1), (403, 1), (404, 1), (503, 3), (None, 3)])
def test_a_history_is_asked_for_again_only_where_that_may_help(page: Page, status: int | None, fetches: int) -> None:
    assert page.evaluate(FETCHES, status) == fetches
