"""A header that is sent with every request to a service. Its value is secret: it goes in, and never out again."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from realtime.models import validators
from realtime.models.checked import CheckedModel
from realtime.models.sealed_text import SealedTextField, is_sealed
from realtime.models.service import Service

MAX_HEADERS_PER_SERVICE = 32
MAX_VALUE_LENGTH = 8192


class RequestHeader(CheckedModel):
    """One header. `${NAME}` in the value is kept as a reference and resolved when probing.

    `Authorization: Basic user:password` is sent as RFC 7617 wants it; one that is encoded already is sent as it is.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="headers")
    name = models.CharField(max_length=100, validators=[validators.validate_header_name])
    value = SealedTextField(
        validators=[MaxLengthValidator(MAX_VALUE_LENGTH), validators.validate_header_value],
        help_text="Secret, never shown again. ${NAME} is replaced by that environment variable when probing.",
    )

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                "service",
                Lower("name"),
                name="request_header_once_per_service",
                violation_error_message="name: this service already has such a header (case does not count)",
            ),
            models.CheckConstraint(name="request_header_has_name", condition=~Q(name="")),
            models.CheckConstraint(name="request_header_has_value", condition=~Q(value="")),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if is_sealed(self.value):
            raise ValidationError({"value": "cannot be decrypted any more: type it again"})
