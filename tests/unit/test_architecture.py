"""ARCHITECTURE.md names every module, and says of each what the module itself says."""

import ast
import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
ROW = re.compile(r"^\| `((?:realtime|metricsproj)/[\w/]+\.py)` \| (.+) \|$", re.MULTILINE)
# A package that only holds others has nothing to say.
LEAST_LINES_OF_AN_INIT = 8


def documented_modules() -> dict[str, str]:
    return dict(ROW.findall((CHECKOUT / "ARCHITECTURE.md").read_text()))


def modules() -> dict[str, str]:
    found = {}
    for room in ("realtime", "metricsproj"):
        for path in (CHECKOUT / room).rglob("*.py"):
            text = path.read_text()
            is_empty_package = path.name == "__init__.py" and len(text.splitlines()) < LEAST_LINES_OF_AN_INIT
            if "migrations" not in path.parts and not is_empty_package:
                docstring = ast.get_docstring(ast.parse(text)) or ""
                found[str(path.relative_to(CHECKOUT))] = docstring.partition("\n")[0]
    return found


def test_the_table_of_modules_names_all_of_them_in_their_own_words() -> None:
    assert documented_modules() == modules()
