"""The page of *probe now*: what was asked, what came back, phase by phase, and which rule decided."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus

from django.http import HttpRequest
from django.template.response import TemplateResponse

from realtime.admin.state_words import Row, certificate_words, evidence_row, failure_words, rows_of
from realtime.collection.inspection import probe_now
from realtime.core.records import Exchange, Inspection, Phases, ProbeResult
from realtime.models import Service
from realtime.registry.targets import Carried, carried_by, secrets_of

MAX_AT_ONCE = 10
EXCERPT_CHARACTERS = 4000
MAX_HEADERS_SHOWN = 100
MIN_SECRET_CHARACTERS = 4  # a shorter text occurs everywhere; masking it would make the answer unreadable
MASK = "•••"
NOT_REACHED = "–"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExchangeReport:
    """One exchange as the page shows it; `phases` are pairs of name and milliseconds, in the order they happen."""

    exchange: Exchange
    failure: str
    hops: tuple[str, ...]
    elapsed: str
    phases: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    excerpt: str
    size_bytes: int
    is_cut: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceReport:
    """One probed service as the page shows it; `inspection` is None when it could not be probed.

    verdict: what there is to say of the verdict beside its status.
    """

    service: Service
    carried: Carried
    client_certificate: str
    inspection: Inspection | None
    verdict: tuple[Row, ...]
    exchanges: tuple[ExchangeReport, ...]
    readings: tuple[tuple[str, float], ...]


def page(request: HttpRequest, services: Sequence[Service], *, context: dict[str, Any]) -> TemplateResponse:
    """Probe the services now and return the page that shows it; secrets that an answer echoes are masked."""
    names = [service.name for service in services]
    secrets = _spellings(secrets_of(names))
    carried = carried_by(names)
    inspections = {inspection.result.target: inspection for inspection in probe_now(names)}
    reports = [
        _report(
            service,
            inspections.get(service.name),
            carried=carried.get(service.name, Carried()),
            secrets=secrets,
        )
        for service in services
    ]
    return TemplateResponse(
        request,
        "admin/realtime/service/probe_now.html",
        {**context, "title": "Probe now", "opts": Service._meta, "reports": reports},
    )


def _report(
    service: Service, inspection: Inspection | None, *, carried: Carried, secrets: Sequence[str]
) -> ServiceReport:
    exchanges = inspection.exchanges if inspection else ()
    return ServiceReport(
        service=service,
        carried=carried,
        client_certificate=_certificate_words(service, carried),
        inspection=inspection,
        verdict=_verdict(inspection) if inspection else (),
        exchanges=tuple(_exchange_report(exchange, secrets=secrets) for exchange in exchanges),
        readings=_readings(inspection.result) if inspection else (),
    )


def _verdict(inspection: Inspection) -> tuple[Row, ...]:
    result = inspection.result
    reason = failure_words(result.failure) if result.failure else result.reason or ""
    return rows_of(
        ("Rule", [inspection.rule]),
        ("Reason", [reason]),
        evidence_row(result.evidence, unknown_word=result.unknown_word, status=result.status),
        ("Server certificate", [certificate_words(result.certificate_days)]),
    )


def _certificate_words(service: Service, carried: Carried) -> str:
    """Return what is done with the client certificate. Only the server knows whether it asked for one and took it."""
    if not service.client_certificate:
        return "none"
    if not carried.has_client_certificate:
        return "stored, but not shown: it cannot be used"
    if not service.base_url.lower().startswith("https://"):
        return "stored, but not shown: there is no TLS"
    return "shown if the server asks for one, and not after a redirect to another origin"


def _readings(result: ProbeResult) -> tuple[tuple[str, float], ...]:
    totals = {
        name: sum(total for of_one in totals.values() for bound, total in of_one.items() if bound in ("", "inf"))
        for name, totals in result.series.items()
    }
    counters = {f"{name} (total so far)": total for name, total in {**result.counters, **totals}.items()}
    return tuple({**result.gauges, **counters}.items())


def _exchange_report(exchange: Exchange, *, secrets: Sequence[str]) -> ExchangeReport:
    text = _printable(masked(exchange.body.decode("utf-8", errors="replace"), secrets=secrets))
    return ExchangeReport(
        exchange=exchange,
        failure=failure_words(exchange.failure) if exchange.failure else "",
        hops=tuple(masked(hop, secrets=secrets) for hop in exchange.hops),
        elapsed=_milliseconds(exchange.elapsed_seconds),
        phases=_phases(exchange.phases, reused=exchange.reused_connection),
        headers=tuple(
            (_printable(name), _printable(masked(value, secrets=secrets)))
            for name, value in exchange.headers[:MAX_HEADERS_SHOWN]
        ),
        excerpt=text[:EXCERPT_CHARACTERS],
        size_bytes=max(exchange.size_bytes, len(exchange.body)),
        is_cut=len(text) > EXCERPT_CHARACTERS,
    )


def _phases(phases: Phases, *, reused: bool) -> tuple[tuple[str, str], ...]:
    absent = "kept connection" if reused else NOT_REACHED
    return (
        ("name look-up", _milliseconds(phases.dns_seconds, absent=absent)),
        ("connect", _milliseconds(phases.connect_seconds, absent=absent)),
        ("TLS", _milliseconds(phases.tls_seconds, absent=absent)),
        ("first byte", _milliseconds(phases.first_byte_seconds)),
        ("body", _milliseconds(phases.body_seconds)),
    )


def _milliseconds(seconds: float | None, *, absent: str = NOT_REACHED) -> str:
    return absent if seconds is None else f"{seconds * 1000:.1f} ms"


def masked(text: str, *, secrets: Sequence[str]) -> str:
    """Return the text with every secret in it made unreadable."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def _spellings(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the secrets as an answer may spell them, longest first, so that no part of one is left standing."""
    spellings = {secret for secret in secrets if len(secret) >= MIN_SECRET_CHARACTERS}
    ways = (_in_json, lambda secret: _in_json(secret).replace("/", "\\/"), escape, quote, quote_plus, _quoted_whole)
    spellings |= {way(secret) for secret in spellings for way in ways}
    return tuple(sorted(spellings, key=len, reverse=True))


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _quoted_whole(text: str) -> str:
    return quote(text, safe="")


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() or char in "\n\t" else "\N{REPLACEMENT CHARACTER}" for char in text)
