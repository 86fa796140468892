"""What the settings mean together."""

import pytest

from realtime.config import Config


@pytest.mark.parametrize(
    ("chosen_seconds", "interval_seconds", "deadline_seconds"),
    [
        (None, 3, 2.4),
        (None, 60, 4.0),
        (0.5, 3, 0.5),
        (20.0, 60, 20.0),
        (20.0, 21, 20.0),
        (20.0, 20, 16.0),
        (20.0, 3, 2.4),
    ],
)
def test_a_sweep_always_ends_before_the_next_one_begins(
    chosen_seconds: float | None, interval_seconds: int, deadline_seconds: float
) -> None:
    config = Config(sweep_deadline_seconds=chosen_seconds)

    assert config.sweep_deadline(interval_seconds=interval_seconds) == pytest.approx(deadline_seconds)
