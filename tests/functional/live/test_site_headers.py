"""What the event stream adds to its answers is what Django's middleware adds to all others."""

from dataclasses import replace

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from realtime.live.site_headers import site_headers

PATH = "/api/v1/no-such-endpoint"
WALL = "https://wall.example"
ALWAYS = {"x-content-type-options", "x-frame-options", "referrer-policy", "cross-origin-opener-policy"}


@pytest.mark.parametrize(
    ("origin", "is_secure", "more"),
    [
        (None, False, {"vary"}),
        (WALL, False, {"vary", "access-control-allow-origin", "access-control-expose-headers"}),
        ("https://evil.example", True, {"vary", "strict-transport-security"}),
    ],
)
def test_they_are_those_of_an_answer_that_passed_the_middleware(
    settings: Settings, origin: str | None, is_secure: bool, more: set[str]
) -> None:
    settings.REALTIME = replace(settings.REALTIME, allowed_origins=(WALL,))
    settings.MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *settings.MIDDLEWARE]
    settings.CORS_ALLOWED_ORIGINS = [WALL]
    settings.SECURE_HSTS_SECONDS = 60
    headers = {} if origin is None else {"origin": origin}

    found = dict(site_headers(RequestFactory().get(PATH, secure=is_secure, headers=headers)))

    answer = Client().get(PATH, secure=is_secure, headers=headers)
    assert {name.decode() for name in found} == ALWAYS | more
    assert found.pop(b"vary").decode() in answer["vary"].split(", ")  # what the view says of itself comes before it
    assert {name: answer[name.decode()].encode() for name in found} == found


def test_without_other_origins_nothing_is_said_of_them(settings: Settings) -> None:
    headers = {"origin": WALL}

    assert {name.decode() for name, _ in site_headers(RequestFactory().get(PATH, headers=headers))} == ALWAYS
