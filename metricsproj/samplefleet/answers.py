"""What the sample services answer, as pure functions of the seconds since the fleet began.

Two waves of different length lie over each number: the short one turns the trends of the one-minute period within
two minutes, the long one those of the five-minute period within eight.
"""

import json
from dataclasses import dataclass
from math import cos, pi, sin

SHORT_WAVE_SECONDS = 210.0
LONG_WAVE_SECONDS = 1140.0
EVENTS_PER_SECOND = 12.5  # the mean


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleAnswer:
    """An HTTP answer."""

    status: int = 200
    content_type: str = "application/json"
    body: bytes = b""


def wave(seconds: float, *, mean: float, phase: float = 0.0) -> float:
    """Return a number that swings around `mean` by at most 55 % of it; `phase` (0 to 1) tells waves apart."""
    short = 0.25 * sin(2 * pi * (seconds / SHORT_WAVE_SECONDS + phase))
    long = 0.30 * sin(2 * pi * (seconds / LONG_WAVE_SECONDS + phase))
    return mean * (1 + short + long)


def wave_total(seconds: float, *, mean: float, phase: float = 0.0) -> float:
    """Return what `wave`, taken as a rate per second, has summed up to since 0: a total that only grows."""
    total = seconds
    for share, length in ((0.25, SHORT_WAVE_SECONDS), (0.30, LONG_WAVE_SECONDS)):
        total += share * length / (2 * pi) * (cos(2 * pi * phase) - cos(2 * pi * (seconds / length + phase)))
    return mean * total


def ingestion_health(seconds: float) -> SampleAnswer:
    return _json(
        {
            "status": "healthy",
            "service": "websocket-ingestion",
            "uptime": _clock(seconds),
            "connection": {"is_running": True, "connection_attempts": 1, "last_error": None},
            "events_per_minute": round(60 * wave(seconds, mean=EVENTS_PER_SECOND), 1),
            "error_count": int(seconds // 300),
        }
    )


def event_rate(seconds: float) -> SampleAnswer:
    return _json({"service": "websocket-ingestion", "events_per_second": round(wave(seconds, mean=12.5), 2)})


def enrichment_health(seconds: float) -> SampleAnswer:
    return _json({"status": "healthy", "processing_rate": round(wave(seconds, mean=740, phase=0.1), 1)})


def enrichment_totals(seconds: float) -> SampleAnswer:
    return _json({"events_enriched_total": int(wave_total(seconds, mean=12.3, phase=0.1))})


def data_api_health(seconds: float) -> SampleAnswer:
    rate = round(wave(seconds, mean=125, phase=0.6), 1)
    return _json({"status": "ok", "uptime_seconds": round(seconds, 1), "queries_per_minute": rate})


def automation_health(seconds: float) -> SampleAnswer:
    return _json(
        {
            "service": "ai-automation-service",
            "scheduler": {"status": "running", "jobs": 4},
            "suggestions_per_hour": round(wave(seconds, mean=18, phase=0.3), 1),
        }
    )


def admin_health(seconds: float) -> SampleAnswer:
    return SampleAnswer(content_type="text/plain; charset=utf-8", body=b"Healthy\n")


def forecast_health(seconds: float) -> SampleAnswer:
    return _json({"status": "healthy", "forecasts_per_minute": round(wave(seconds, mean=6, phase=0.8), 2)})


def weather_health(seconds: float) -> SampleAnswer:
    return SampleAnswer(status=500, content_type="text/html", body=b"<h1>Internal Server Error</h1>\n")


def aggregator_health(seconds: float) -> SampleAnswer:
    return _json({"status": "unhealthy", "message": "disk is full", "error_count": int(seconds // 2)})


def influxdb_health(seconds: float) -> SampleAnswer:
    ready = {"name": "influxdb", "message": "ready for queries and writes", "status": "pass", "version": "1.6.7"}
    return _json({**ready, "checks": []})


def influxdb_ping(seconds: float) -> SampleAnswer:
    return SampleAnswer(status=204)


def _json(document: object) -> SampleAnswer:
    return SampleAnswer(body=json.dumps(document).encode() + b"\n")


def _clock(seconds: float) -> str:
    """Return an uptime as some services write it: 1:25:24.57."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:05.2f}"
