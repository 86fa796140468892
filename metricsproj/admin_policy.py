"""The Content-Security-Policy of the admin: everything from this origin, and no inline script but a known one.

Our pages bring a stricter one of their own (`realtime.web.security`). The admin's widgets set styles on elements.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

ADMIN_PATH = "/admin/"
# The one inline script there is: with it django-celery-beat 2.9.0 shows only the chosen kind of schedule.
_SCHEDULE_SCRIPT = "'sha256-QE3U2xYF7B4J2ro1/9oxiKhaWCGW39gB7ocQ/xlD0bE='"
POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'self' {_SCHEDULE_SCRIPT}",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def guard_admin(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: sets the policy on every page of the admin."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path_info.startswith(ADMIN_PATH):
            response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return middleware
