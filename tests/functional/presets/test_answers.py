"""Presets against answers of their products: each must get the verdict that a person gives."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.functional.presets.recorded import recorded_cases

PRESETS = yaml.safe_load((Path(__file__).parents[3] / "realtime" / "registry" / "presets.yaml").read_text())


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_answers_of_its_product_when_well_and_in_trouble(name: str) -> None:
    count = Counter(case.status == "healthy" for case in recorded_cases() if case.preset == name)

    assert count[True] >= 1
    assert count[False] >= 2


def test_presets_stand_in_alphabetical_order() -> None:
    assert list(PRESETS) == sorted(PRESETS)
