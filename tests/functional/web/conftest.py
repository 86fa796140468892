"""Pages on the same store and snapshots that the API's tests use."""

from tests.embedded_store import clean_store, running_store  # noqa: F401
from tests.functional.api.conftest import publish, store  # noqa: F401
