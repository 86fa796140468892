"""Reading a registry file: every mistake is one line that names entry and field, and all are told at once."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from realtime.registry import file_fields, registry_file
from realtime.registry.file_text import FileFormat
from tests.functional.registry.rows import saved_service

pytestmark = pytest.mark.django_db

SUNDAYS = {"weekdays": "sun", "at": "02:00", "minutes": 60}
EXAMPLE = Path(__file__).parents[3] / "services.example.yaml"


def mistakes_in(text: str, *, file_format: FileFormat = FileFormat.YAML) -> list[str]:
    try:
        registry_file.parse(text.encode("utf-8", "surrogatepass"), file_format=file_format)
    except registry_file.BadRegistryFile as error:
        return list(error.mistakes)
    return []


def mistakes_in_service(**keys: object) -> list[str]:
    """Return the mistakes of a file with one service, good but for these keys."""
    entry = {"name": "a", "base_url": "http://h", **keys}
    return mistakes_in(json.dumps({"services": [entry]}), file_format=FileFormat.JSON)


@pytest.mark.parametrize(
    ("keys", "mistake"),
    [
        ({"name": 5}, "services[0]: name: must be text, not a whole number (put it in quotes)"),
        ({"name": None}, "services[0]: name: is required"),
        ({"base_url": None}, "services[0] (a): base_url: is required"),
        ({"base_url": "ftp://h"}, "services[0] (a): base_url: must begin with http://, https://, tcp:// or tls://"),
        ({"enabled": "yes"}, "enabled: must be true or false, not text (write true or false, without quotes)"),
        ({"enabled": 1}, "enabled: must be true or false, not a whole number"),
        ({"timeout_ms": "2000"}, "timeout_ms: must be a whole number, not text (write it without quotes)"),
        ({"timeout_ms": 2000.0}, "timeout_ms: must be a whole number, not a number with a fraction"),
        ({"timeout_ms": True}, "timeout_ms: must be a whole number, not true or false"),
        ({"timeout_ms": 49}, "services[0] (a): timeout_ms: must be from 50 to 60000, not 49"),
        ({"timeout_ms": 10**30}, "timeout_ms: must be from 50 to 60000"),
        ({"expected_status": 204}, "expected_status: must be text, not a whole number (put it in quotes)"),
        ({"expected_status": "299-200"}, 'expected_status: "299-200" runs backwards (write "200-299")'),
        ({"tmeout_ms": 5}, "services[0] (a): tmeout_ms: unknown key (did you mean timeout_ms?)"),
        ({"zzz": 5}, "zzz: unknown key (choose name, preset, base_url, "),
        ({"is_demo": True}, "is_demo: unknown key"),
        (
            {"base_url": "tcp://h:5432", "preset": "vault"},
            "services[0] (a): preset: must be left out: tcp:// checks the connection alone",
        ),
        ({"base_url": "tls://h:5432", "health_path": "/health"}, "health_path: must be left out: tls:// checks"),
        ({"base_url": "TCP://h:5432", "status_words": {"healthy": ["a"]}}, "status_words: must be left out: tcp://"),
        *(
            ({"base_url": "tcp://h:5432", key: value}, f"{key}: must be left out: tcp:// has no TLS (write tls://")
            for key, value in (("ca_file", "/ca.pem"), ("certificate_warn_days", 0))
        ),
        ({"base_url": "tcp://h:5432", "headers": {"X": "a"}}, "headers: must be left out: tcp:// checks"),
        (
            {"base_url": "tcp://h:5432", "readings": [{"name": "r", "expression": "a"}]},
            "services[0] (a): readings: must be left out: tcp:// checks the connection alone",
        ),
        (
            {"preset": "elasticserch"},
            "services[0] (a): preset: 'elasticserch' is unknown (did you mean elasticsearch?); choose ",
        ),
        ({"preset": "ElasticSearch"}, "preset: 'ElasticSearch' is unknown (did you mean elasticsearch?); choose "),
        ({"preset": "zzz"}, "preset: 'zzz' is unknown; choose "),
        ({"preset": ["elasticsearch"]}, "preset: must be text, not a list"),
        (
            {"preset": "elasticsearch", "status_path": ""},
            "status_path: must not be empty beside the preset elasticsearch (leave it out to use the preset's)",
        ),
        ({"id": 1}, "id: unknown key"),
        ({"verify_tls": "no"}, "verify_tls: must be true or false, not text"),
        ({"verify": False}, "verify: unknown key (did you mean verify_tls?)"),
        ({"ca_file": "ca.pem"}, "services[0] (a): ca_file: must be an absolute path (write /etc/ssl/our-ca.pem)"),
        ({"base_url": "http://169.254.169.254"}, "base_url: cannot be probed: the host is a cloud metadata address"),
        ({"base_url": "http://0x7f.1"}, "base_url: has a host that is an address in an unusual form (write 127.0.0.1)"),
        ({"headers": ["X"]}, "headers: must be a mapping, not a list"),
        ({"headers": {"X": 5}}, "services[0] (a): headers[X]: value: must be text, not a whole number"),
        ({"headers": {"X Y": "a"}}, "headers[X Y]: name: is no name of an HTTP header"),
        ({"headers": {"X": "${SECRET_KEY}"}}, "headers[X]: value: must not refer to SECRET_KEY"),
        ({"headers": {"X": "a", "x": "b"}}, "headers[x]: name: stands twice"),
        ({"headers": {f"X-{n}": "a" for n in range(33)}}, "headers: must be at most 32, not 33"),
        ({"maintenance": {}}, "services[0] (a): maintenance: must be a list, not a mapping"),
        ({"maintenance": [{}]}, "services[0] (a): maintenance[0]: not complete: write either starts_at and ends_at"),
        ({"maintenance": [{"weekdays": "sun", "at": "02:00"}]}, "maintenance[0]: not complete: write either"),
        ({"maintenance": [{**SUNDAYS, "starts_at": "2026-01-05T22:00:00Z"}]}, "maintenance[0]: not complete: write"),
        ({"maintenance": [{**SUNDAYS, "weekdays": "funday"}]}, "maintenance[0]: weekdays: 'funday' is no day (write"),
        ({"maintenance": [{**SUNDAYS, "at": 1320}]}, "at: must be text, not a whole number (put it in quotes)"),
        ({"maintenance": [{**SUNDAYS, "at": "25:00"}]}, "maintenance[0]: at: "),
        ({"maintenance": [{**SUNDAYS, "minutes": 0}]}, "maintenance[0]: minutes: must be from 1 to 8640"),
        ({"maintenance": [{**SUNDAYS, "minutes": 10**9}]}, "maintenance[0]: minutes: must be from 1 to 8640"),
        ({"maintenance": [{**SUNDAYS, "time_zone": "Mars/Base"}]}, "time_zone: is no time zone (write Europe/Berlin"),
        ({"maintenance": [{**SUNDAYS, "time_zone": "../UTC"}]}, "time_zone: is no time zone"),
        ({"maintenance": [{**SUNDAYS, "time_zone": "Europe"}]}, "time_zone: is no time zone"),
        ({"maintenance": [{**SUNDAYS, "every": "week"}]}, "maintenance[0]: every: unknown key (choose starts_at"),
        (
            {"maintenance": [{"starts_at": "2026-01-05T22:00:00", "ends_at": "2026-01-05T23:00:00Z"}]},
            "maintenance[0]: starts_at: must be a moment with its offset from UTC (write 2026-12-24T18:00:00+01:00)",
        ),
        (
            {"maintenance": [{"starts_at": "2026-02-30T22:00:00Z", "ends_at": "2026-03-05T22:00:00Z"}]},
            "maintenance[0]: starts_at: must be a moment",
        ),
        (
            {"maintenance": [{"starts_at": "2026-01-05T22:00:00Z", "ends_at": "2026-01-05T22:00:00Z"}]},
            "maintenance[0]: ends_at: must be later than starts_at",
        ),
        ({"maintenance": [SUNDAYS] * 33}, "maintenance: must be at most 32, not 33"),
        ({"readings": {}}, "readings: must be a list, not a mapping"),
        ({"readings": ["rate"]}, "services[0] (a): readings[0]: must be a mapping with name, path, expression"),
        (
            {"readings": [{"name": "r"}]},
            "services[0] (a): readings[0] (r): expression: either expression or metric is required, and not both",
        ),
        *(
            ({"readings": [{"name": "r", **keys}]}, f"services[0] (a): readings[0] (r): {line}")
            for keys, line in (
                ({"metric": 'up{job=="a"}'}, "metric: needs one of = != =~ !~ behind the label job, not “==”"),
                ({"metric": "up{job=a}"}, "metric: needs the value of job in quotes, not “a}”"),
                ({"metric": "sum(up)"}, "metric: has “(up)” behind the selector"),
                ({"metric": 'up{a=~"(b"}'}, "metric: has an expression for a that has a ( without its )"),
                (
                    {"metric": "up", "aggregate": "p90"},
                    "aggregate: must be sum, min, max, count, p50, p95, p99, not 'p90'",
                ),
                ({"metric": "up", "unhealthy_if": "=< 1"}, "unhealthy_if: must be one of < <= > >= == !="),
                (
                    {"metric": "took_bucket", "aggregate": "p95"},
                    "metric: must name the histogram, took, for p95, not its buckets",
                ),
                ({"metric": 'took{le="1"}', "aggregate": "p95"}, "metric: must not match the label le"),
                ({"expression": "a", "aggregate": "max"}, "aggregate: belongs to a metric"),
            )
        ),
        (
            {"readings": [{"name": "r", "expression": True}]},
            "readings[0] (r): expression: must be text, not true or false (put it in quotes)",
        ),
        ({"readings": [{"name": "r", "expression": "a["}]}, "readings[0] (r): expression: is not valid JMESPath"),
        ({"readings": [{"name": "r", "expression": "a", "kind": "x"}]}, "kind: must be gauge or counter, not 'x'"),
        (
            {"readings": [{"name": "r", "expression": "a", "counts_toward": "x"}]},
            "counts_toward: must be empty or events_per_second, not 'x'",
        ),
        ({"readings": [{"name": "r", "expression": "a", "order": 1}]}, "readings[0] (r): order: unknown key"),
        (
            {"readings": [{"name": "r", "expression": "a"}] * 2},
            "readings[1] (r): name: is already the name of readings[0]",
        ),
        (
            {"readings": [{"name": f"r{n}", "expression": "a"} for n in range(33)]},
            "readings: must be at most 32, not 33",
        ),
    ],
)
def test_a_mistake_in_a_service_is_one_line_with_entry_and_field(keys: dict[str, object], mistake: str) -> None:
    (line,) = mistakes_in_service(**keys)

    assert mistake in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "must be a mapping with services, data_sources, not nothing"),
        ("{}", "holds nothing (it must have services or data_sources)"),
        ("- a", "must be a mapping with services, data_sources, not a list"),
        ("services: 5", "services: must be a list, not a whole number"),
        ("service: []", "service: unknown key (did you mean services?)"),
        ("services: [5]", "services[0]: must be a mapping with name, preset, base_url"),
        ("a: [", "is no YAML: "),
        ("a: 1\n---\nb: 2", "is no YAML: "),
        ("services: [{name: a, base_url: 'http://h', name: b}]", "the key 'name' stands twice in one mapping, line 1"),
        ("services: []\nservices: []", "the key 'services' stands twice in one mapping, line 2"),
        ("services: [{name: 2024-13-45}]", "a value that cannot be read, line 1"),
        ("services: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("services: [{name: !!bool perhaps}]", "a value that cannot be read"),
        ("services: [{name: a, base_url: 'http://h', notes: 2024-01-01}]", "notes: must be text, not a date"),
        ("services: [{name: &a [*a], base_url: x}]", "name: must be text, not a list"),
        ("services: [{? [a, b] : c}]", "is no YAML: "),
        ("[" * 5000, "is nested too deep"),
        ("\x07", "is no YAML: "),
    ],
)
def test_a_text_that_is_no_registry_is_refused_in_one_line(text: str, mistake: str) -> None:
    assert any(mistake in line for line in mistakes_in(text)), mistakes_in(text)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "is no JSON: "),
        ("{services: []}", "is no JSON: "),
        ('{"services": [], "services": []}', "has the key 'services' twice in one mapping"),
        ('{"services": [{"name": "a", "base_url": "http://h", "order": NaN}]}', "holds NaN, which is no JSON number"),
        ('{"services": ' + "9" * 5000 + "}", "Exceeds the limit"),
        ("[" * 100_000, "is nested too deep"),
        ('{"services": [{"name": "a", "base_url": "http://h", "group": "\\ud800"}]}', "group: holds a character"),
    ],
)
def test_a_text_that_is_no_json_is_refused_in_one_line(text: str, mistake: str) -> None:
    (line,) = mistakes_in(text, file_format=FileFormat.JSON)

    assert mistake in line


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    with pytest.raises(registry_file.BadRegistryFile, match="is not UTF-8 text"):
        registry_file.parse(b"services: \xff", file_format=FileFormat.YAML)


def test_a_byte_order_mark_does_no_harm() -> None:
    registry = registry_file.parse(b"\xef\xbb\xbf" + b'{"services": []}', file_format=FileFormat.JSON)

    assert registry.services == ()


def test_every_mistake_of_the_file_is_told() -> None:
    lines = mistakes_in(
        """
        services:
          - {name: a, base_url: ftp://h, timeout_ms: 1}
          - {name: a, base_url: http://h}
          - {base_url: http://h, readings: [{name: 1 2, expression: "a["}]}
        data_sources:
          - {name: x, service: nobody}
          - {name: x, service: a, condition: "["}
        """
    )

    assert sorted(line.partition(": must")[0].partition(": is ")[0] for line in lines) == [
        "data_sources[0] (x): service: 'nobody' is neither in this file nor in the registry",
        "data_sources[1] (x): condition",
        "data_sources[1] (x): name",
        "services[0] (a): base_url",
        "services[0] (a): timeout_ms",
        "services[1] (a): name",
        "services[2]: name",
        "services[2]: readings[0] (1 2): expression",
        "services[2]: readings[0] (1 2): name",
    ]


def test_the_value_of_a_header_is_in_no_message() -> None:
    lines = mistakes_in_service(
        headers={"X": "hunter2\n", "Y": "hunter2 ${", "Z": "hunter2 ☃", "Content-Length": "hunter2"}
    )

    assert len(lines) == 3
    assert "hunter2" not in "".join(lines)


def test_a_data_source_may_name_a_service_of_the_registry() -> None:
    saved_service(name="influxdb")

    assert mistakes_in("data_sources: [{name: influxdb, service: influxdb}]") == []


def test_a_name_full_of_control_characters_does_not_reach_the_terminal() -> None:
    lines = mistakes_in_service(**{"name": "\x1b[31mred\n", "\x1b[2J": 1})

    assert "\x1b" not in "".join(lines)
    assert "\n" not in "".join(lines)


def test_left_out_keys_have_their_defaults_and_the_order_of_the_file() -> None:
    registry = registry_file.parse(
        b"services: [{name: b, base_url: 'http://h/'}, {name: a, base_url: 'http://h'}]", file_format=FileFormat.YAML
    )

    first, second = (entry.service for entry in registry.services)
    assert (first.order, second.order) == (10, 20)
    assert (first.base_url, first.timeout_ms, first.degraded_above_ms) == ("http://h", 2000, 1000)


def test_null_is_the_same_as_left_out_except_where_it_switches_slowness_off() -> None:
    registry = registry_file.parse(
        b"services: [{name: a, base_url: 'http://h', notes: , headers: , readings: , timeout_ms: null,"
        b" degraded_above_ms: null}]",
        file_format=FileFormat.YAML,
    )

    (entry,) = registry.services
    assert (entry.service.notes, entry.service.timeout_ms, entry.service.degraded_above_ms) == ("", 2000, None)


def test_the_example_file_is_good_and_shows_every_key() -> None:
    text = EXAMPLE.read_text()
    registry = registry_file.parse(text.encode(), file_format=FileFormat.YAML)

    assert len(registry.services) == 6
    assert len(registry.data_sources) == 3
    for key in file_fields.SERVICE_KEYS:
        assert f"{key}:" in text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["name", "base_url", "headers", "readings", "expression", "order"]) | st.text(), inner
            )
        ),
    )
)
@example([{"name": "a", "base_url": "http://h", "headers": {"": ""}}])
def test_any_value_in_place_of_the_services_is_taken_or_refused_but_never_breaks_the_reader(value: object) -> None:
    mistakes_in(json.dumps({"services": value}), file_format=FileFormat.JSON)


@given(st.text())
def test_any_text_is_taken_or_refused_but_never_breaks_the_reader(text: str) -> None:
    for file_format in FileFormat:
        mistakes_in(text, file_format=file_format)


@given(
    st.lists(
        st.sampled_from(
            [
                "services",
                ":",
                "- ",
                "\n",
                "  ",
                "{",
                "}",
                "[",
                "]",
                "!!int",
                "!!bool",
                "!!float ",
                "&a",
                "*a",
                "<<",
                "'",
                '"',
                "0x",
                "1:2",
                "2001-1-1",
                "=",
                "? ",
                "name",
                ",",
            ]
        ),
        max_size=30,
    ).map("".join)
)
def test_any_yaml_is_taken_or_refused_but_never_breaks_the_reader(text: str) -> None:
    mistakes_in(text)


def bomb(first: str, again: str) -> str:
    """Return services of which each holds the one before it nine times."""
    lines = [f"  - {{notes: &a0 {first}}}"]
    lines += [f"  - {{notes: &a{level} {again.format(','.join([f'*a{level - 1}'] * 9))}}}" for level in range(1, 14)]
    return "\n".join(("services:", *lines, "  - {name: *a13, base_url: *a13}"))


def test_a_file_that_holds_itself_many_times_over_is_refused_at_once() -> None:
    assert "services[14]: name: must be text, not a list" in mistakes_in(bomb("[x]", "[{}]"))


def test_a_file_whose_merges_multiply_is_refused_at_once() -> None:
    mistakes = mistakes_in(bomb("{x: 1}", "{{<<: [{}]}}"))

    # Before PyYAML 6.0.4 a key that is merged again counts again, and the file is refused as a whole.
    refusals = (
        "is no YAML: a mapping of more than 1000 keys, line 6",
        "services[14]: name: must be text, not a mapping",
    )
    assert any(mistake.startswith(refusals) for mistake in mistakes)


@pytest.mark.parametrize(
    ("merge", "mapping"), [("*a", "<<: [{}]"), ("<<: *a", "{}")], ids=["in one list", "one after the other"]
)
def test_a_mapping_that_is_merged_many_times_is_refused_before_it_is(merge: str, mapping: str) -> None:
    keys = ", ".join(f"k{number}: 1" for number in range(999))
    text = f"a: &a {{{keys}}}\nb: {{{mapping.format(', '.join([merge] * 51))}}}\n"

    (mistake,) = mistakes_in(text)

    assert mistake.startswith("is no YAML: more than 50 merges into one mapping, line 2")
