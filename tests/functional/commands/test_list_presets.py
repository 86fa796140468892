"""`manage.py list_presets`: what can stand under `preset` in a registry file."""

import pytest
from django.core.management import call_command

from realtime.registry.presets import all_presets


def test_it_names_every_preset_with_its_description_and_documentation(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("list_presets")

    expected = [
        line
        for preset in all_presets().values()
        for line in (f"{preset.name}: {preset.description}", *(f"    {page}" for page in preset.documentation))
    ]
    assert capsys.readouterr().out.splitlines() == expected
