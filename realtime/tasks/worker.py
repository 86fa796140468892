"""The worker's side of the broker: Celery's consumer, but an outage of the store is two log lines."""

import time
from typing import Any

from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown
from kombu import Connection

from realtime.tasks.outage import worker_outage

RETRY_SECONDS = 1
# A connection that lasted this long is a good one. A store that accepts connections may still refuse every command.
STEADY_SECONDS = 3.0


class QuietConsumer(Consumer):
    """Connects again each second, and logs an outage once instead of every attempt.

    Without gossip between workers, which nobody here needs: it can fail with a traceback when a connection is lost
    (Celery 5.7).
    """

    class Blueprint(Consumer.Blueprint):  # type: ignore[valid-type, misc]  # celery-types declares it a variable
        default_steps = tuple(step for step in Consumer.Blueprint.default_steps if not step.endswith(":Gossip"))

    _steady: Any = None  # the timer's entry for the moment when the present connection has proved good

    def on_ready(self) -> None:
        super().on_ready()
        if worker_outage.is_under_way:
            self._steady = self.timer.call_after(STEADY_SECONDS, worker_outage.ended)

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        if not worker_outage.began(exc):
            super().on_connection_error_before_connected(exc)
        self._rest()

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        worker_outage.began(exc)
        super().on_connection_error_after_connected(exc)
        self._rest()

    def _rest(self) -> None:
        """Wait before the next attempt: a store that refuses every command accepts a connection at once."""
        if self._steady is not None:
            self._steady.cancel()
        time.sleep(RETRY_SECONDS)

    def ensure_connected(self, conn: Connection) -> Connection:
        connected = conn.ensure_connection(
            self._note_failed_attempt,
            self.app.conf.broker_connection_max_retries,
            interval_start=RETRY_SECONDS,
            interval_step=0,
            interval_max=RETRY_SECONDS,
            callback=maybe_shutdown,
        )
        self.first_connection_attempt = False
        return connected

    def _note_failed_attempt(self, error: Exception, seconds: Any) -> None:
        worker_outage.began(error)
