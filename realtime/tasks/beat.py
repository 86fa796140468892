"""Beat's scheduler: django-celery-beat's, but at most one sweep waits for a worker, and an outage is two log lines."""

from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler
from kombu import Connection

from realtime.registry.schedule import SWEEP_TASK
from realtime.tasks.outage import StoreOutage

RETRY_SECONDS = 1


class OneSweepScheduler(DatabaseScheduler):  # type: ignore[misc]  # a class without types
    """Sends a sweep only while none waits: a second one would find nothing to do that the first has not done.

    So the queue stays short however long there is no worker, and whoever takes the waiting sweep does it at once.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._outage = StoreOutage(consequence="no sweep is sent")  # first: the base class may connect
        super().__init__(*args, **kwargs)

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **kwargs: Any) -> Any:
        try:
            if entry.task == SWEEP_TASK and self._waits_in(entry.options.get("queue") or self._default_queue()):
                return None
            result = super().apply_async(entry, producer=producer, advance=advance, **kwargs)
        except Exception as error:
            if not self._outage.began(error):
                raise
            return None
        self._outage.ended()
        return result

    def _default_queue(self) -> str:
        return str(self.app.conf.task_default_queue)

    def _waits_in(self, queue: str) -> bool:
        """Return whether a message in this queue waits for a worker."""
        channel: Any = self._ensure_connected().default_channel
        return bool(channel.queue_declare(queue).message_count)

    def _ensure_connected(self) -> Connection:
        """Wait for the broker as Celery does, but log an outage once instead of every attempt."""
        connection: Connection = self.connection
        return connection.ensure_connection(
            self._note_failed_attempt,
            self.app.conf.broker_connection_max_retries,
            interval_start=RETRY_SECONDS,
            interval_step=0,
            interval_max=RETRY_SECONDS,
        )

    def _note_failed_attempt(self, error: Exception, seconds: float) -> None:
        self._outage.began(error)
