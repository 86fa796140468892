"""The admin and a database in trouble: that is a page of its own, while a mistake of ours stays a mistake."""

from collections.abc import Callable
from typing import NamedTuple, Never

import pytest
from django.db import OperationalError, connection
from django.test import Client

from realtime.admin.service import ServiceAdmin

LIST = "/admin/realtime/service/"


class Answer(NamedTuple):
    status: int
    retry_after: str | None
    text: str


def with_trouble(client: Client, monkeypatch: pytest.MonkeyPatch, trouble: Callable[[], object]) -> Answer:
    monkeypatch.setattr(ServiceAdmin, "get_queryset", lambda admin, request: trouble())
    client.raise_request_exception = False
    response = client.get(LIST)
    return Answer(response.status_code, response.headers.get("Retry-After"), response.content.decode())


@pytest.mark.django_db(transaction=True)
def test_a_database_that_gives_up_while_it_answers_other_questions_is_a_503(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def given_up() -> Never:
        raise OperationalError("canceling statement due to statement timeout")

    answer = with_trouble(operator, monkeypatch, given_up)

    assert (answer.status, answer.retry_after) == (503, "5")
    assert "database does not answer" in answer.text


@pytest.mark.django_db(transaction=True)
def test_a_mistake_in_sql_is_a_500(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column FROM realtime_service")

    assert with_trouble(operator, monkeypatch, mistaken).status == 500
