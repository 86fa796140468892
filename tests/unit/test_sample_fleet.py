"""The sample fleet's numbers, and its words for the registry."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metricsproj.samplefleet import answers
from metricsproj.samplefleet.catalogue import DATA_SOURCES, FLEET, Manner
from metricsproj.samplefleet.registration import registry_document

seconds = st.floats(0, 30 * 24 * 3600)


@given(at=seconds, phase=st.floats(0, 1))
def test_a_number_swings_around_its_mean_and_stays_positive(at: float, phase: float) -> None:
    assert 0.4 < answers.wave(at, mean=1, phase=phase) < 1.6


@given(at=seconds, later_by=st.floats(0.1, 600))
def test_a_total_only_grows_and_by_what_its_rate_says(at: float, later_by: float) -> None:
    grown = answers.wave_total(at + later_by, mean=10) - answers.wave_total(at, mean=10)

    assert 4 * later_by < grown < 16 * later_by


def test_a_total_grows_as_fast_as_the_rate_of_its_moment() -> None:
    for at in (0.0, 77.7, 1000.0):
        rate = (answers.wave_total(at + 0.01, mean=10, phase=0.1) - answers.wave_total(at, mean=10, phase=0.1)) / 0.01

        assert rate == pytest.approx(answers.wave(at, mean=10, phase=0.1), rel=1e-3)


@pytest.mark.parametrize(("period", "within"), [(60, 120), (300, 480)])
def test_the_trend_turns_soon_enough_to_be_seen(period: int, within: int) -> None:
    def mean(start: int) -> float:
        return sum(answers.wave(at, mean=1) for at in range(start, start + period)) / period

    # Two whole windows have passed at the earliest; from then on until the promised time one is enough.
    ends = range(2 * period, max(within, 2 * period) + 121, 5)
    changes = [mean(end - period) / mean(end - 2 * period) - 1 for end in ends]

    assert any(abs(change) > 0.05 for change in changes)


def test_every_page_answers_at_any_time() -> None:
    for service in FLEET:
        for page in service.pages.values():
            for at in (0.0, 5125.43, 1e6):
                answer = page(at)
                if answer.content_type == "application/json" and answer.body:
                    json.loads(answer.body)


def test_uptimes_are_written_like_a_clock() -> None:
    assert json.loads(answers.ingestion_health(5124.57).body)["uptime"] == "1:25:24.57"


def test_the_registry_hears_of_every_service_and_its_port() -> None:
    ports = {service.name: 40000 + index for index, service in enumerate(FLEET)}

    document = registry_document(ports)

    assert [entry["name"] for entry in document["services"]] == [service.name for service in FLEET]
    assert document["services"][1]["base_url"] == "http://127.0.0.1:40001"
    assert {source["service"] for source in document["data_sources"]} <= set(ports)
    assert {source["name"] for source in DATA_SOURCES} == {"influxdb", "websocket", "home-assistant"}


def test_the_fleet_has_every_kind_of_trouble() -> None:
    assert {service.manner for service in FLEET} == set(Manner)
