"""The service: one row of the registry, something with a URL that can be probed."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q

from realtime.core import status_words
from realtime.core.expressions import MAX_EXPRESSION_LENGTH
from realtime.core.records import Status
from realtime.models import validators
from realtime.models.checked import CheckedModel
from realtime.models.sealed_text import SealedTextField
from realtime.models.validators import Bounds

MIN_TIMEOUT_MS = 50
MAX_TIMEOUT_MS = 60_000
MAX_THRESHOLD = 100
MAX_ORDER = 1_000_000
MAX_NOTES_LENGTH = 10_000
MAX_WARN_DAYS = 3_650
ORDER_STEP = 10  # so that a service can be put between two others
# Where neither the service nor its preset says anything else.
DEFAULT_HEALTH_PATH = "/health"
DEFAULT_EXPECTED_STATUS = "200-299"
# They say what to ask over HTTP and what the answer means; a bare connection has neither.
HTTP_COLUMNS = (
    "preset",
    "health_path",
    "status_path",
    "status_words",
    "expected_status",
    "body_contains",
    "follow_redirects",
)
# Whoever gives one of these believes that a certificate is checked. Each has the value of one that is not given.
TLS_COLUMNS: Mapping[str, object] = {"ca_file": "", "client_certificate": "", "certificate_warn_days": None}


class ServiceQuerySet(models.QuerySet["Service"]):
    """Facts about many services."""

    def enabled(self) -> Self:
        return self.filter(enabled=True)

    def in_order(self) -> Self:
        """Return the services in registry order, the order of every answer."""
        return self.order_by("order", "name")

    def with_everything(self) -> Self:
        """Return the services with all that belongs to them, in five queries however many there are."""
        return self.prefetch_related("headers", "readings", "data_sources", "maintenance_windows")

    def demo(self) -> Self:
        """Return the services that the demo fleet made."""
        return self.filter(is_demo=True)

    def next_order(self) -> int:
        """Return the order that puts a new service behind all others."""
        highest: int | None = self.aggregate(highest=models.Max("order"))["highest"]
        return min((highest or 0) + ORDER_STEP, MAX_ORDER)


class Service(CheckedModel):
    """One thing to probe. A disabled one is in no field of any answer."""

    name = models.SlugField(
        max_length=64, unique=True, help_text="Short and unique: letters, digits, hyphens and underscores."
    )
    order = models.PositiveIntegerField(
        default=0, validators=[Bounds(0, MAX_ORDER)], help_text="Place in the answer, lowest first."
    )
    group = models.CharField(
        max_length=64, blank=True, validators=[validators.validate_one_line], help_text="For filters; may be empty."
    )
    type = models.CharField(
        max_length=32,
        default="core",
        validators=[validators.validate_word],
        help_text="A free word: core, data, analysis, ai, datastore, ...",
    )
    preset = models.CharField(
        max_length=64,
        blank=True,
        validators=[validators.validate_one_line],
        help_text="A known product: its paths, statuses, words, readings and bounds, unless given here.",
    )
    base_url = models.CharField(
        "base URL",
        max_length=500,
        validators=[validators.validate_base_url],
        help_text="E.g. http://127.0.0.1:8001; tcp://host:port or tls://host:port checks the connection alone.",
    )
    # Empty where not given, like the other columns that a preset can fill: a value that equals the default replaces the
    # preset's as well.
    health_path = models.CharField(
        max_length=500,
        blank=True,
        validators=[validators.validate_path],
        help_text=f"Empty: the preset's, else {DEFAULT_HEALTH_PATH}.",
    )
    status_path = models.CharField(
        max_length=MAX_EXPRESSION_LENGTH,
        blank=True,
        validators=[validators.validate_expression],
        help_text="JMESPath of the status word in the answer. Empty: the preset's, else the usual places (status, "
        "state, health).",
    )
    status_words = models.JSONField(
        default=dict,
        blank=True,
        validators=[validators.validate_status_words],
        help_text='The service\'s own words, e.g. {"degraded": ["quiescing"]}; they precede the known ones.',
    )
    expected_status = models.CharField(
        max_length=100,
        blank=True,
        validators=[validators.validate_expected_status],
        help_text='HTTP statuses of a service that is well: "200-299", or a list such as "200,204". Empty: the '
        f"preset's, else {DEFAULT_EXPECTED_STATUS}.",
    )
    timeout_ms = models.PositiveIntegerField(
        "timeout (ms)",
        default=2000,
        validators=[Bounds(MIN_TIMEOUT_MS, MAX_TIMEOUT_MS)],
        help_text="One deadline for everything asked of this service in a sweep.",
    )
    degraded_above_ms = models.PositiveIntegerField(
        "degraded above (ms)",
        default=1000,
        null=True,
        blank=True,
        validators=[Bounds(1, MAX_TIMEOUT_MS)],
        help_text="A slower answer is at best degraded. Empty: slowness does not matter.",
    )
    body_contains = models.CharField(
        max_length=500,
        blank=True,
        validators=[validators.validate_storable],
        help_text="Text that a healthy answer must contain; without it the service is unhealthy.",
    )
    certificate_warn_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[Bounds(0, MAX_WARN_DAYS)],
        help_text="With fewer days left on its certificate the service is at best degraded. Empty: the smaller of 14 "
        "and a third of its lifetime; 0: never.",
    )
    failure_threshold = models.PositiveSmallIntegerField(
        default=1,
        validators=[Bounds(1, MAX_THRESHOLD)],
        help_text="Failed probes in a row before the service is shown as bad.",
    )
    success_threshold = models.PositiveSmallIntegerField(
        default=1,
        validators=[Bounds(1, MAX_THRESHOLD)],
        help_text="Good probes in a row before a bad service is shown as good again.",
    )
    counts_as_api = models.BooleanField(
        "counts as an API", default=True, help_text="Off for a pure data store: it is then no part of the API counts."
    )
    follow_redirects = models.BooleanField(default=False, help_text="At most 3, each hop checked again.")
    ca_file = models.CharField(
        "CA file",
        max_length=500,
        blank=True,
        validators=[validators.validate_file_path],
        help_text="Absolute path of a PEM file on the machines that probe; only what it holds is trusted then. "
        "Empty: what those machines trust.",
    )
    verify_tls = models.BooleanField(
        "verify TLS",
        default=True,
        help_text="Off: any certificate will do, so whoever is on the way can read what is sent, headers included, "
        "and answer in the service's place.",
    )
    client_certificate = SealedTextField(
        blank=True,
        validators=[validators.validate_client_certificate],
        help_text="Secret, never shown again. Certificate, chain and private key in PEM form, or one ${NAME}.",
    )
    enabled = models.BooleanField(default=True, help_text="A disabled service is not probed and in no answer.")
    notes = models.TextField(
        blank=True, validators=[MaxLengthValidator(MAX_NOTES_LENGTH), validators.validate_storable]
    )
    is_demo = models.BooleanField("demo", default=False, editable=False)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ("order", "name")
        constraints = (
            models.CheckConstraint(name="service_has_name", condition=~Q(name="")),
            models.CheckConstraint(name="service_order_in_bounds", condition=Q(order__range=(0, MAX_ORDER))),
            models.CheckConstraint(
                name="service_base_url_has_known_scheme",
                condition=Q(base_url__istartswith="http://")
                | Q(base_url__istartswith="https://")
                | Q(base_url__istartswith="tcp://")
                | Q(base_url__istartswith="tls://"),
                violation_error_message="base_url: must begin with http://, https://, tcp:// or tls://",
            ),
            models.CheckConstraint(
                name="service_health_path_is_path",
                condition=Q(health_path="") | Q(health_path__startswith="/"),
                violation_error_message='health_path: must begin with "/"',
            ),
            models.CheckConstraint(
                name="service_timeout_in_bounds", condition=Q(timeout_ms__range=(MIN_TIMEOUT_MS, MAX_TIMEOUT_MS))
            ),
            models.CheckConstraint(
                name="service_degraded_in_bounds",
                condition=Q(degraded_above_ms=None) | Q(degraded_above_ms__range=(1, MAX_TIMEOUT_MS)),
            ),
            models.CheckConstraint(
                name="service_warn_days_in_bounds",
                condition=Q(certificate_warn_days=None) | Q(certificate_warn_days__range=(0, MAX_WARN_DAYS)),
            ),
            models.CheckConstraint(
                name="service_thresholds_in_bounds",
                condition=Q(failure_threshold__range=(1, MAX_THRESHOLD), success_threshold__range=(1, MAX_THRESHOLD)),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        if self.base_url:
            self.base_url = self.base_url.rstrip("/")  # paths are put behind it, and they begin with "/"
        if self.client_certificate:
            self.client_certificate = self.client_certificate.strip()
        super().full_clean(*args, **kwargs)

    def clean(self) -> None:
        mistakes = self.http_mistakes(key for key in HTTP_COLUMNS if getattr(self, key))
        if self._scheme == "tcp":
            message = "must be left out: tcp:// has no TLS (write tls:// to check a certificate)"
            mistakes |= {key: message for key, unset in TLS_COLUMNS.items() if getattr(self, key) != unset}
        if mistakes:
            raise ValidationError(mistakes)

    @property
    def checks_connection_alone(self) -> bool:
        """Whether the base URL is tcp:// or tls://."""
        return self._scheme in validators.CONNECTION_SCHEMES

    def http_mistakes(self, given: Iterable[str]) -> dict[str, str]:
        """Return what is wrong, by key, with these keys about HTTP; they say nothing of a connection alone."""
        if not self.checks_connection_alone:
            return {}
        return dict.fromkeys(given, f"must be left out: {self._scheme}:// checks the connection alone")

    @property
    def _scheme(self) -> str:
        return self.base_url.partition("://")[0].lower()

    @property
    def status_of_words(self) -> Mapping[str, Status]:
        """The status of each of the service's own words, normalised."""
        return status_words.parse(self.status_words)
