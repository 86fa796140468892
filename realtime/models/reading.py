"""A reading: one number to take out of a service's own answer."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from realtime.core import metric_selectors
from realtime.core.bounds import MAX_BOUND_LENGTH
from realtime.core.expressions import MAX_EXPRESSION_LENGTH
from realtime.core.metric_readings import QUANTILES
from realtime.core.metric_selectors import MAX_SELECTOR_LENGTH
from realtime.core.readings import MAX_NAME_LENGTH
from realtime.core.records import Aggregate, ReadingKind
from realtime.models import validators
from realtime.models.checked import CheckedModel
from realtime.models.service import MAX_ORDER, Service

MAX_READINGS_PER_SERVICE = 32


class CountsToward(models.TextChoices):
    """The numbers of the whole fleet that a reading may be a part of."""

    NOTHING = "", "nothing"
    EVENTS_PER_SECOND = "events_per_second", "events_per_second"


class Reading(CheckedModel):
    """Where a number comes from and what it means."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="readings")
    name = models.CharField(max_length=MAX_NAME_LENGTH, validators=[validators.validate_reading_name])
    path = models.CharField(
        max_length=500,
        blank=True,
        validators=[validators.validate_path],
        help_text="Another path of the service, asked within the same deadline. Empty: the health answer.",
    )
    expression = models.CharField(
        max_length=MAX_EXPRESSION_LENGTH,
        blank=True,
        validators=[validators.validate_expression],
        help_text="JMESPath that gives a number. Either this or a metric.",
    )
    metric = models.CharField(
        max_length=MAX_SELECTOR_LENGTH,
        blank=True,
        validators=[validators.validate_metric],
        help_text='Prometheus metric instead of JSON: queue_messages_ready{queue="in"}',
    )
    aggregate = models.CharField(
        max_length=16,
        choices=[(aggregate.value, aggregate.value) for aggregate in Aggregate],
        default=Aggregate.SUM.value,
        error_messages={"invalid_choice": f"must be {', '.join(Aggregate)}"},
        help_text="Over the matching samples of the metric; p50, p95 and p99 are those of a histogram.",
    )
    kind = models.CharField(
        max_length=16,
        choices=[(kind.value, kind.value) for kind in ReadingKind],
        default=ReadingKind.GAUGE.value,
        error_messages={"invalid_choice": f"must be {' or '.join(ReadingKind)}"},
        help_text="A counter is a growing total: its rate per second is shown.",
    )
    counts_toward = models.CharField(
        max_length=32,
        choices=CountsToward.choices,
        blank=True,
        default="",
        error_messages={"invalid_choice": f"must be empty or {CountsToward.EVENTS_PER_SECOND}"},
    )
    degraded_if = models.CharField(
        max_length=MAX_BOUND_LENGTH,
        blank=True,
        validators=[validators.validate_bound],
        help_text='Degraded while true for the reading: "> 100".',
    )
    unhealthy_if = models.CharField(
        max_length=MAX_BOUND_LENGTH,
        blank=True,
        validators=[validators.validate_bound],
        help_text='Unhealthy while true for the reading: "< 1".',
    )
    order = models.PositiveIntegerField(default=0, validators=[validators.Bounds(0, MAX_ORDER)])

    class Meta:
        ordering = ("order", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("service", "name"),
                name="reading_once_per_service",
                violation_error_message="name: this service already has such a reading",
            ),
            models.CheckConstraint(name="reading_has_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="reading_has_expression_or_metric",
                condition=(Q(expression="") & ~Q(metric="")) | (~Q(expression="") & Q(metric="")),
            ),
            models.CheckConstraint(
                name="reading_aggregate_is_known",
                condition=Q(aggregate__in=[aggregate.value for aggregate in Aggregate]),
            ),
            models.CheckConstraint(name="reading_path_is_path", condition=Q(path="") | Q(path__startswith="/")),
            models.CheckConstraint(
                name="reading_kind_is_known", condition=Q(kind__in=[kind.value for kind in ReadingKind])
            ),
            models.CheckConstraint(
                name="reading_counts_toward_is_known", condition=Q(counts_toward__in=CountsToward.values)
            ),
            models.CheckConstraint(name="reading_order_in_bounds", condition=Q(order__range=(0, MAX_ORDER))),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if bool(self.expression) == bool(self.metric):
            raise ValidationError({"expression": "either expression or metric is required, and not both"})
        if self.expression and self.aggregate in frozenset(Aggregate) - {Aggregate.SUM}:
            raise ValidationError({"aggregate": "belongs to a metric (an expression aggregates by itself: max(items))"})
        if self.metric and self.aggregate in QUANTILES:
            self._require_histogram()

    def _require_histogram(self) -> None:
        try:
            selector = metric_selectors.parse(self.metric)
        except metric_selectors.BadSelector:  # which the field's validator has said already
            return
        if selector.name.endswith("_bucket"):
            name = selector.name.removesuffix("_bucket")
            raise ValidationError({"metric": f"must name the histogram, {name}, for {self.aggregate}, not its buckets"})
        if any(matcher.label == "le" for matcher in selector.matchers):
            raise ValidationError({"metric": f"must not match the label le: {self.aggregate} needs all buckets"})
