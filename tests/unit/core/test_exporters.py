"""What was taken from exporters of Debian 12 that ran on loopback (November 2026), shortened, as readings see it."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from realtime.core.exposition import Exposition, LineFilter, matching_samples
from realtime.core.metric_readings import measure, selector_of
from realtime.core.metric_selectors import Selector
from realtime.core.records import Aggregate, ReadingKind, ReadingSpec

FOLDER = Path(__file__).parent / "exporters"
EXPORTERS = sorted(path.stem for path in FOLDER.glob("*.txt"))


def filtered(exporter: str, *selectors: Selector) -> Exposition:
    lines = LineFilter(selectors)
    lines.feed((FOLDER / f"{exporter}.txt").read_bytes())
    return lines.finish(content_type="text/plain; version=0.0.4; charset=utf-8")


@pytest.mark.parametrize(
    ("exporter", "metric", "aggregate", "number"),
    [
        ("node-exporter", "node_load1", "sum", 2.79),
        ("node-exporter", 'node_cpu_seconds_total{mode="idle"}', "count", 2),
        ("node-exporter", 'node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"}', "min", 82084085760.0),
        ("postgres-exporter", "pg_up", "min", 1),
        ("postgres-exporter", 'pg_stat_database_numbackends{datname!~"template.*|"}', "sum", 2),
        ("postgres-exporter", 'pg_static{short_version=~"15\\\\..+"}', "count", 1),
        ("redis-exporter", "redis_up", "min", 1),
        ("redis-exporter", 'redis_commands_total{cmd=~"config\\\\|.*"}', "sum", 14),
        ("redis-exporter", 'redis_instance_info{role="master",redis_version=~"7.*"}', "count", 1),
        ("blackbox-exporter", "probe_success", "min", 1),
        ("blackbox-exporter", 'probe_http_duration_seconds{phase!="tls"}', "max", 0.008841515),
        ("prometheus", 'go_gc_duration_seconds{quantile="1"}', "max", 0.004245574),
        ("prometheus", 'prometheus_http_request_duration_seconds_count{handler="/metrics"}', "sum", 348),
        ("rabbitmq", "rabbitmq_process_resident_memory_bytes", "sum", 137236480),
        ("rabbitmq", 'rabbitmq_build_info{rabbitmq_version=~"3\\\\..*"}', "count", 1),
    ],
)
def test_a_gauge_of_a_real_exporter_is_read(exporter: str, metric: str, aggregate: str, number: float) -> None:
    spec = ReadingSpec(name="r", metric=metric, aggregate=Aggregate(aggregate))

    assert measure(spec, filtered(exporter, selector_of(spec))).number == pytest.approx(number)


@pytest.mark.parametrize(
    ("exporter", "metric", "label_sets"),
    [
        ("postgres-exporter", "pg_stat_database_xact_commit", 4),
        ("redis-exporter", "redis_commands_total", 6),
        ("prometheus", "prometheus_tsdb_head_samples_appended_total", 2),
        ("rabbitmq", 'erlang_vm_msacc_gc_seconds_total{type="scheduler"}', 2),
    ],
)
def test_a_counter_of_a_real_exporter_has_a_total_for_each_label_set(
    exporter: str, metric: str, label_sets: int
) -> None:
    spec = ReadingSpec(name="r", metric=metric, kind=ReadingKind.COUNTER)

    assert len(measure(spec, filtered(exporter, selector_of(spec))).totals) == label_sets


def test_a_histogram_of_prometheus_has_its_buckets() -> None:
    spec = ReadingSpec(name="r", metric="prometheus_http_request_duration_seconds", aggregate=Aggregate.P95)

    totals = measure(spec, filtered("prometheus", selector_of(spec))).totals

    assert len(totals) == 3
    assert all(len(buckets) == 10 for buckets in totals.values())


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_every_sample_of_a_real_exporter_is_read_as_the_library_reads_it(exporter: str) -> None:
    theirs: dict[str, list[tuple[dict[str, str], float]]] = {}
    for line in (FOLDER / f"{exporter}.txt").read_text().splitlines():
        # One by one: of a whole text the library gives counters another name.
        for family in text_string_to_metric_families("" if line.startswith("#") else line):
            theirs.setdefault(family.samples[0].name, []).append((family.samples[0].labels, family.samples[0].value))
    kept = filtered(exporter, *(Selector(name=name) for name in theirs))

    for name, samples in theirs.items():
        found = matching_samples(kept, Selector(name=name))
        assert [(dict(sample.labels), sample.value) for sample in found] == samples
