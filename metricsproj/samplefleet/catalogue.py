"""The sample services: what each answers, how it misbehaves, and how it stands in the registry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from metricsproj.samplefleet import answers
from metricsproj.samplefleet.answers import SampleAnswer

SLOW_SECONDS = 1.2  # above the 1,000 ms from which the registry takes the service for degraded


class Manner(StrEnum):
    """How a service deals with its callers."""

    PROMPT = "prompt"
    SLOW = "slow"
    HANGING = "hanging"
    REFUSING = "refusing"


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleService:
    """One sample service.

    pages: by path, from seconds since the fleet's beginning to an answer.
    entry: what the registry file says of it beside name, URL and place.
    """

    name: str
    group: str
    manner: Manner = Manner.PROMPT
    pages: Mapping[str, Callable[[float], SampleAnswer]] = field(default_factory=dict)
    entry: Mapping[str, Any] = field(default_factory=dict)


FLEET = (
    SampleService(
        name="websocket-ingestion",
        group="ingestion",
        pages={"/health": answers.ingestion_health, "/api/v1/event-rate": answers.event_rate},
        entry={
            "readings": [
                {
                    "name": "events_per_second",
                    "path": "/api/v1/event-rate",
                    "expression": "events_per_second",
                    "counts_toward": "events_per_second",
                }
            ]
        },
    ),
    SampleService(
        name="enrichment-pipeline",
        group="ingestion",
        pages={"/health": answers.enrichment_health, "/metrics": answers.enrichment_totals},
        entry={
            "readings": [
                {"name": "processing_rate", "expression": "processing_rate"},
                {
                    "name": "enriched_per_second",
                    "path": "/metrics",
                    "expression": "events_enriched_total",
                    "kind": "counter",
                },
            ]
        },
    ),
    SampleService(
        name="data-api",
        group="api",
        pages={"/health": answers.data_api_health},
        entry={
            "type": "data",
            "readings": [{"name": "queries_per_minute", "expression": "queries_per_minute"}],
        },
    ),
    SampleService(
        name="ai-automation-service",
        group="ai",
        pages={"/health": answers.automation_health},
        entry={"type": "ai"},
    ),
    SampleService(name="admin-api", group="api", pages={"/health": answers.admin_health}),
    SampleService(
        name="energy-forecast",
        group="analysis",
        manner=Manner.SLOW,
        pages={"/health": answers.forecast_health},
        entry={"type": "analysis", "timeout_ms": 2500, "degraded_above_ms": 1000},
    ),
    SampleService(
        name="weather-api",
        group="data",
        pages={"/health": answers.weather_health},
        entry={"type": "data"},
    ),
    SampleService(
        name="log-aggregator",
        group="operations",
        pages={"/health": answers.aggregator_health},
        entry={"type": "data"},
    ),
    SampleService(
        name="sports-api",
        group="data",
        manner=Manner.HANGING,
        entry={"type": "data", "timeout_ms": 1500},
    ),
    SampleService(
        name="device-intelligence",
        group="ai",
        manner=Manner.REFUSING,
        entry={"type": "ai"},
    ),
    SampleService(
        name="influxdb",
        group="storage",
        pages={"/health": answers.influxdb_health, "/ping": answers.influxdb_ping},
        entry={"type": "datastore", "counts_as_api": False},
    ),
)
DATA_SOURCES = (
    {"name": "influxdb", "service": "influxdb"},
    {"name": "websocket", "service": "websocket-ingestion"},
    {"name": "home-assistant", "service": "websocket-ingestion", "condition": "connection.is_running"},
)
