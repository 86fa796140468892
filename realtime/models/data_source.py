"""A data source: a named source of data that is active or not, as its service's answers show."""

from django.db import models
from django.db.models import Q

from realtime.core.expressions import MAX_EXPRESSION_LENGTH
from realtime.models import validators
from realtime.models.checked import CheckedModel
from realtime.models.service import Service


class DataSource(CheckedModel):
    """Active while its service is healthy or degraded and the condition, where one is set, is true."""

    name = models.SlugField(max_length=64, unique=True)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="data_sources")
    condition = models.CharField(
        max_length=MAX_EXPRESSION_LENGTH,
        blank=True,
        validators=[validators.validate_expression],
        help_text="JMESPath on the health answer that must give true. Empty: the service's status alone decides.",
    )

    class Meta:
        ordering = ("name",)
        constraints = (models.CheckConstraint(name="data_source_has_name", condition=~Q(name="")),)

    def __str__(self) -> str:
        return self.name
