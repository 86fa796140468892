"""Who may read, as REST framework asks it."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from realtime.api.errors import Refusal
from realtime.reporting.access import AccessUnknown, NotAdmitted, admit, is_public, presented_in
from realtime.reporting.responses import unavailable


class MayRead(BasePermission):
    """The same answer as for pages, WebSocket and event stream."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if is_public():
            return True
        try:
            admit(presented_in(request._request))
        except NotAdmitted as error:
            raise Refusal(error.problem) from error
        except AccessUnknown as error:
            raise Refusal(unavailable(code=error.fault.code, detail=error.fault.message)) from error
        return True
