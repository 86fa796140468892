"""How much time a sample stands for, written down once more for tests that keep every sample."""

from fractions import Fraction


def seconds_stood_for(*, interval: int, since_last: float | None, last_interval: int | None) -> Fraction:
    """Seconds that the samples of a sweep stand for, to the millisecond.

    since_last: seconds from the start of the last sweep to that of this one, negative when the clock was set back.
    """
    if since_last is None or last_interval is None or since_last < 0:
        return Fraction(interval)
    elapsed = Fraction(round(since_last * 1000), 1000)
    overlaps = elapsed < Fraction(9, 10) * last_interval
    return max(Fraction(1, 1000), min(Fraction(interval), elapsed)) if overlaps else Fraction(interval)
