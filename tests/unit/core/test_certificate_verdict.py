"""A certificate that soon expires makes a healthy service degraded, and nothing better or worse."""

from datetime import timedelta
from typing import Any

import pytest

from realtime.core.certificate_verdict import with_certificate
from realtime.core.records import Certificate, Status
from tests.unit.core.making import NOW, probed, target

DAY = timedelta(days=1)


def judged(
    left: timedelta, *, lifetime: timedelta = 90 * DAY, warn_days: int | None = None, **changes: Any
) -> tuple[Status, int | None, str | None]:
    certificate = Certificate(not_before=NOW + left - lifetime, not_after=NOW + left)
    result = probed(certificate=certificate, **changes)
    found = with_certificate(result, target=target(certificate_warn_days=warn_days), now=NOW)
    return found.status, found.certificate_days, found.reason


@pytest.mark.parametrize(
    ("left", "lifetime", "warn_days", "expected"),
    [
        (14 * DAY, 90 * DAY, None, (Status.HEALTHY, 14, None)),
        (14 * DAY - timedelta(seconds=1), 90 * DAY, None, (Status.DEGRADED, 13, "the certificate expires in 13 days")),
        (3 * DAY, 7 * DAY, None, (Status.HEALTHY, 3, None)),
        (2 * DAY, 7 * DAY, None, (Status.DEGRADED, 2, "the certificate expires in 2 days")),
        (29 * DAY, 90 * DAY, 30, (Status.DEGRADED, 29, "the certificate expires in 29 days")),
        (DAY, 90 * DAY, 30, (Status.DEGRADED, 1, "the certificate expires in 1 day")),
        (DAY / 2, 90 * DAY, None, (Status.DEGRADED, 0, "the certificate expires today")),
        (-DAY / 2, 90 * DAY, None, (Status.DEGRADED, -1, "the certificate has expired")),
        (DAY, 90 * DAY, 0, (Status.HEALTHY, 1, None)),
    ],
)
def test_few_days_left_make_a_healthy_service_degraded(
    left: timedelta, lifetime: timedelta, warn_days: int | None, expected: object
) -> None:
    assert judged(left, lifetime=lifetime, warn_days=warn_days) == expected


def test_a_worse_verdict_stays_as_it_is() -> None:
    assert judged(DAY, status=Status.UNHEALTHY, reason="down") == (Status.UNHEALTHY, 1, "down")


def test_without_tls_there_is_nothing_to_say() -> None:
    assert with_certificate(probed(), target=target(), now=NOW) == probed()
