"""Fuzzes the parsers of what services send: body, status word, readings, and what is kept of them in Redis.

Usage: python fuzz/answers.py -max_total_time=300 [CORPUS_FOLDER]
The first bytes of an input choose target, HTTP status and content type, the others are the body.
"""

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import atheris

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

with atheris.instrument_imports(include=["realtime", "jmespath", "json"]):
    from realtime.core import codec, readings, verdict
    from realtime.core.records import (
        DataSourceSpec,
        Exchange,
        ReadingKind,
        ReadingSpec,
        ServiceMemory,
        ServiceState,
        Snapshot,
        Status,
        Target,
    )

CONTENT_TYPES = (
    "application/json",
    "text/plain",
    "application/health+json; charset=utf-16",
    "text/html; charset=latin-1",
    "text/plain; charset=shift_jis",
    "text/plain; charset=punycode",
    "",
)
HTTP_STATUSES = (200, 204, 503, 999)
EXPRESSIONS = (
    "n",
    "values[*].n | sum(@)",
    "max_by(items, &n).n",
    "to_number(total)",
    "length(@)",
    "sort_by(checks, &name)[0].n",
    "avg(values[])",
    "*.status | [0]",
    "keys(@) | length(@)",
    "join(',', names)",
    "floor(n)",
    "map(&n, items) | [-1]",
)
TARGETS = tuple(
    Target(
        name="fuzzed",
        base_url="http://127.0.0.1",
        status_path=status_path,
        status_words={"quiescing": Status.DEGRADED, "not_running": Status.HEALTHY},
        body_contains=body_contains,
        readings=(
            *(ReadingSpec(name=f"r{number}", expression=text) for number, text in enumerate(EXPRESSIONS)),
            ReadingSpec(name="c", expression="total", kind=ReadingKind.COUNTER),
            ReadingSpec(name="uptime_seconds", expression="uptime"),
            ReadingSpec(name="o", expression="n", path="/other"),
        ),
        data_sources=(DataSourceSpec(name="d", condition="connection.is_running"),),
    )
    for status_path, body_contains in (
        (None, ""),
        (None, "ok"),
        ("checks[0].status", ""),
        ("to_string(@)", "status"),
        ("status || state", ""),
        ("[*, keys(@)]", ""),
    )
)
AT = datetime(2026, 1, 1, tzinfo=UTC)


def fuzz_one(data: bytes) -> None:
    """Judge an answer; whatever it is, that must not raise, and what comes of it must be fit to be shown and kept."""
    if len(data) < 3:
        return
    target = TARGETS[data[0] % len(TARGETS)]
    exchange = Exchange(
        path="/health",
        http_status=HTTP_STATUSES[data[1] % len(HTTP_STATUSES)],
        content_type=CONTENT_TYPES[data[2] % len(CONTENT_TYPES)],
        elapsed_seconds=0.01,
        body=data[3:],
    )
    judged = verdict.judge(exchange=exchange, target=target)
    taken = readings.take(target=target, health=judged.document, others={"/other": exchange})
    check_shown(judged)
    for text in (judged.rule, judged.reason or "", *taken.errors.values()):
        assert text.isprintable(), text
        assert len(text) < 1000, text
    json.dumps([dict(taken.gauges), dict(taken.counters), taken.uptime_seconds], allow_nan=False)
    check_kept(judged, taken)


def check_shown(judged: verdict.Verdict) -> None:
    """See that whatever anyone is shown is a word, and that each verdict has what belongs to it."""
    assert (judged.reason is None) is (judged.status is Status.HEALTHY), judged
    assert (judged.failure is not None) is judged.status.is_bad, judged
    assert judged.evidence is not None, judged
    if judged.unknown_word is not None:
        assert re.fullmatch("[A-Za-z][A-Za-z_ -]{0,39}", judged.unknown_word), judged.unknown_word
    assert len(judged.reason or "") < 200, judged.reason


def check_kept(judged: verdict.Verdict, taken: readings.Taken) -> None:
    """Pack what was found as the store does, and see that it comes back the same."""
    state = ServiceState(
        name="fuzzed",
        type="core",
        group="",
        counts_as_api=True,
        status=judged.status,
        failure=judged.failure,
        evidence=judged.evidence,
        unknown_word=judged.unknown_word,
        reason=judged.reason,
        readings=dict(taken.gauges),
        reading_errors=dict(taken.errors),
        uptime_seconds=taken.uptime_seconds,
        checked_at=AT,
    )
    snapshot = Snapshot(
        id=1,
        finished_at=AT,
        refresh_interval_seconds=5,
        sweep_deadline_seconds=4.0,
        collection_seconds=0.1,
        services=(state,),
    )
    assert codec.decode_snapshot(codec.encode_snapshot(snapshot)) == snapshot
    memory = {"fuzzed": ServiceMemory(conditions=dict(taken.conditions))}
    assert codec.decode_memory(codec.encode_memory(memory)) == memory


if __name__ == "__main__":
    seeds = ",".join(str(path) for path in sorted((FOLDER / "seeds" / "answers").iterdir()))
    atheris.Setup([*sys.argv, f"-dict={FOLDER / 'words.dict'}", f"-seed_inputs={seeds}"], fuzz_one)
    atheris.Fuzz()
