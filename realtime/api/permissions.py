"""Who may read, as REST framework asks it."""

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from realtime.reporting.access import CHALLENGE, AccessUnknown, NotAdmitted, admit, is_public, presented_in

RETRY_AFTER_SECONDS = 5


class Refused(APIException):
    """A client that may not read, as an answer."""

    status_code: int = status.HTTP_403_FORBIDDEN

    def __init__(self, refused: NotAdmitted) -> None:
        self.default_code = refused.code
        if refused.is_key_wanted:
            self.status_code = status.HTTP_401_UNAUTHORIZED
            self.auth_header = CHALLENGE
        super().__init__(str(refused))


class CannotTell(APIException):
    """Nobody can say now whether this client may read, as an answer."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE

    def __init__(self, unknown: AccessUnknown) -> None:
        self.default_code = unknown.fault.code
        self.wait = RETRY_AFTER_SECONDS
        super().__init__(unknown.fault.message)


class MayRead(BasePermission):
    """The same answer as for pages, WebSocket and event stream."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if is_public():
            return True
        try:
            admit(presented_in(request._request))
        except NotAdmitted as error:
            raise Refused(error) from error
        except AccessUnknown as error:
            raise CannotTell(error) from error
        return True
