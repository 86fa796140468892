"""A read key: what opens the metrics to a program or a person. The key itself is not here, only its hash."""

from django.db import models
from django.db.models import Q

from realtime.core.read_keys import PUBLIC_ID_CHARACTERS, KeyMark
from realtime.models import validators
from realtime.models.checked import CheckedModel

DIGEST_CHARACTERS = 64


class ReadKeyQuerySet(models.QuerySet["ReadKey"]):
    """Facts about many read keys."""

    def digests(self) -> dict[str, str]:
        """Return what is kept of each key that opens, by its public id."""
        return dict(self.filter(enabled=True).values_list("public_id", "digest"))


class ReadKey(CheckedModel):
    """One read key. Whoever holds it may read the metrics for as long as the row is there and enabled."""

    name = models.CharField(
        max_length=64,
        unique=True,
        validators=[validators.validate_one_line],
        help_text="Who or what reads with it, e.g. wall display in the office.",
    )
    public_id = models.CharField("begins with", max_length=PUBLIC_ID_CHARACTERS, unique=True, editable=False)
    digest = models.CharField(max_length=DIGEST_CHARACTERS, editable=False)
    enabled = models.BooleanField(default=True, help_text="Off: revoked, within a second, on every connection.")
    created_at = models.DateTimeField("created", auto_now_add=True)
    last_used_at = models.DateTimeField("last used", null=True, blank=True, editable=False)

    objects = ReadKeyQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(name="read_key_has_name", condition=~Q(name="")),
            models.CheckConstraint(name="read_key_has_public_id", condition=~Q(public_id="")),
            models.CheckConstraint(name="read_key_has_digest", condition=~Q(digest="")),
        )

    def __str__(self) -> str:
        return self.name

    def take(self, mark: KeyMark) -> None:
        """Become the row of this key; the one it was before no longer opens anything once the row is saved."""
        self.public_id, self.digest = mark.public_id, mark.digest
        self.last_used_at = None
