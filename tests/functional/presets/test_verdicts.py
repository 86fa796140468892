"""Presets judge answers of their products over the network, from the registry's row to the bounds on readings."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from realtime.collection.inspection import probe_now
from realtime.models import Service
from realtime.registry.presets import all_presets
from realtime.registry.targets import load_targets
from tests.functional.presets.recorded import Answer, Case, recorded_cases

# Where the path names what is asked for, so that whoever registers the service gives it.
OWN_PATH = frozenset({"argocd-application", "blackbox-exporter"})


class Product:
    """Answers as a product did in one case; of any other path it knows nothing."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        product = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                answer = product.answers.get(self.path, Answer(path="", http_status=404, content_type="", body=""))
                body = answer.body.encode()
                self.send_response(answer.http_status)
                if answer.content_type:
                    self.send_header("Content-Type", answer.content_type)
                if answer.http_status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def is_in(self, case: Case) -> None:
        self.answers = {answer.path: answer for answer in (case.answer, *case.also)}


@pytest.fixture(scope="module")
def _product() -> Iterator[Product]:
    product = Product()
    thread = threading.Thread(target=product.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield product
    product.server.shutdown()
    thread.join()
    product.server.server_close()


@pytest.fixture
def product(_product: Product, monkeypatch: pytest.MonkeyPatch) -> Product:
    """A product in no state yet; probing it looks for no store, since there is no back-off to end."""
    monkeypatch.setattr("realtime.collection.inspection.end_back_off", lambda names: None)
    return _product


@pytest.mark.django_db
@pytest.mark.parametrize("case", recorded_cases(), ids=str)
def test_an_answer_of_a_product_gets_the_verdict_that_a_person_gives(case: Case, product: Product) -> None:
    product.is_in(case)
    health_path = case.answer.path if case.preset in OWN_PATH else ""
    Service(name="product", preset=case.preset, base_url=product.url, health_path=health_path).save()

    (inspection,) = probe_now(["product"])

    result = inspection.result
    assert result.status == case.status, inspection.rule
    assert case.kind in (None, result.failure.kind if result.failure else None)
    assert {name: result.gauges[name] for name in case.readings} == case.readings


# Their documented answer is a status without a body: nothing in it tells it from another server's.
STATUS_ALONE = frozenset({"minio"})


@pytest.mark.django_db
@pytest.mark.parametrize("preset", sorted(set(all_presets()) - STATUS_ALONE))
def test_a_page_of_something_else_is_never_green(preset: str, product: Product) -> None:
    Service(name="product", preset=preset, base_url=product.url).save()
    (target,) = load_targets()
    page = "<!DOCTYPE html><html><head><title>Welcome</title></head><body><p>It works!</p></body></html>"
    paths = {target.health_path, *(spec.path for spec in target.readings if spec.path)}
    product.answers = {path: Answer(path=path, http_status=200, content_type="text/html", body=page) for path in paths}

    (inspection,) = probe_now(["product"])

    assert inspection.result.status.is_bad, inspection.rule
