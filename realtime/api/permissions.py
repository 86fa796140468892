"""Who may read, as REST framework asks it."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from realtime.reporting.access import may_read


class MayRead(BasePermission):
    """The same answer as for WebSocket and event stream."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return may_read()
