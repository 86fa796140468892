"""The doors: the API, the pages and the admin."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("realtime.api.urls")),
    path("admin/", admin.site.urls),
    path("", include("realtime.web.urls")),
]
