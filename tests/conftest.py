"""Which tests are slow, and what is left out of a run without them. Nothing here may need Redis or the database."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
# Their tests start programs of this project, or a browser.
SLOW_FOLDERS = {"browser", "e2e"}


def pytest_configure(config: pytest.Config) -> None:
    """Try fewer examples of each property in a run without slow tests."""
    if config.getoption("markexpr") == "not slow":
        from hypothesis import settings  # here, because loading it takes a second

        settings.register_profile("quick", max_examples=10)
        settings.load_profile("quick")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what is in a slow folder; other slow tests say so themselves."""
    for item in items:
        if item.path.relative_to(TESTS).parts[0] in SLOW_FOLDERS:
            item.add_marker(pytest.mark.slow)
