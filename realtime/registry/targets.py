"""Rows of the registry -> targets: frozen values with their references to secrets resolved."""

import logging
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from zoneinfo import ZoneInfoNotFoundError

from realtime.core import bounds, client_certificates, expected_status, references
from realtime.core.maintenance import OnceWindow, WeeklyWindow
from realtime.core.records import Aggregate, DataSourceSpec, ReadingKind, ReadingSpec, Target
from realtime.models import DataSource, MaintenanceWindow, Reading, RequestHeader, Service, ServiceQuerySet
from realtime.models.reading import CountsToward
from realtime.models.sealed_text import is_sealed
from realtime.models.service import DEFAULT_EXPECTED_STATUS, DEFAULT_HEALTH_PATH
from realtime.models.validators import is_sendable
from realtime.registry.presets import NO_PRESET, Preset, all_presets

Row = TypeVar("Row", RequestHeader, Reading, DataSource, MaintenanceWindow)

logger = logging.getLogger(__name__)

# What was wrong at the last load, so that a missing variable is said once and not at every sweep.
_told: set[str] = set()


@dataclass(frozen=True, kw_only=True, slots=True)
class Carried:
    """What probes of a service carry when this process makes them: others may have another environment.

    left_out: a sentence for each header, client certificate, maintenance window and preset that cannot be used, with
    the reason.
    """

    header_names: tuple[str, ...] = ()
    has_client_certificate: bool = False
    left_out: tuple[str, ...] = ()


def load_targets() -> tuple[Target, ...]:
    """Return the targets of all enabled services in registry order; five queries, however many there are.

    A header or client certificate whose variable is unset is left out: the service is asked without it and answers for
    itself (401, say), and the log tells service, header and variable once until that changes.
    """
    targets, problems = _targets(Service.objects.enabled().in_order())
    _tell({problem for of_one in problems.values() for problem in of_one})
    return targets


def load_targets_named(names: Sequence[str]) -> tuple[Target, ...]:
    """Return the targets of these services, disabled ones included, in registry order; unknown names give none."""
    targets, _ = _targets(Service.objects.filter(name__in=names).in_order())
    return targets


def carried_by(names: Sequence[str]) -> Mapping[str, Carried]:
    """Return by name what probes of these services carry; five queries, however many there are."""
    targets, problems = _targets(Service.objects.filter(name__in=names))
    return {
        target.name: Carried(
            header_names=tuple(name for name, _ in target.headers),
            has_client_certificate=target.client_certificate is not None,
            left_out=tuple(sorted(problems[target.name])),
        )
        for target in targets
    }


def secrets_of(names: Sequence[str]) -> frozenset[str]:
    """Return what is secret in headers and client certificates of these services, to be masked where an answer has it.

    Whole values as they are sent, their part behind an authorization scheme, and the values of their references; of a
    certificate its private key.
    """
    secrets: set[str] = set()
    for header in RequestHeader.objects.filter(service__name__in=names):
        for name in references.names_in(header.value):
            secrets.add(os.environ.get(name, "").strip())
        value = _value(header, environment=os.environ)[0]
        if value is not None:
            typed = references.resolve(header.value, environment=os.environ)
            credentials = typed.partition(" ")[2].strip()
            secrets.update((value, value.partition(" ")[2].strip(), typed, credentials))
            secrets.add(credentials.partition(":")[2])
    for stored in Service.objects.filter(name__in=names).values_list("client_certificate", flat=True):
        pem = references.resolve(stored, environment=os.environ) if _is_filled(stored) else stored
        secrets |= {pem, *client_certificates.secret_parts(client_certificates.with_line_breaks(pem))}
    return frozenset(secret for secret in secrets if secret)


def _targets(services: ServiceQuerySet) -> tuple[tuple[Target, ...], Mapping[str, set[str]]]:
    """Return the targets of these services in their order, and by name a line for each row that cannot be used.

    The rows are joined here: `prefetch_related` makes a queryset for each service and relation, which took 2.0 s of
    CPU time for 10,000 services where this takes 0.5 s (November 2026).
    """
    headers_of = _by_service(RequestHeader.objects.filter(service__in=services))
    readings_of = _by_service(Reading.objects.filter(service__in=services))
    sources_of = _by_service(DataSource.objects.filter(service__in=services))
    windows_of = _by_service(MaintenanceWindow.objects.filter(service__in=services))
    problems_of: defaultdict[str, set[str]] = defaultdict(set)
    targets = []
    for service in services:
        headers, problems = [], problems_of[service.name]
        for header in headers_of[service.pk]:
            value, problem = _value(header, environment=os.environ)
            if value is None:
                problems.add(f"{service.name} is probed without its header {header.name}: {problem}")
            else:
                headers.append((header.name, value))
        certificate, problem = _certificate(service.client_certificate, environment=os.environ)
        if problem:
            problems.add(f"{service.name} is probed without its client certificate: {problem}")
        windows, unusable = _windows(service, windows_of[service.pk])
        problems |= unusable
        preset = all_presets().get(service.preset, NO_PRESET)
        if preset.name != service.preset:
            problems.add(f"{service.name} is probed without its preset {service.preset}: it is unknown here")
        targets.append(
            _target(
                service,
                preset=preset,
                headers=tuple(headers),
                client_certificate=certificate,
                readings=readings_of[service.pk],
                data_sources=sources_of[service.pk],
                maintenance=windows,
            )
        )
    return tuple(targets), problems_of


def _by_service(rows: Iterable[Row]) -> Mapping[int, list[Row]]:
    grouped: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.service_id].append(row)
    return grouped


def _value(header: RequestHeader, *, environment: Mapping[str, str]) -> tuple[str | None, str]:
    """Return the value to send, or None and what is wrong."""
    if is_sealed(header.value):
        return None, "it cannot be decrypted: REALTIME_SECRETS_KEY lacks the key that it was stored with"
    unset = references.unset_names(header.value, environment=environment)
    if unset:
        return None, f"{', '.join(unset)} is not set"
    value = references.sent_value(header.name, references.resolve(header.value, environment=environment))
    if not is_sendable(value):
        return None, f"{', '.join(references.names_in(header.value))} holds what no header can carry"
    return value, ""


def _certificate(stored: str, *, environment: Mapping[str, str]) -> tuple[str | None, str]:
    """Return the certificate to show, or None and what is wrong; nothing is where there is none."""
    if not stored:
        return None, ""
    if is_sealed(stored):
        return None, "it cannot be decrypted: REALTIME_SECRETS_KEY lacks the key that it was stored with"
    if not references.is_one_reference(stored):
        return stored, ""
    (name,) = references.names_in(stored)
    if references.unset_names(stored, environment=environment):
        return None, f"{name} is not set"
    pem = client_certificates.with_line_breaks(references.resolve(stored, environment=environment))
    if not client_certificates.is_usable(pem):
        return None, f"{name} holds no certificate with its private key in PEM form"
    return pem, ""


def _is_filled(stored: str) -> bool:
    return references.is_one_reference(stored) and not references.unset_names(stored, environment=os.environ)


def _windows(
    service: Service, rows: Iterable[MaintenanceWindow]
) -> tuple[tuple[OnceWindow | WeeklyWindow, ...], set[str]]:
    """Return the windows, and a line for each whose time zone is known to the machine that saved it, but not here."""
    windows, problems = [], set()
    for row in rows:
        try:
            windows.append(row.window())
        except ZoneInfoNotFoundError:
            problems.add(f"a maintenance window of {service.name} is left out: no time zone {row.time_zone} here")
    return tuple(windows), problems


def _target(
    service: Service,
    *,
    preset: Preset,
    headers: tuple[tuple[str, str], ...],
    client_certificate: str | None,
    readings: Iterable[Reading],
    data_sources: Iterable[DataSource],
    maintenance: tuple[OnceWindow | WeeklyWindow, ...],
) -> Target:
    slow_ms = service.degraded_above_ms
    return Target(
        name=service.name,
        base_url=service.base_url,
        health_path=service.health_path or preset.health_path or DEFAULT_HEALTH_PATH,
        status_path=service.status_path or preset.status_path or None,
        status_words=preset.merged_words(service.status_of_words),
        type=service.type,
        group=service.group,
        counts_as_api=service.counts_as_api,
        timeout_seconds=service.timeout_ms / 1000,
        expected_status=expected_status.parse(
            service.expected_status or preset.expected_status or DEFAULT_EXPECTED_STATUS
        ),
        follow_redirects=service.follow_redirects,
        degraded_above_seconds=None if slow_ms is None else slow_ms / 1000,
        body_contains=service.body_contains or preset.body_contains,
        certificate_warn_days=service.certificate_warn_days,
        failure_threshold=service.failure_threshold,
        success_threshold=service.success_threshold,
        ca_file=service.ca_file or None,
        verify_tls=service.verify_tls,
        client_certificate=client_certificate,
        headers=headers,
        readings=tuple(_reading_spec(reading) for reading in preset.merged_readings(readings)),
        data_sources=tuple(
            DataSourceSpec(name=source.name, condition=source.condition or None) for source in data_sources
        ),
        maintenance=maintenance,
    )


def _reading_spec(reading: Reading) -> ReadingSpec:
    return ReadingSpec(
        name=reading.name,
        expression=reading.expression,
        metric=reading.metric or None,
        aggregate=Aggregate(reading.aggregate),
        path=reading.path or None,
        kind=ReadingKind(reading.kind),
        counts_toward_events=reading.counts_toward == CountsToward.EVENTS_PER_SECOND,
        degraded_if=bounds.parse(reading.degraded_if) if reading.degraded_if else None,
        unhealthy_if=bounds.parse(reading.unhealthy_if) if reading.unhealthy_if else None,
    )


def _tell(problems: set[str]) -> None:
    for problem in sorted(problems - _told):
        logger.warning("%s", problem)
    _told.clear()
    _told.update(problems)
