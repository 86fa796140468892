"""One probe: asks a target for its health, then for its other readings, and says what that means."""

import time

from realtime.core import readings, verdict
from realtime.core.records import Exchange, Failure, FailureKind, Inspection, ProbeResult, Target
from realtime.outbound.failures import Interrupted
from realtime.outbound.wire import Wire
from realtime.probing.fetch import Fetcher


def inspect(*, target: Target, fetcher: Fetcher, wire: Wire, sweep_started_at: float) -> Inspection:
    """Return the outcome of one probe, with everything that it saw.

    sweep_started_at: on the monotonic clock.

    Raises:
        Interrupted: the probe was cut before the health answer had come and before its time.
    """
    health = fetcher.fetch(target=target, path=target.health_path, wire=wire)
    others = {path: _other(path, target=target, health=health, fetcher=fetcher, wire=wire) for path in _paths(target)}
    judged = verdict.judge(exchange=health, target=target)
    taken = readings.take(target=target, health=judged.document, others=others)
    asked = [exchange for exchange in others.values() if exchange.hops and exchange is not health]
    return Inspection(
        exchanges=(health, *asked),
        rule=judged.rule,
        result=ProbeResult(
            target=target.name,
            status=judged.status,
            failure=judged.failure,
            evidence=judged.evidence,
            unknown_word=judged.unknown_word,
            reason=judged.reason,
            response_time_seconds=health.elapsed_seconds,
            finished_seconds=time.monotonic() - sweep_started_at,
            gauges=taken.gauges,
            counters=taken.counters,
            reading_errors=taken.errors,
            uptime_seconds=taken.uptime_seconds,
            conditions=taken.conditions,
            contact=health.contact,
            place=health.place,
        ),
    )


def _paths(target: Target) -> tuple[str, ...]:
    return tuple(dict.fromkeys(spec.path for spec in target.readings if spec.path is not None))


def _other(path: str, *, target: Target, health: Exchange, fetcher: Fetcher, wire: Wire) -> Exchange:
    if path == target.health_path:
        return health
    if health.http_status is None:
        # Who does not answer for its health is not asked again: it would only use up the sweep's time.
        return Exchange(path=path, failure=health.failure)
    try:
        return fetcher.fetch(target=target, path=path, wire=wire)
    except Interrupted:
        # What its health said stands all the same.
        failure = Failure(kind=FailureKind.SWEEP_DEADLINE, message="cut when the sweep ended")
        return Exchange(path=path, failure=failure)
