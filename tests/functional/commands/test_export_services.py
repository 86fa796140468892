"""`manage.py export_services`: the registry as a file that can be imported again."""

import json
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from tests.functional.registry.rows import saved_header, saved_service

pytestmark = pytest.mark.django_db

ENTRY = {
    "name": "data-api",
    "base_url": "http://127.0.0.1:8006",
    "type": "core",
    "order": 0,
}


def test_it_writes_yaml_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    saved_service()

    call_command("export_services")

    assert yaml.safe_load(capsys.readouterr().out) == {"services": [ENTRY], "data_sources": []}


def test_it_writes_json_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    saved_service()

    call_command("export_services", format="json")

    assert json.loads(capsys.readouterr().out)["services"] == [ENTRY]


def test_the_ending_of_the_file_tells_the_format(tmp_path: Path) -> None:
    for name, read in (("a.json", json.loads), ("a.yml", yaml.safe_load), ("a.txt", yaml.safe_load)):
        call_command("export_services", str(tmp_path / name))

        assert read((tmp_path / name).read_text()) == {"services": [], "data_sources": []}


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        call_command("export_services", str(tmp_path / "absent" / "a.yaml"))


def test_no_secret_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    saved_header(saved_service(), value="Bearer hunter2")

    call_command("export_services")

    assert "hunter2" not in capsys.readouterr().out
