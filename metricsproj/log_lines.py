"""The form of a log line in every program: time in UTC, level, logger, message."""

import logging
import re
import time

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")


class LineFormatter(logging.Formatter):
    """`2026-11-24T19:41:58.123Z WARNING realtime.tasks.outage: the store does not answer`."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")


def without_time(line: str) -> str:
    """Return a log line without the time at its start, for whoever prints one of their own."""
    found = _TIME.match(line)
    return line[found.end() :] if found else line
