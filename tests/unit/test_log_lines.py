"""The form of log lines: each program's say when, how bad, who and what; `up` prints a time of its own instead."""

import logging

from metricsproj.log_lines import LineFormatter, without_time

RECORD = logging.makeLogRecord(
    {"name": "realtime.tasks", "levelname": "WARNING", "msg": "it is %s", "args": ("late",), "created": 1_000_000_000.5}
)
RECORD.msecs = 500.0


def test_a_line_has_time_in_utc_level_logger_and_message() -> None:
    assert LineFormatter().format(RECORD) == "2001-09-09T01:46:40.500Z WARNING realtime.tasks: it is late"


def test_the_time_is_left_out_for_who_prints_another() -> None:
    assert without_time(LineFormatter().format(RECORD)) == "WARNING realtime.tasks: it is late"
    assert without_time("2001-09-09 is no time of a log line") == "2001-09-09 is no time of a log line"
