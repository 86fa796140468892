"""URLs: the API, the pages and the admin; errors under `/api/` are JSON, others pages."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("realtime.api.urls")),
    path("admin/", admin.site.urls),
    path("", include("realtime.web.urls")),
]

handler400 = "realtime.api.errors.bad_request"
handler403 = "realtime.api.errors.permission_denied"
handler404 = "realtime.api.errors.not_found"
handler500 = "realtime.api.errors.server_error"
