"""Decides what one answer says of a service, before flap damping: the status rules of the health check.

Where in an answer its status is looked for is the business of `core.evidence`. Bounds on readings and the server's
certificate are judged elsewhere, and can only make this verdict worse.
"""

import math
from dataclasses import dataclass, replace

from realtime.core import answers, evidence
from realtime.core.evidence import Finding, Findings, UnknownWord
from realtime.core.records import Evidence, Exchange, Failure, FailureKind, Status, Target


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What one probe says of a service.

    rule: a sentence that names the rule which decided, for staff: it can hold what the service sent.
    failure: set when the status is bad; its message, `reason` and `unknown_word` are safe to show to anyone.
    document: the JSON of the health answer, None where there is none.
    evidence: what the status rests on, None without an answer.
    unknown_word: the word at the place of a status word where none that is known was found.
    reason: a sentence that says why the service is not healthy, None when it is.
    """

    status: Status
    rule: str
    failure: Failure | None = None
    document: object = None
    evidence: Evidence | None = None
    unknown_word: str | None = None
    reason: str | None = None


def judge(*, exchange: Exchange, target: Target) -> Verdict:
    """Return the verdict on a health exchange: healthy, degraded, unhealthy or error."""
    verdict = _verdict(exchange, target)
    return verdict if verdict.failure is None else replace(verdict, reason=verdict.failure.message)


def _verdict(exchange: Exchange, target: Target) -> Verdict:
    if exchange.failure is not None:
        return _failed(exchange, target)
    if exchange.http_status is None:
        rule = "the connection was established"
        return _slow(exchange, target, Verdict(status=Status.HEALTHY, rule=rule, evidence=Evidence.CONNECTION))
    content = answers.read_content(body=exchange.body, content_type=exchange.content_type)
    findings = _findings(exchange, target, content=content)
    if not _is_expected(exchange, target):
        return _unexpected_status(exchange, target, findings, document=content.document)
    if not content.is_json and content.text.strip() and _needs_json(exchange, target):
        return _not_json(exchange, problem=content.problem)
    if target.status_path is None:
        verdict = _by_word(exchange, findings)
    else:
        verdict = _by_path(exchange, findings, status_path=target.status_path)
    verdict = _without_text(exchange, target, replace(verdict, document=content.document), text=content.text)
    return _slow(exchange, target, verdict)


def _findings(exchange: Exchange, target: Target, *, content: answers.Content) -> Findings:
    is_exposition = exchange.exposition is not None and exchange.exposition.problem is None
    if is_exposition and target.status_path is None:
        # `up 0` holds a word, but means the contrary: what metrics say is for bounds to judge.
        return Findings()
    return evidence.find(content=content, status_path=target.status_path, status_words=target.status_words)


def _failed(exchange: Exchange, target: Target) -> Verdict:
    is_too_large = exchange.failure is not None and exchange.failure.kind is FailureKind.TOO_LARGE
    if is_too_large and exchange.http_status is not None and not _is_expected(exchange, target):
        return _unexpected_status(exchange, target, Findings())
    return Verdict(status=Status.ERROR, failure=exchange.failure, rule="no usable answer")


def _not_json(exchange: Exchange, *, problem: str | None) -> Verdict:
    return Verdict(
        status=Status.ERROR,
        failure=_failure(exchange, FailureKind.BODY, f"not valid JSON: {problem}"),
        rule="JSON was promised, and the answer is none",
        evidence=Evidence.HTTP,
    )


def _unexpected_status(exchange: Exchange, target: Target, findings: Findings, *, document: object = None) -> Verdict:
    rule = f"HTTP status {exchange.http_status} is not among the expected {_ranges_text(target)}"
    message = f"HTTP status {exchange.http_status}, expected {_ranges_text(target)}"
    failure = _failure(exchange, FailureKind.HTTP_STATUS, message)
    if findings.worst is not None and findings.worst.status.is_bad:
        failure = _reported(exchange, findings.worst)
        rule = f"{rule}, and {_says(findings.worst)}"
    return Verdict(
        status=Status.UNHEALTHY,
        failure=failure,
        rule=rule,
        document=document,
        evidence=findings.kind or Evidence.HTTP,
        unknown_word=_unknown_word(findings),
    )


def _by_word(exchange: Exchange, findings: Findings) -> Verdict:
    if findings.worst is not None:
        return _by_finding(exchange, findings.worst, kind=Evidence.WORD)
    rule = f"HTTP status {exchange.http_status} is expected, and the answer names no known status word"
    if findings.unknown is not None:
        rule = f"{rule}; {_says(findings.unknown)}"
    return Verdict(status=Status.HEALTHY, rule=rule, evidence=Evidence.HTTP, unknown_word=_unknown_word(findings))


def _by_path(exchange: Exchange, findings: Findings, *, status_path: str) -> Verdict:
    worst, unknown = findings.worst, findings.unknown
    if worst is not None and (unknown is None or worst.status.is_bad):
        return _by_finding(exchange, worst, kind=Evidence.PATH)
    if unknown is not None:
        failure = _failure(exchange, FailureKind.REPORTED, _unknown_message(unknown))
        rule = f"{_says(unknown)}, which is not a known status word"
    else:
        failure = _failure(exchange, FailureKind.BODY, "status_path finds nothing in the answer")
        rule = f"status_path {' '.join(status_path.split())} finds nothing in the answer"
    return Verdict(
        status=Status.UNHEALTHY,
        failure=failure,
        rule=rule,
        evidence=Evidence.PATH,
        unknown_word=None if unknown is None else unknown.public,
    )


def _by_finding(exchange: Exchange, finding: Finding, *, kind: Evidence) -> Verdict:
    failure = _reported(exchange, finding) if finding.status.is_bad else None
    reason = None if finding.status is Status.HEALTHY else _report(finding)
    return Verdict(status=finding.status, failure=failure, rule=_says(finding), evidence=kind, reason=reason)


def _without_text(exchange: Exchange, target: Target, verdict: Verdict, *, text: str) -> Verdict:
    """Return the verdict after `body_contains`, which does not show the text: it can be as secret as the answer."""
    if not target.body_contains:
        return verdict
    if verdict.evidence is Evidence.HTTP:
        verdict = replace(verdict, evidence=Evidence.BOUND)
    if target.body_contains in text or verdict.status.is_bad:
        return verdict
    message = "the answer does not contain the text that body_contains requires"
    failure = _failure(exchange, FailureKind.BOUND, message)
    return replace(verdict, status=Status.UNHEALTHY, failure=failure, rule=f"{message} ({verdict.rule})")


def _slow(exchange: Exchange, target: Target, verdict: Verdict) -> Verdict:
    limit, took = target.degraded_above_seconds, exchange.elapsed_seconds
    if verdict.status is not Status.HEALTHY or limit is None or took is None or took <= limit:
        return verdict
    return replace(
        verdict,
        status=Status.DEGRADED,
        rule=f"answered in {took * 1000:.0f} ms, slower than {limit * 1000:.0f} ms ({verdict.rule})",
        reason=f"slower than {_seconds_text(limit)}: {_seconds_text(took)}",
    )


def _seconds_text(seconds: float) -> str:
    """Return seconds with at most two decimals, more where fewer would show a slow answer as just in time."""
    return f"{math.ceil(round(seconds * 1000, 6)) / 1000:g} s"


def _failure(exchange: Exchange, kind: FailureKind, message: str) -> Failure:
    return Failure(kind=kind, message=message, http_status=exchange.http_status)


def _reported(exchange: Exchange, finding: Finding) -> Failure:
    return _failure(exchange, FailureKind.REPORTED, _report(finding))


def _report(finding: Finding) -> str:
    return f"the service reports “{finding.word}” ({finding.place})"


def _unknown_message(unknown: UnknownWord) -> str:
    if unknown.public is None:
        return "the service reports something that is not a known status word (status_path)"
    return f"the service reports “{unknown.public}”, which is not a known status word (status_path)"


def _says(said: Finding | UnknownWord) -> str:
    return f"{said.exact_place} says “{said.word}”"


def _unknown_word(findings: Findings) -> str | None:
    """Return the unknown word that may be shown, where nothing else in the answer was known."""
    if findings.worst is not None or findings.unknown is None:
        return None
    return findings.unknown.public


def _is_expected(exchange: Exchange, target: Target) -> bool:
    status = exchange.http_status
    return status is not None and any(low <= status <= high for low, high in target.expected_status)


def _ranges_text(target: Target) -> str:
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in target.expected_status)


def _needs_json(exchange: Exchange, target: Target) -> bool:
    return target.status_path is not None or answers.says_json(exchange.content_type)
