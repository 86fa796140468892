"""The doors: the API, the admin and the liveness answer."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path


def livez(request: HttpRequest) -> HttpResponse:
    """Answer as long as this process works; asks nobody, for any Host."""
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", livez),
    path("admin/", admin.site.urls),
]
