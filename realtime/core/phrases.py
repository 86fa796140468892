"""The words that people read, once for everybody: pages, their scripts, and the admin.

The pages hand all of `TABLES` to their scripts. A phrase is a template whose `{names}` are filled in by
`realtime/core/wording.py`, and by `static/realtime/js/wording.js` in the browser.
"""

from collections.abc import Mapping

from realtime.core import counting
from realtime.core.comparison import INDICATORS, Assessment
from realtime.core.history import PERIODS
from realtime.core.records import Evidence, FailureKind, Status

NOTHING = "–"
# Holds a number and its unit together.
GAP = "\u00a0"

# How the pages sort services: roll-up order, and maintenance, which the roll-up leaves out, last.
WORST_FIRST = (*counting.WORST_FIRST, Status.MAINTENANCE)

STATUS_WORDS = {
    Status.HEALTHY: "Healthy",
    Status.DEGRADED: "Degraded",
    Status.UNHEALTHY: "Unhealthy",
    Status.ERROR: "Error",
    Status.UNKNOWN: "Unknown",
    Status.MAINTENANCE: "Maintenance",
}
# Since when a status has been shown; `{span}` is one number and its unit.
SINCE_WORDS = {
    Status.HEALTHY: "healthy for {span}",
    Status.DEGRADED: "degraded for {span}",
    Status.UNHEALTHY: "down for {span}",
    Status.ERROR: "down for {span}",
    Status.UNKNOWN: "unknown for {span}",
    Status.MAINTENANCE: "in maintenance for {span}",
}
FAILURE_WORDS = {
    FailureKind.DNS: "Name not found",
    FailureKind.CONNECT: "Could not connect",
    FailureKind.TLS: "No secure connection",
    FailureKind.TIMEOUT: "No answer in time",
    FailureKind.PROTOCOL: "Broken answer",
    FailureKind.HTTP_STATUS: "Answers with an error",
    FailureKind.REPORTED: "Reports itself unhealthy",
    FailureKind.BODY: "Unreadable answer",
    FailureKind.TOO_LARGE: "Answer too large",
    FailureKind.REDIRECT: "Redirected",
    FailureKind.BLOCKED: "Address not allowed",
    FailureKind.BOUND: "Outside its bounds",
    FailureKind.SWEEP_DEADLINE: "Still running at the end of the sweep",
}
# What a verdict rests on.
EVIDENCE_WORDS = {
    Evidence.PATH: "by status_path",
    Evidence.WORD: "by a word of the answer",
    Evidence.BOUND: "by its bounds",
    Evidence.HTTP: "by HTTP status alone",
    Evidence.CONNECTION: "by the connection",
}
ASSESSMENT_WORDS = {
    Assessment.BETTER: "better",
    Assessment.WORSE: "worse",
    Assessment.SAME: "steady",
    Assessment.NEUTRAL: "",
    Assessment.UNKNOWN: "too early to compare",
}
PERIOD_WORDS = dict(zip(PERIODS, ("minute", "5 minutes", "15 minutes", "hour", "24 hours"), strict=True))

# The unit of a reading is the end of its name.
READING_UNITS = {
    "_per_second": "/s",
    "_per_minute": "/min",
    "_per_hour": "/h",
    "_ms": f"{GAP}ms",
    "_seconds": f"{GAP}s",
    "_percent": f"{GAP}%",
    "_percentage": f"{GAP}%",
}

PHRASES = {
    # The headline
    "no_snapshot": "No data yet",
    "not_up_to_date": "Not up to date",
    "no_services": "No services yet",
    "failing": "{failing} of {services} failing",
    "of_status": "{number} of {services} {status}",
    "all_in_maintenance": "Everything in maintenance",
    "others_healthy": "{number} in maintenance, all others healthy",
    "one_healthy": "The service is healthy",
    "all_healthy": "All services healthy",
    # The line below it
    "nothing_published": "The collector has not published a snapshot.",
    "no_apis": "Nothing that counts as an API is registered.",
    "apis_active": "{active} of {apis} active, health {health}",
    "some_failed": "{share} of all probes in the last {period} failed",
    "last_known": "Last known: {what}",
    "numbers_from": "These numbers are from {clock}: nothing newer has arrived.",
    # Figures
    "figures": "The last {period}, compared with the {period} before",
    "old_figures": "The {period} until {clock}, compared with the {period} before",
    "now": "now",
    "of": "of {total}",
    "in_period": "last {period}",
    "sources_report": "{fresh} of {expected} sources report",
    "average": "average {value}",
    "before": "before {value}",
    "points": "{number} points",
    "slower": "{percent} slower than before",
    "faster": "{percent} faster than before",
    # Services
    "answers_with": "Answers with HTTP {status}",
    "group_failing": "{failing} of {services} failing",
    "more_readings": "and {number} more",
    "show_more": "Show {number} more",
    "shown": "{number} of {all}",
    "last_known_status": "Not up to date, last known: {status}",
    "page_title": "{service}: {status}",
    "stale_page_title": "{service}: not up to date",
    "rests_on": "Judged {evidence}",
    "unknown_word": "the word “{word}” in its answer is not known",
    "certificate_days": "{days} more",
    "mean_of_period": "mean {value}",
    "no_answer": "no answer in this period",
    "no_sample": "no sample",
    "no_samples": "no samples yet",
    # Moments; `{ago}`, `{span}` and `{until}` change as time passes
    "ago": "{ago}",
    "until": "{until}",
    "never": "never",
    "just_now": "just now",
    "some_ago": "{span} ago",
    "in": "in {duration}",
    "due_now": "due now",
}

TABLES: Mapping[str, object] = {
    "worst_first": WORST_FIRST,
    "status_words": STATUS_WORDS,
    "since_words": SINCE_WORDS,
    "failure_words": FAILURE_WORDS,
    "evidence_words": EVIDENCE_WORDS,
    "assessment_words": ASSESSMENT_WORDS,
    "indicators": INDICATORS,
    "period_words": PERIOD_WORDS,
    "reading_units": READING_UNITS,
    "phrases": PHRASES,
}
