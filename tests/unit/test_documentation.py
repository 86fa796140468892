"""README, documents, example file and `.ci/run` say the truth about the code."""

import re
from pathlib import Path

import pytest

from metricsproj import env

PROJECT_DIR = Path(env.__file__).parent.parent
README = (PROJECT_DIR / "README.md").read_text(encoding="utf-8")
CONFIGURATION = (PROJECT_DIR / "docs" / "configuration.md").read_text(encoding="utf-8")
EXAMPLE = (PROJECT_DIR / "example.env").read_text(encoding="utf-8")
CI = (PROJECT_DIR / ".ci" / "run").read_text(encoding="utf-8")


def test_the_document_has_one_row_for_each_setting_in_the_order_of_the_table() -> None:
    wanted = [
        f"| `{variable.name}` | {f'`{variable.default}`' if variable.default else ''} | {variable.help} |"
        for variable in env.TABLE
    ]

    assert [line for line in CONFIGURATION.splitlines() if re.match(r"\| `[A-Z_]+` \|", line)] == wanted


def test_the_example_file_has_each_setting_with_its_default() -> None:
    wanted = [f"#{variable.name}={variable.default}" for variable in env.TABLE]

    assert [line for line in EXAMPLE.splitlines() if re.match(r"#[A-Z_]+=", line)] == wanted


def test_the_example_file_is_good_when_all_of_it_is_taken() -> None:
    lines = re.findall(r"^#([A-Z_]+)=(.*)$", EXAMPLE, flags=re.MULTILINE)

    env.read(dict(lines))


@pytest.mark.parametrize("last_word", ["manage.py up --demo", ".venv/bin/pytest"])
def test_the_two_commands_of_the_readme_are_what_ci_runs(last_word: str) -> None:
    (command,) = re.findall(rf"^python3 -m venv .*{re.escape(last_word)}$", README, flags=re.MULTILINE)

    assert command in CI


@pytest.mark.parametrize("path", sorted(PROJECT_DIR.glob("requirements*.txt")), ids=lambda path: path.name)
def test_every_pinned_version_is_exact_and_has_hashes(path: Path) -> None:
    entry = r"[a-z0-9-]+==[\w.]+( ; [^\\\n]+)? \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+"
    comment = r" *#.*\n"

    assert re.fullmatch(f"({comment})*({entry}({comment})*)+", path.read_text(encoding="utf-8"))


def test_every_list_of_dependencies_is_pinned() -> None:
    wanted, pinned = (
        {path.stem for path in PROJECT_DIR.glob(pattern)} for pattern in ("requirements*.in", "requirements*.txt")
    )

    assert wanted == pinned


def test_every_folder_and_module_in_the_architecture_is_there() -> None:
    architecture = (PROJECT_DIR / "ARCHITECTURE.md").read_text(encoding="utf-8")

    for name in re.findall(r"`((?:realtime|metricsproj|bench|tests)/[\w/.]*)`", architecture):
        assert (PROJECT_DIR / name).exists(), name


DOCUMENTS = sorted([*PROJECT_DIR.glob("*.md"), *PROJECT_DIR.glob("docs/*.md")])


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
