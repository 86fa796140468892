"""A secret that is sent to a service is in nothing that a probe says, whatever comes of it."""

import logging
import traceback
from contextlib import closing
from pathlib import Path

import pytest

from realtime.config import Config
from realtime.core.records import Status, Target, Unprobed, UnprobedReason
from realtime.probing.fetch import UnusableTarget
from realtime.probing.pool import Prober
from tests.integration.probing.conftest import Listen
from tests.integration.probing.peers import Handler, after_request, hang, healthy, http_answer, refusing_port

SECRET = "pl4nted-s3cret"


def secretive(base_url: str) -> Target:
    return Target(
        name="a",
        base_url=base_url.replace("://", f"://user:{SECRET}@"),
        health_path=f"/health?token={SECRET}",
        timeout_seconds=0.3,
        follow_redirects=True,
        headers=(("Authorization", f"Bearer {SECRET}"),),
    )


@pytest.mark.parametrize(
    "handler",
    [
        healthy,
        hang,
        after_request(b"nonsense"),
        after_request(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"),
        after_request(http_answer(b"x" * 300_000)),
        after_request(http_answer(b"", status="302 Found", headers=(f"Location: ftp://x/?{SECRET}",))),
        after_request(http_answer(b"", status="500 Oops")),
    ],
)
def test_a_secret_is_in_no_result_no_message_and_no_log(
    prober: Prober, listen: Listen, handler: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    peer = listen(handler)

    with caplog.at_level(logging.WARNING):
        inspection = prober.inspect(secretive(peer.url))

    assert SECRET not in repr(inspection.result)
    assert SECRET not in inspection.rule
    assert all(SECRET not in "".join(exchange.hops) for exchange in inspection.exchanges)
    assert SECRET not in caplog.text


def test_a_secret_is_in_no_message_when_nobody_listens(prober: Prober) -> None:
    inspection = prober.inspect(secretive(f"http://127.0.0.1:{refusing_port()}"))

    assert SECRET not in repr(inspection.result)


@pytest.mark.parametrize("value", [f"{SECRET}\r\nX-Smuggled: yes", f"{SECRET}€", f" {SECRET}\n"])
def test_a_header_that_cannot_be_sent_is_an_error_of_ours_without_its_value(
    prober: Prober, listen: Listen, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    peer = listen(healthy)
    target = peer.target(headers=(("Authorization", value),))

    (outcome,) = prober.sweep(targets=[target], deadline_seconds=30)

    assert outcome == Unprobed(target=target.name, reason=UnprobedReason.INTERNAL)
    assert SECRET not in caplog.text
    with pytest.raises(UnusableTarget) as caught:
        prober.inspect(target)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert peer.connections == 0


def test_a_target_does_not_show_its_headers() -> None:
    target = Target(name="a", base_url="http://127.0.0.1", headers=(("Authorization", SECRET),))

    assert SECRET not in repr(target)


def test_the_environment_adds_no_proxy_and_no_password(
    listen: Listen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proxy, peer = listen(healthy), listen(healthy)
    (tmp_path / ".netrc").write_text(f"default login someone password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    with closing(Prober(Config())) as prober:
        assert prober.inspect(peer.target()).result.status is Status.HEALTHY

    assert proxy.connections == 0
    assert b"Authorization" not in peer.requests[0]
