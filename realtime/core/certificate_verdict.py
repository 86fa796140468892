"""Makes a verdict worse by a certificate that soon expires, and says how many days it is still valid."""

from dataclasses import replace
from datetime import datetime, timedelta

from realtime.core.records import Certificate, ProbeResult, Status, Target

DEFAULT_WARN_DAYS = 14
# Of its lifetime: certificates that live for 7 days are renewed in their last days.
DEFAULT_WARN_SHARE = 1 / 3


def with_certificate(result: ProbeResult, *, target: Target, now: datetime) -> ProbeResult:
    """Return the result with the whole days that the server's certificate is still valid, degraded if they are few."""
    certificate = result.certificate
    if certificate is None:
        return result
    left = certificate.not_after - now
    result = replace(result, certificate_days=left // timedelta(days=1))
    if result.status is not Status.HEALTHY or left >= _warn_before(certificate, warn_days=target.certificate_warn_days):
        return result
    return replace(result, status=Status.DEGRADED, reason=_sentence(left))


def _warn_before(certificate: Certificate, *, warn_days: int | None) -> timedelta:
    """Return with less than how much time left the service is degraded."""
    if warn_days == 0:
        return timedelta.min
    if warn_days is not None:
        return timedelta(days=warn_days)
    lifetime = certificate.not_after - certificate.not_before
    return min(timedelta(days=DEFAULT_WARN_DAYS), lifetime * DEFAULT_WARN_SHARE)


def _sentence(left: timedelta) -> str:
    if left < timedelta(0):
        return "the certificate has expired"
    days = left // timedelta(days=1)
    if days == 0:
        return "the certificate expires today"
    return f"the certificate expires in {days} {'day' if days == 1 else 'days'}"
