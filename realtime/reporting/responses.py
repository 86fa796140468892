"""The HTTP answer to a request for the document or a history, decided once for every edge that gives it.

No framework is involved: a request is the few things of it that matter, an answer is status, headers and bytes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from django.utils.http import http_date, parse_etags, parse_http_date_safe

from realtime.core import parameters
from realtime.core.parameters import InvalidParameter
from realtime.core.problems import RETRY_AFTER_SECONDS, Problem
from realtime.core.slices import UnknownName
from realtime.reporting.access import is_public
from realtime.reporting.histories import Histories, HistoryUnavailable
from realtime.reporting.reader import CacheState, Reader
from realtime.reporting.rendering import Rendered

Header = tuple[str, str]

_WEIGHT = re.compile(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", re.ASCII)
_NEGOTIATED = "Accept, Accept-Encoding"
_CREDENTIALS = "Authorization, X-API-Key, Cookie"
_PRECONDITION_FAILED = Problem(
    status=HTTPStatus.PRECONDITION_FAILED,
    code="precondition_failed",
    detail="the answer is no longer the one that was asked for",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Conditions:
    """The conditional headers of a request as they came (RFC 9110, section 13.1), empty where there is none."""

    if_match: str = ""
    if_none_match: str = ""
    if_modified_since: str = ""
    if_unmodified_since: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What matters of a GET or HEAD request. `prefix` is the path that the site is mounted at, with closing slash."""

    query_string: str
    accept_encoding: str = ""
    conditions: Conditions = Conditions()
    prefix: str = "/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """A whole HTTP answer; whoever sends it leaves out the body of a HEAD."""

    status: int
    headers: Sequence[Header]
    body: bytes = b""


def document_answer(asked: Asked, *, reader: Reader, now: datetime) -> Answered:
    """Return the answer with the latest snapshot, from memory; 503 with the full shape where there never was one."""
    try:
        query = parameters.document_query(asked.query_string)
        answer = reader.answer(period_seconds=query.period_seconds, now=now, part=query.part)
    except InvalidParameter as error:
        return refusal(error.problem)
    except UnknownName as error:
        return refusal(Problem(status=HTTPStatus.NOT_FOUND, code="not_found", detail=str(error), field=error.field))
    latest, snapshot = answer.latest, answer.latest.snapshot
    is_gzipped = accepts_gzip(asked.accept_encoding)
    body, headers = _encoded(answer.rendered, is_gzipped=is_gzipped)
    headers += [("Link", _links(asked.prefix)), ("X-Cache", answer.cache_state)]
    if snapshot is None:
        headers += [("Cache-Control", "no-store"), ("Retry-After", str(RETRY_AFTER_SECONDS))]
        return Answered(status=HTTPStatus.SERVICE_UNAVAILABLE, headers=headers, body=body)
    headers.append(("Age", str(int(latest.age_seconds or 0))))
    if answer.rendered.status in query.fail_on:
        headers.append(("Cache-Control", "no-store"))
        return Answered(status=HTTPStatus.SERVICE_UNAVAILABLE, headers=headers, body=body)
    modified = int(snapshot.finished_at.timestamp())
    headers += [
        ("Last-Modified", http_date(modified)),
        ("Cache-Control", "no-cache" if latest.stale else _fresh(snapshot.refresh_interval_seconds)),
    ]
    return _conditional(
        asked.conditions,
        Answered(status=HTTPStatus.OK, headers=headers, body=body),
        etag=_etag(answer.rendered, is_gzipped=is_gzipped),
        # A date cannot say that the same snapshot went stale or that the store failed since.
        modified=None if latest.stale or latest.fault else modified,
    )


def history_answer(asked: Asked, *, histories: Histories, now: datetime) -> Answered:
    """Return the answer with the history of one metric; 503 where there is none and the store is away."""
    try:
        answer = histories.answer(parameters.history_query(asked.query_string))
    except InvalidParameter as error:
        return refusal(error.problem)
    except UnknownName as error:
        return refusal(Problem(status=HTTPStatus.NOT_FOUND, code="not_found", detail=str(error), field=error.field))
    except HistoryUnavailable as error:
        return refusal(unavailable(code=error.fault.code, detail=error.fault.message))
    is_gzipped = accepts_gzip(asked.accept_encoding)
    body, headers = _encoded(answer.rendered, is_gzipped=is_gzipped)
    headers += [
        ("X-Cache", CacheState.STALE if answer.fault else CacheState.HIT),
        ("Age", str(max(0, int((now - answer.finished_at).total_seconds())))),
        ("Cache-Control", "no-cache" if answer.fault else _fresh(answer.refresh_interval_seconds)),
    ]
    return _conditional(
        asked.conditions,
        Answered(status=HTTPStatus.OK, headers=headers, body=body),
        etag=_etag(answer.rendered, is_gzipped=is_gzipped),
        modified=None,
    )


def fixed_answer(asked: Asked, *, rendered: Rendered) -> Answered:
    """Return an answer that is the same while this process runs; a client has to ask each time whether it still is."""
    try:
        parameters.no_query(asked.query_string)
    except InvalidParameter as error:
        return refusal(error.problem)
    is_gzipped = accepts_gzip(asked.accept_encoding)
    body, headers = _encoded(rendered, is_gzipped=is_gzipped)
    return _conditional(
        asked.conditions,
        Answered(status=HTTPStatus.OK, headers=[*headers, ("Cache-Control", "private, no-cache")], body=body),
        etag=_etag(rendered, is_gzipped=is_gzipped),
        modified=None,
    )


def refusal(problem: Problem) -> Answered:
    """Return a problem as an answer."""
    return Answered(status=problem.status, headers=[*problem.headers, ("Vary", vary())], body=problem.body)


def unavailable(*, code: str, detail: str) -> Problem:
    """Return the problem of an internal failure that may be over soon."""
    return Problem(
        status=HTTPStatus.SERVICE_UNAVAILABLE, code=code, detail=detail, retry_after_seconds=RETRY_AFTER_SECONDS
    )


def vary() -> str:
    """Return the request headers that an answer depends on."""
    return _NEGOTIATED if is_public() else f"{_NEGOTIATED}, {_CREDENTIALS}"


def accepts_gzip(accept_encoding: str) -> bool:
    """Return whether a client takes gzip, and likes it no less than no coding at all (RFC 9110, section 12.5.3)."""
    weights = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameter = part.partition(";")
        weight = _WEIGHT.fullmatch(parameter)
        weights[coding.strip()] = float(weight.group(1)) if weight else 1.0
    gzip = weights.get("gzip", weights.get("*", 0.0))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def _encoded(rendered: Rendered, *, is_gzipped: bool) -> tuple[bytes, list[Header]]:
    headers = [("Content-Type", "application/json"), ("Vary", vary())]
    if is_gzipped:
        return rendered.gzipped, [*headers, ("Content-Encoding", "gzip")]
    return rendered.body, headers


def _etag(rendered: Rendered, *, is_gzipped: bool) -> str:
    return f'"{rendered.digest}{"-gzip" if is_gzipped else ""}"'


def _fresh(refresh_interval_seconds: int) -> str:
    return f"private, max-age={refresh_interval_seconds}"


def _links(prefix: str) -> str:
    stream = f'<{prefix}api/v1/real-time-metrics/stream>; rel="alternate"; type="text/event-stream"'
    # The two relations are those of RFC 8631.
    description = f'<{prefix}api/schema/>; rel="service-desc"; type="application/json"'
    documentation = f'<{prefix}api/docs/>; rel="service-doc"; type="text/html"'
    return f"{stream}, {description}, {documentation}"


def _conditional(conditions: Conditions, answer: Answered, *, etag: str, modified: int | None) -> Answered:
    """Return the answer, a 304 in its place, or a 412 (RFC 9110, section 13.2.2).

    modified: Unix seconds; None where no date can say whether the answer is another one.
    """
    answer = Answered(status=answer.status, headers=[*answer.headers, ("ETag", etag)], body=answer.body)
    wanted, known = parse_etags(conditions.if_match), parse_etags(conditions.if_none_match)
    unmodified_since = parse_http_date_safe(conditions.if_unmodified_since)
    modified_since = parse_http_date_safe(conditions.if_modified_since)
    if wanted:
        if "*" not in wanted and etag not in wanted:
            return refusal(_PRECONDITION_FAILED)
    elif unmodified_since is not None and (modified is None or modified > unmodified_since):
        return refusal(_PRECONDITION_FAILED)
    if known:
        has_it = "*" in known or etag in {one.removeprefix("W/") for one in known}
    else:
        has_it = modified is not None and modified_since is not None and modified <= modified_since
    if not has_it:
        return answer
    kept = [header for header in answer.headers if header[0] not in ("Content-Type", "Content-Encoding")]
    return Answered(status=HTTPStatus.NOT_MODIFIED, headers=kept)
