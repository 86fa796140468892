"""What a request may bring along: nothing, or a body of bounded size within bounded time."""

import asyncio
import json
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any

import pytest

from metricsproj import request_bodies
from metricsproj.request_bodies import MAX_LARGE_BYTES, RequestBodies

Message = MutableMapping[str, Any]


def scope(*headers: tuple[bytes, bytes], path: str = "/form") -> dict[str, Any]:
    return {"type": "http", "method": "POST", "path": path, "headers": list(headers)}


def announced(size: int) -> tuple[bytes, bytes]:
    return b"content-length", str(size).encode()


CHUNKED = (b"transfer-encoding", b"chunked")


class Client:
    """Sends parts of a body, and then hangs up or falls silent."""

    def __init__(self, *parts: bytes, is_whole: bool = True, then_leaves: bool = True) -> None:
        self._messages: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        if is_whole:
            self._messages.append({"type": "http.request", "body": b"", "more_body": False})
        self._then_leaves = then_leaves
        self.answers: list[Message] = []
        self.received = 0

    async def receive(self) -> Message:
        self.received += 1
        if self._messages:
            return self._messages.pop(0)
        if not self._then_leaves:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.answers.append(message)

    @property
    def status(self) -> int:
        status: int = self.answers[0]["status"]
        return status

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.answers[1:])


class Form:
    """The application behind: keeps what it was handed."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        self.bodies.append(message["body"])
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"taken"})


@pytest.fixture
def form() -> Form:
    return Form()


def bounded(form: Form, limit_bytes: int = 100) -> RequestBodies:
    return RequestBodies(form, limit_of=lambda _: limit_bytes)


@pytest.mark.parametrize("header", [announced(6), CHUNKED])
async def test_a_body_comes_whole(form: Form, header: tuple[bytes, bytes]) -> None:
    client = Client(b"one", b"two")

    await bounded(form)(scope(header), client.receive, client.send)

    assert form.bodies == [b"onetwo"]
    assert (client.status, client.body) == (200, b"taken")


@pytest.mark.parametrize("headers", [(), (announced(0),), ((b"content-length", b"00"),)])
async def test_a_request_without_a_body_passes_everywhere(form: Form, headers: tuple[tuple[bytes, bytes], ...]) -> None:
    client = Client()

    await bounded(form, 0)(scope(*headers), client.receive, client.send)

    assert client.status == 200


@pytest.mark.parametrize("header", [announced(1), CHUNKED])
async def test_where_no_body_is_taken_it_is_refused_unread(form: Form, header: tuple[bytes, bytes]) -> None:
    client = Client(b"x")

    await bounded(form, 0)(scope(header, path="/api/v1/x"), client.receive, client.send)

    assert form.bodies == []
    assert client.status == 413
    assert (b"connection", b"close") in client.answers[0]["headers"]
    assert json.loads(client.body) == {
        "type": "about:blank",
        "title": HTTPStatus.REQUEST_ENTITY_TOO_LARGE.phrase,
        "status": 413,
        "detail": "no request body is accepted here",
        "code": "body_refused",
    }


async def test_the_refusal_is_said_before_the_rest_is_thrown_away(form: Form) -> None:
    client = Client(b"x" * 50, is_whole=False)
    received_before: list[int] = []
    real = client.send

    async def send(message: Message) -> None:
        received_before.append(client.received)
        await real(message)

    await bounded(form, 0)(scope(announced(1000)), client.receive, send)

    assert received_before == [0, 0, 2]
    assert client.answers[-1] == {"type": "http.response.body", "body": b""}


@pytest.mark.parametrize(("header", "received"), [(announced(101), 0), (CHUNKED, 2)])
async def test_a_body_over_the_limit_is_refused_as_soon_as_that_is_known(
    form: Form, header: tuple[bytes, bytes], received: int
) -> None:
    client = Client(b"x" * 60, b"x" * 60, b"x" * 60)
    at_answer: list[int] = []
    real = client.send

    async def send(message: Message) -> None:
        at_answer.append(client.received)
        await real(message)

    await bounded(form)(scope(header), client.receive, send)

    assert client.status == 413
    assert client.body == b"a request body may have at most 100 bytes here\n"
    assert at_answer[0] == received
    assert form.bodies == []


async def test_a_body_that_does_not_arrive_in_time_is_refused(form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_bodies, "BODY_SECONDS", 0.02)
    client = Client(b"half", is_whole=False, then_leaves=False)

    await bounded(form)(scope(announced(8)), client.receive, client.send)

    assert client.status == 408
    assert form.bodies == []


async def test_a_request_that_broke_off_is_not_answered(form: Form) -> None:
    client = Client(b"half", is_whole=False)

    await bounded(form)(scope(announced(8)), client.receive, client.send)

    assert (form.bodies, client.answers) == ([], [])


async def test_large_bodies_have_a_limit_together_and_small_ones_do_not(form: Form) -> None:
    """Each of the large ones is there in part only, and would be gathered for as long as its sender likes."""
    size = MAX_LARGE_BYTES // 4
    application = bounded(form, size)
    form.may_answer.clear()
    large = [Client(b"x" * size) for _ in range(5)]
    small = [Client(b"x") for _ in range(3)]
    async with asyncio.TaskGroup() as tasks:
        for client in large:
            tasks.create_task(application(scope(announced(size)), client.receive, client.send))
        for client in small:
            tasks.create_task(application(scope(announced(1)), client.receive, client.send))
        while len(form.bodies) < 7:
            await asyncio.sleep(0)
        form.may_answer.set()

    assert [client.status for client in large] == [200, 200, 200, 200, 503]
    assert (b"retry-after", b"5") in large[4].answers[0]["headers"]
    assert {client.status for client in small} == {200}

    later = Client(b"x" * size)
    await application(scope(announced(size)), later.receive, later.send)
    assert later.status == 200
