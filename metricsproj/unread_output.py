"""Whether a client takes what is sent to it. Without this, what waits for it in memory stays as long as it likes."""

# How long a client may leave untouched what waits for it. A stream has longer: its own limits come first, which can
# still say why it ends (`SLOW_READER_SECONDS`, `FAREWELL_SECONDS`).
STUCK_SECONDS = 8.0
STUCK_STREAM_SECONDS = 20.0
# For whole answers, however steadily they are read: 5 MB, the answer of 10,000 services, at 90 KB a second.
ANSWER_SECONDS = 60.0


class UnreadOutput:
    """Follows the write buffer of one connection by looking at it every second or so."""

    __slots__ = ("_begun_at", "_progress_at", "_size_bytes")

    def __init__(self) -> None:
        self._size_bytes = 0
        self._begun_at = self._progress_at = 0.0

    def is_overdue(self, size_bytes: int, *, is_stream: bool, now: float) -> bool:
        """Return whether the client has had its time.

        Args:
            size_bytes: what waits in the buffer now.
            is_stream: the answer that waits has no end yet, so that only standing still counts.
            now: monotonic seconds.
        """
        if not self._size_bytes:
            self._begun_at = self._progress_at = now
        elif size_bytes < self._size_bytes:
            self._progress_at = now
        self._size_bytes = size_bytes
        if not size_bytes:
            return False
        if not is_stream and now - self._begun_at > ANSWER_SECONDS:
            return True
        return now - self._progress_at > (STUCK_STREAM_SECONDS if is_stream else STUCK_SECONDS)
