"""Words for what a snapshot says of a service, the same on the pages and in the admin."""

from collections.abc import Mapping

from realtime.core.records import Evidence, FailureKind

FAILURE_WORDS: Mapping[str, str] = {
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
    FailureKind.SWEEP_DEADLINE: "Still running at the sweep's end",
}
# What a status rests on.
EVIDENCE_WORDS: Mapping[str, str] = {
    Evidence.PATH: "by status_path",
    Evidence.WORD: "by a word of the answer",
    Evidence.BOUND: "by its bounds",
    Evidence.HTTP: "by HTTP status alone",
    Evidence.CONNECTION: "by the connection",
}


def ago(seconds: float) -> str:
    """Return how long ago something was, in one unit."""
    if seconds < 10:
        return "just now"
    if seconds < 60:
        return f"{int(seconds)} s ago"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 2 * 86_400:
        return f"{int(seconds // 3600)} h ago"
    return f"{int(seconds // 86_400)} d ago"
