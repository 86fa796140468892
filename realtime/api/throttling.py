"""The rate limit for each client, as REST framework asks it."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from realtime.reporting.clients import client_address
from realtime.reporting.rate_limit import process_rate_limit


class PerClient(BaseThrottle):
    """The same count as for connections to WebSocket and event stream.

    Loaded while `rest_framework.views` is: nothing of that module can be imported here.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        self._seconds_to_wait = process_rate_limit().seconds_to_wait(client_address(request))
        return self._seconds_to_wait is None

    def wait(self) -> float | None:
        return self._seconds_to_wait
