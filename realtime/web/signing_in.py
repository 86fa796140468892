"""How a person gets to the pages under `key`: the sign-in page trades a read key once for a cookie, and out again.

The cookie is HttpOnly and SameSite=Strict, holds no key, and ends with the key it was given for. REST, event stream and
WebSocket of this site take it as well. A key never stands in an address: those are kept in logs and histories.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import get_script_prefix, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from realtime.config import ReadAccess
from realtime.reporting.access import (
    CHALLENGE,
    COOKIE,
    COOKIE_SECONDS,
    AccessUnknown,
    NotAdmitted,
    admit,
    cookie_for,
    is_public,
    presented_in,
)
from realtime.web.security import with_policy

P = ParamSpec("P")
SEE_OTHER = 303


def for_readers(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Decorate a page that is shown to those who may read; others get the way in, under the same address."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if is_public():
            return view(request, *args, **kwargs)
        try:
            admit(presented_in(request))
        except NotAdmitted:
            return _way_in(request)
        except AccessUnknown as error:
            return _page(request, status=503, problem=f"{error.fault.message}. Try again in a moment.")
        return view(request, *args, **kwargs)

    return answer


@with_policy
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Trade a read key for the cookie, and lead back to the page that was asked for."""
    destination = _destination(request)
    if request.method != "POST" or settings.REALTIME.read_access is not ReadAccess.KEY:
        return _page(request, destination=destination)
    try:
        cookie = cookie_for(request.POST.get("key", ""))
    except AccessUnknown as error:
        problem = f"{error.fault.message}. Try again in a moment."
        return _page(request, status=503, destination=destination, problem=problem)
    if cookie is None:
        problem = "This read key is unknown or revoked."
        return _page(request, status=403, destination=destination, problem=problem)
    response = HttpResponseRedirect(destination)
    response.status_code = SEE_OTHER
    response.set_cookie(COOKIE, cookie, max_age=COOKIE_SECONDS, **_cookie_traits())
    return response


@with_policy
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """Forget the cookie; a page asks first, since following a link must change nothing."""
    if request.method != "POST":
        return render(request, "realtime/sign_out.html")
    response = HttpResponseRedirect(reverse("sign-in"))
    response.status_code = SEE_OTHER
    response.delete_cookie(COOKIE, path=get_script_prefix(), samesite="Strict")
    return response


def sign_out_url() -> str:
    """Return where one signs out, empty where nobody signs in with a read key."""
    return reverse("sign-out") if settings.REALTIME.read_access is ReadAccess.KEY else ""


def _cookie_traits() -> dict[str, Any]:
    return {
        "path": get_script_prefix(),
        "httponly": True,
        "samesite": "Strict",
        "secure": settings.SESSION_COOKIE_SECURE,
    }


def _way_in(request: HttpRequest) -> HttpResponse:
    """Return what a stranger sees of a page: the sign-in form, or the way to the admin's."""
    if settings.REALTIME.read_access is ReadAccess.STAFF:
        query = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{reverse('admin:login')}?{query}")
    response = _page(request, status=401, destination=request.get_full_path())
    response["WWW-Authenticate"] = CHALLENGE
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        # Browsers leave a strict cookie out when a link on another site leads here. Loaded once more from this very
        # page, it comes along.
        response["Refresh"] = "0"
    return response


def _page(
    request: HttpRequest, *, status: int = 200, destination: str | None = None, problem: str = ""
) -> HttpResponse:
    context = {"destination": destination or reverse("dashboard"), "problem": problem}
    return render(request, "realtime/sign_in.html", context, status=status)


def _destination(request: HttpRequest) -> str:
    """Return the page to lead back to: one of this site, whatever the form or the link says."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else reverse("dashboard")
