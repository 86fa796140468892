"""URLs of the pages."""

from django.urls import path

from realtime.web import signing_in, views

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("services/<str:name>", views.service, name="service"),
    path("sign-in", signing_in.sign_in, name="sign-in"),
    path("sign-out", signing_in.sign_out, name="sign-out"),
]
