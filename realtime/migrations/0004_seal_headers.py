"""Encrypt the values of request headers that lie in the database in clear; on the way back, decrypt them."""

from collections.abc import Callable
from typing import Any

from django.core.validators import MaxLengthValidator
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import realtime.models.validators
from realtime.models import sealed_text


def rewrite(apps: Any, changed: Callable[[str], str]) -> None:
    # The column is plain text to both directions, so that what is written is what is said here.
    headers = apps.get_model("realtime", "RequestHeader").objects
    for pk, value in headers.values_list("pk", "value").iterator():
        headers.filter(pk=pk).update(value=changed(value))


def encrypt(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    rewrite(apps, sealed_text.seal)


def decrypt(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    rewrite(apps, sealed_text.unseal)


class Migration(migrations.Migration):
    dependencies = [
        ("realtime", "0003_read_key"),
    ]

    operations = [
        migrations.RunPython(encrypt, decrypt),
        migrations.AlterField(
            model_name="requestheader",
            name="value",
            field=sealed_text.SealedTextField(
                help_text="Secret, never shown again. ${NAME} is replaced by that environment variable when probing.",
                validators=[MaxLengthValidator(8192), realtime.models.validators.validate_header_value],
            ),
        ),
    ]
