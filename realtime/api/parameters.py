"""Query parameters of the REST answers; another value than the known ones is refused by name."""

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from realtime.core.history import DEFAULT_PERIOD, PERIODS


class InvalidParameter(APIException):
    """A query parameter with a value that is none of its choices."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "invalid_parameter"

    def __init__(self, *, field: str, choices: list[str]) -> None:
        self.field = field
        self.choices = choices
        super().__init__(f"{field} must be one of {', '.join(choices)}")


def period_seconds(request: Request) -> int:
    """Return the period asked for. Raises InvalidParameter."""
    word = request.query_params.get("period", DEFAULT_PERIOD)
    try:
        return PERIODS[word]
    except KeyError as error:
        raise InvalidParameter(field="period", choices=list(PERIODS)) from error
