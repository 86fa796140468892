"""One probe: asks a target for its health, then for its other readings, and says what that means."""

import time

from realtime.core import readings, verdict
from realtime.core.metric_readings import selector_of
from realtime.core.metric_selectors import Selector
from realtime.core.records import Exchange, Failure, FailureKind, Inspection, ProbeResult, Target
from realtime.outbound.failures import Interrupted
from realtime.outbound.wire import Wire
from realtime.probing.fetch import Fetcher


def inspect(*, target: Target, fetcher: Fetcher, wire: Wire, sweep_started_at: float) -> Inspection:
    """Return the outcome of one probe, with everything that it saw.

    sweep_started_at: on the monotonic clock.

    Raises:
        Interrupted: the probe was cut before its time, and before all had come that its verdict rests on.
    """
    selectors = _selectors(target)
    health = _health(target, fetcher=fetcher, wire=wire, selectors=selectors.get(target.health_path, ()))

    def other(path: str, selectors: tuple[Selector, ...] = ()) -> Exchange:
        return _other(path, target=target, health=health, fetcher=fetcher, wire=wire, selectors=selectors)

    documents = {path: other(path) for path in _document_paths(target)}
    # A path that is wanted as JSON and as metrics is requested twice, once with each `Accept`.
    expositions: dict[str | None, Exchange] = {path: other(path, wanted) for path, wanted in selectors.items()}
    judged = verdict.judge(exchange=health, target=target)
    taken = readings.take(
        target=target, health=judged.document, others=documents, expositions={**expositions, None: health}
    )
    others = (*documents.values(), *expositions.values())
    asked = [exchange for exchange in others if exchange.hops and exchange is not health]
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
            certificate=health.certificate,
            response_time_seconds=health.elapsed_seconds,
            finished_seconds=time.monotonic() - sweep_started_at,
            gauges=taken.gauges,
            counters=taken.counters,
            series=taken.series,
            reading_errors=taken.errors,
            uptime_seconds=taken.uptime_seconds,
            conditions=taken.conditions,
            contact=health.contact,
            place=health.place,
        ),
    )


def _health(target: Target, *, fetcher: Fetcher, wire: Wire, selectors: tuple[Selector, ...]) -> Exchange:
    if target.is_connection:
        return fetcher.connect(target=target, wire=wire)
    return fetcher.fetch(target=target, path=target.health_path, wire=wire, selectors=selectors)


def _document_paths(target: Target) -> tuple[str, ...]:
    paths = (spec.path for spec in target.readings if spec.metric is None)
    return tuple(dict.fromkeys(path for path in paths if path is not None))


def _selectors(target: Target) -> dict[str, tuple[Selector, ...]]:
    """Return by path the metrics that are wanted of its answer."""
    selectors: dict[str, tuple[Selector, ...]] = {}
    for spec in target.readings:
        if spec.metric is not None:
            path = spec.path or target.health_path
            selectors[path] = (*selectors.get(path, ()), selector_of(spec))
    return selectors


def _other(
    path: str,
    *,
    target: Target,
    health: Exchange,
    fetcher: Fetcher,
    wire: Wire,
    selectors: tuple[Selector, ...],
) -> Exchange:
    if path == target.health_path:
        return health
    if health.http_status is None:
        # A target whose health request fails is not asked for readings: they would only use up the sweep's time.
        return Exchange(path=path, failure=health.failure)
    try:
        return fetcher.fetch(target=target, path=path, wire=wire, selectors=selectors)
    except Interrupted:
        if any(spec.path == path and spec.has_bound for spec in target.readings):
            # A bound would take the missing reading for a failure of the service.
            raise
        # The verdict of the health answer stays valid.
        failure = Failure(kind=FailureKind.SWEEP_DEADLINE, message="cut when the sweep ended")
        return Exchange(path=path, failure=failure)
