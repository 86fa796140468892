from typing import Any

from django.db import migrations, models

import realtime.models.validators

DEFAULTS = {"health_path": "/health", "expected_status": "200-299"}


def empty_defaults(apps: Any, schema_editor: Any) -> None:
    """Make columns with the default say that nothing was given, so that a preset chosen later is used."""
    for column, default in DEFAULTS.items():
        apps.get_model("realtime", "Service").objects.filter(**{column: default}).update(**{column: ""})


def fill_defaults(apps: Any, schema_editor: Any) -> None:
    for column, default in DEFAULTS.items():
        apps.get_model("realtime", "Service").objects.filter(**{column: ""}).update(**{column: default})


class Migration(migrations.Migration):
    dependencies = [
        ("realtime", "0007_verdicts_on_evidence"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="service",
            name="service_health_path_is_path",
        ),
        migrations.RunPython(empty_defaults, fill_defaults),
        migrations.AlterField(
            model_name="service",
            name="expected_status",
            field=models.CharField(
                blank=True,
                help_text='HTTP statuses of a service that is well: "200-299", or a list such as "200,204". Empty: the preset\'s, else 200-299.',
                max_length=100,
                validators=[realtime.models.validators.validate_expected_status],
            ),
        ),
        migrations.AlterField(
            model_name="service",
            name="health_path",
            field=models.CharField(
                blank=True,
                help_text="Empty: the preset's, else /health.",
                max_length=500,
                validators=[realtime.models.validators.validate_path],
            ),
        ),
        migrations.AlterField(
            model_name="service",
            name="preset",
            field=models.CharField(
                blank=True,
                help_text="A known product: its paths, statuses, words, readings and bounds, unless given here.",
                max_length=64,
                validators=[realtime.models.validators.validate_one_line],
            ),
        ),
        migrations.AlterField(
            model_name="service",
            name="status_path",
            field=models.CharField(
                blank=True,
                help_text="JMESPath of the status word in the answer. Empty: the preset's, else the usual places (status, state, health).",
                max_length=500,
                validators=[realtime.models.validators.validate_expression],
            ),
        ),
        migrations.AddConstraint(
            model_name="service",
            constraint=models.CheckConstraint(
                condition=models.Q(("health_path", ""), ("health_path__startswith", "/"), _connector="OR"),
                name="service_health_path_is_path",
                violation_error_message='health_path: must begin with "/"',
            ),
        ),
        migrations.AlterConstraint(
            model_name="reading",
            name="reading_has_expression_or_metric",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("expression", ""), models.Q(("metric", ""), _negated=True)),
                    models.Q(models.Q(("expression", ""), _negated=True), ("metric", "")),
                    _connector="OR",
                ),
                name="reading_has_expression_or_metric",
            ),
        ),
    ]
