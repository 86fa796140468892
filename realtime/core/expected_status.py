"""The HTTP statuses that a service answers with when it is well, written as people write them: `200-299,304`."""

import re

LOWEST_STATUS = 100
HIGHEST_STATUS = 599
_PART = re.compile(r"(\d{3})(?:\s*-\s*(\d{3}))?", re.ASCII)


def parse(text: str) -> tuple[tuple[int, int], ...]:
    """Return inclusive ranges in the order written: `"200-299,304"` gives `((200, 299), (304, 304))`.

    Raises:
        ValueError: not statuses and ranges separated by commas; the message says which part is wrong and why.
    """
    return tuple(_range(part.strip()) for part in text.split(","))


def _range(part: str) -> tuple[int, int]:
    match = _PART.fullmatch(part)
    if match is None:
        raise ValueError(f'"{part[:20]}" is no HTTP status or range (write "200-299", or a list such as "200,204")')
    low = int(match[1])
    high = int(match[2] or match[1])
    if low < LOWEST_STATUS or high > HIGHEST_STATUS:
        raise ValueError(f'"{part}" reaches outside {LOWEST_STATUS}-{HIGHEST_STATUS}')
    if low > high:
        raise ValueError(f'"{part}" runs backwards (write "{high}-{low}")')
    return low, high
