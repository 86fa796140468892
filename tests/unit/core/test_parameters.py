"""Query parameters: what they may be, and how another value is refused."""

from collections.abc import Callable

import pytest

from realtime.core import parameters
from realtime.core.delivery import Mode
from realtime.core.parameters import InvalidParameter


def test_what_is_not_asked_for_has_a_default() -> None:
    assert parameters.period_seconds(None) == 300
    assert parameters.mode(None) is Mode.FULL
    assert parameters.interval_seconds(None) is None


def test_known_values_are_understood() -> None:
    assert parameters.period_seconds("24h") == 86_400
    assert parameters.mode("delta") is Mode.DELTA
    assert parameters.interval_seconds("10") == 10


@pytest.mark.parametrize(
    ("parse", "field", "values"),
    [
        (parameters.period_seconds, "period", ["", "2m", "5M", "300"]),
        (parameters.mode, "mode", ["", "FULL", "patch"]),
        (parameters.interval_seconds, "interval", ["", "0", "-1", "1.5", "3601", "9" * 5000, "１", " 1", "1\n"]),
    ],
)
def test_other_values_are_refused_by_name(parse: Callable[[str], object], field: str, values: list[str]) -> None:
    for value in values:
        with pytest.raises(InvalidParameter) as refused:
            parse(value)
        told = parameters.error_document(refused.value)["error"]
        assert isinstance(told, dict)
        assert (told["code"], told["field"]) == ("invalid_parameter", field)
        assert all(choice in told["message"] for choice in told["choices"])
