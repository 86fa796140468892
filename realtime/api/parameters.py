"""Query parameters of the REST answers; another value than the known ones is refused by name."""

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from realtime.core import parameters
from realtime.core.parameters import InvalidParameter


class BadParameter(APIException):
    """A query parameter with a value that is none of its choices, as an answer."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = parameters.CODE

    def __init__(self, refused: InvalidParameter) -> None:
        self.field = refused.field
        self.choices = refused.choices
        super().__init__(str(refused))


def period_seconds(request: Request) -> int:
    """Return the period asked for. Raises InvalidParameter."""
    return parameters.period_seconds(request.query_params.get("period"))
