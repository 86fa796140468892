"""Wait until the demo's endpoint answers, and assert on what it says: `assert_demo.py URL PID_OF_UP`."""

import json
import os
import sys
import time
import urllib.request

INSTALL_SECONDS = 300


def main(url: str, pid: int) -> None:
    deadline = time.monotonic() + INSTALL_SECONDS
    while True:
        os.kill(pid, 0)  # fails when it has ended
        assert time.monotonic() < deadline, f"no answer at {url} within {INSTALL_SECONDS} s"
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                answer = json.load(response)
            break
        except OSError:
            time.sleep(0.2)
    statuses = {entry["status"] for entry in answer["api_metrics"]}
    assert statuses == {"healthy", "degraded", "unhealthy", "error"}, statuses
    assert answer["events_per_second"] > 0, answer["events_per_second"]
    assert answer["data_sources_active"] == ["home-assistant", "influxdb", "websocket"], answer["data_sources_active"]
    assert answer["stale"] is False
    assert answer["total_apis"] == sum(answer[name] for name in ("api_calls_active", "inactive_apis", "error_apis"))
    print(f"{url}: {answer['total_apis']} APIs, {answer['events_per_second']} events/s, as it should be")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
