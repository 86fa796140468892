"""The JSON renderer of the API: bytes that were rendered once, long before the request, pass as they are."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer


class RenderedJSONRenderer(JSONRenderer):
    """Passes rendered bytes on and renders anything else, such as an error, as JSON."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if isinstance(data, bytes):
            return data
        return super().render(data, accepted_media_type, renderer_context)
