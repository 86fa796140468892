"""`REALTIME_THROTTLE` on a real web server: REST and push are limited, pages and probes of the orchestrator are not."""

from pathlib import Path

from tests.e2e.programs import ENDPOINT, ask, programs


def test_the_setting_alone_switches_it_on(tmp_path: Path) -> None:
    with programs(tmp_path, REALTIME_THROTTLE="2/min") as running, running.web("web") as port:
        # There is no snapshot yet.
        assert [ask(port)[0] for _ in range(3)] == [503, 503, 429]
        assert ask(port, f"{ENDPOINT}/stream")[0] == 429
        assert [ask(port, path)[0] for path in ("/livez", "/readyz", "/")] == [200, 503, 200]
