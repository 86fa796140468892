"""The liveness answer: before everything that could fail, and for any Host."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

LIVENESS_PATH = "/livez"


def answer_liveness(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: 200 as long as this process works. It asks nobody, neither the store nor who is calling."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info == LIVENESS_PATH:
            return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})
        return get_response(request)

    return middleware
