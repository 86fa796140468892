"""`manage.py import_services`: exit codes, messages, and that a bad file changes nothing."""

import io
import socket
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection

from realtime.models import Service
from realtime.registry import importing
from tests.functional.registry.rows import saved_header, saved_service

pytestmark = pytest.mark.django_db

GOOD = "services: [{name: data-api, base_url: 'http://127.0.0.1:8006'}]\n"


class _Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def file_with(folder: Path, text: str, *, name: str = "services.yaml") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def test_it_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_services", file_with(tmp_path, GOOD))

    assert capsys.readouterr().out.splitlines() == [
        "services: 1 created, 0 updated, 0 unchanged",
        "data sources: 0 created, 0 updated, 0 unchanged",
    ]


def test_a_bad_file_changes_nothing_and_exits_1_with_file_entry_and_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file_with(tmp_path, GOOD + "  \n" + "data_sources: [{name: x, service: nobody}]")

    with pytest.raises(SystemExit) as caught:
        call_command("import_services", path)

    assert caught.value.code == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{path}: data_sources[0] (x): service: 'nobody' is neither in this file nor in the registry"
    ]
    assert not Service.objects.exists()


def test_check_changes_nothing_and_asks_no_dns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a name was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    path = file_with(tmp_path, "services: [{name: a, base_url: 'http://no-such-host.invalid'}]")

    call_command("import_services", path, check=True)

    assert capsys.readouterr().out == f"{path}: good: 1 service, 0 data sources\n"
    assert not Service.objects.exists()


def test_check_exits_1_on_a_bad_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        call_command("import_services", file_with(tmp_path, "services: [{name: a}]"), check=True)

    assert caught.value.code == 1
    assert "services[0] (a): base_url: is required" in capsys.readouterr().err


def test_json_is_told_by_the_ending(tmp_path: Path) -> None:
    call_command("import_services", file_with(tmp_path, '{"services": []}', name="a.JSON"), verbosity=0)


def test_a_dash_reads_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(GOOD.encode()))

    call_command("import_services", "-")

    assert Service.objects.get().name == "data-api"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("services.toml", "ends with neither .yaml, .yml nor .json (or choose --format yaml or json)"),
        ("absent.yaml", "cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(
    name: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        call_command("import_services", str(tmp_path / name))

    assert caught.value.code == 1
    assert capsys.readouterr().err == f"{tmp_path / name}: {message}\n"


def test_a_secret_that_is_kept_is_warned_of_without_showing_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved_header(saved_service(), value="Bearer hunter2")
    path = str(tmp_path / "export.yaml")
    call_command("export_services", path)

    call_command("import_services", path)

    printed = capsys.readouterr()
    assert "DATA_API_AUTHORIZATION is not set: the stored secret is kept" in printed.err
    assert "hunter2" not in printed.out + printed.err + Path(path).read_text()


def test_a_database_that_refuses_is_one_line_without_the_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise DatabaseError("violates a constraint\nDETAIL:  Failing row contains (hunter2).")

    monkeypatch.setattr(importing, "apply", refuse)
    with pytest.raises(SystemExit) as caught:
        call_command("import_services", file_with(tmp_path, GOOD))

    assert caught.value.code == 1
    said = capsys.readouterr().err
    named = f"the {connection.display_name} database {connection.settings_dict['NAME']}"
    assert f"services.yaml: nothing was changed, the database refused: {named}" in said
    assert said.endswith(": violates a constraint\n")


@pytest.mark.parametrize("check", [True, False])
def test_what_a_file_asks_for_in_vain_is_a_warning_of_check_and_import_alike(
    check: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "services: [{name: a, base_url: 'http://h', timeout_ms: 9000, headers: {Authorization: '${NOT_SET_HERE}'}}]"
    path = file_with(tmp_path, text)

    call_command("import_services", path, check=check, no_color=True)

    assert capsys.readouterr().err.splitlines() == [
        f"{path}: a: headers[Authorization]: NOT_SET_HERE is not set: the header is left out of requests until it is",
        f"{path}: a: timeout_ms: 9000 is longer than the sweep deadline of 4 s at a refresh interval of 5 s: a slower "
        "answer is cut off and shown as an error (use at most 4000, or raise the interval or REALTIME_SWEEP_DEADLINE)",
    ]
    assert Service.objects.exists() is not check


def test_services_of_a_second_file_without_order_come_last_and_stay_there(tmp_path: Path) -> None:
    entry = "{{name: {name}, base_url: 'http://h'{more}}}"
    first = f"services: [{entry.format(name='z', more='')}, {entry.format(name='y', more=', order: 70')}]"
    second = f"services: [{entry.format(name='b', more='')}, {entry.format(name='a', more='')}]"

    for _ in range(2):
        call_command("import_services", file_with(tmp_path, first))
        call_command("import_services", file_with(tmp_path, second))

        assert list(Service.objects.in_order().values_list("name", "order")) == [
            ("y", 70),
            ("z", 80),
            ("b", 90),
            ("a", 100),
        ]
