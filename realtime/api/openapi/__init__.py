"""The OpenAPI document of the API, made when it is first asked for."""

import threading
from functools import lru_cache

from realtime.reporting.rendering import Rendered

_making = threading.Lock()


def openapi_document(*, prefix: str) -> Rendered:
    """Return the document of a site that is mounted at this path; it stays the same while this process runs."""
    with _making:  # drf-spectacular sets attributes of the URL patterns while it makes one
        return _made(prefix)


@lru_cache(maxsize=2)
def _made(prefix: str) -> Rendered:
    # Not at the top of the module: nothing else needs drf-spectacular, which takes 0.2 s and 2.5 MB to import.
    from realtime.api.openapi.generator import Generator

    return Rendered(Generator().get_schema() | {"servers": [{"url": prefix.rstrip("/") or "/"}]})
