"""ARCHITECTURE.md speaks of files that exist, and every module says its one job."""

import ast
import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent.parent
NAMED_FILE = re.compile(r"`([\w/.-]+\.(?:py|md|yaml|js|toml))`")


def named_files() -> list[str]:
    return sorted(set(NAMED_FILE.findall((CHECKOUT / "ARCHITECTURE.md").read_text())))


@pytest.mark.parametrize("name", named_files())
def test_a_file_that_the_architecture_names_exists(name: str) -> None:
    assert any((CHECKOUT / root / name).exists() for root in ("", "realtime", "metricsproj"))


@pytest.mark.parametrize("room", ["realtime", "metricsproj"])
def test_every_module_opens_with_its_one_job(room: str) -> None:
    silent = [
        str(path.relative_to(CHECKOUT))
        for path in (CHECKOUT / room).rglob("*.py")
        if "migrations" not in path.parts
        and path.read_text().strip()
        and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []
