"""The signals by which a person or a supervisor asks a supervising process to stop."""

import asyncio
import signal
from collections.abc import Callable

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def watch_signals(*, stop: Callable[[], None], kill: Callable[[], None]) -> None:
    """Call `stop` at the first signal and `kill` at each later one, on the current event loop."""
    is_stopping = False

    def handle() -> None:
        nonlocal is_stopping
        if is_stopping:
            kill()
        else:
            is_stopping = True
            stop()

    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, handle)
