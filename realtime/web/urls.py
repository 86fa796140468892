"""Doors of the pages."""

from django.urls import path

from realtime.web import views

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("services/<str:name>", views.service, name="service"),
]
