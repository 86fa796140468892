"""A row that cannot be saved wrong: the base of the registry's models."""

from typing import Any

from django.db import models


class CheckedModel(models.Model):
    """Validates itself on every `save()`, not only in forms, so that code and shell get the same messages."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row.

        Raises:
            ValidationError: a field or a constraint is violated; its `message_dict` names the fields.
        """
        self.full_clean()
        super().save(*args, **kwargs)
