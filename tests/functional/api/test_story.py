"""The tests of the story, under the story's names."""

import time
from typing import Any

from realtime.core.records import Status
from tests.functional.api.conftest import Publish


def test_real_time_metrics_success(ask: Any, publish: Publish) -> None:
    publish()

    response = ask()

    assert response.status_code == 200
    data = response.json()
    assert "events_per_second" in data
    assert "api_calls_active" in data
    assert "health_summary" in data
    assert data["timestamp"] is not None


def test_real_time_metrics_partial_failure(ask: Any, publish: Publish) -> None:
    publish(enrichment_pipeline=Status.ERROR)

    response = ask()

    assert response.status_code == 200
    data = response.json()
    assert data["error_apis"] > 0 or data["inactive_apis"] > 0


def test_real_time_metrics_performance(ask: Any, publish: Publish) -> None:
    publish()

    start = time.monotonic()
    response = ask()
    duration = time.monotonic() - start

    assert duration < 0.5
    assert response.status_code == 200
