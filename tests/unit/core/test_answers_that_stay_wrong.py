"""Answers that the rules judge otherwise than a person, and the key of the registry file that settles each.

`docs/verdicts.md` shows the same table. The presets named here are tested with their products' answers.
"""

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from realtime.core import expected_status, status_words
from realtime.core.records import Status
from realtime.core.verdict import judge
from tests.unit.core.making import answered, target

H, D, U = Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY
JSON, TEXT, HTML = "application/json", "text/plain", "text/html"
DOCUMENT = (Path(__file__).parents[3] / "docs" / "verdicts.md").read_text(encoding="utf-8")


class Wrong(NamedTuple):
    """An answer, the verdict of the rules, that of a person, and the keys with which the two agree."""

    software: str
    body: str
    shown: Status
    wanted: Status
    keys: dict[str, Any]
    http_status: int = 200
    content_type: str = JSON


WRONG = [
    # Too good: nothing that is known stands at a place where it is looked for
    Wrong("Kibana, a plugin is degraded", '{"status":{"overall":{"level":"degraded"}}}', H, D,
          {"status_path": "status.overall.level"}),
    Wrong("Argo CD, an application is degraded", '{"status":{"health":{"status":"Degraded"}}}', H, D,
          {"status_path": "status.health.status"}),
    Wrong("Kubernetes, a node is not ready", '{"status":{"conditions":[{"type":"Ready","status":"False"}]}}', H, U,
          {"status_path": "status.conditions[?type == 'Ready'].status"}),
    Wrong("Consul, no leader", '""', H, U, {"status_path": "@ != ''"}),
    Wrong("Consul, an instance is critical", '[{"Node":{},"Checks":[{"Status":"critical"}]}]', H, U,
          {"status_path": "[].Checks[].Status"}),
    Wrong("Nextcloud, in maintenance", '{"installed":true,"maintenance":true}', H, D,
          {"status_path": "maintenance", "status_words": {"true": D, "false": H}}),
    Wrong("Jenkins, prepares to shut down", '{"mode":"NORMAL","quietingDown":true}', H, D,
          {"status_path": "quietingDown", "status_words": {"true": D, "false": H}}),
    Wrong("Elasticsearch, gave up waiting", '{"status":"green","timed_out":true}', H, D,
          {"status_path": "timed_out && 'degraded' || status"}),
    Wrong("GraphQL, errors", '{"data":null,"errors":[{"message":"boom"}]}', H, U,
          {"status_path": "length(errors || `[]`) == `0`"}),
    Wrong("an error as a boolean", '{"error":true}', H, U, {"status_path": "!error"}),
    Wrong("Statuspage, critical", '{"status":{"indicator":"critical","description":"Major Service Outage"}}', H, U,
          {"status_path": "status.indicator", "status_words": {"none": H, "minor": D, "major": U}}),
    Wrong("Docker, a container fails its check", '{"State":"running","Status":"Up 2 hours (unhealthy)"}', H, U,
          {"status_path": "contains(Status, '(unhealthy)') && 'unhealthy' || State"}),
    Wrong("SonarQube, migrates its database", '{"status":"DB_MIGRATION_RUNNING"}', H, D,
          {"status_words": {"db_migration_running": D}}),
    Wrong("a word of the service's own", '{"status":"QUIESCED"}', H, U, {"status_path": "status"}),
    Wrong("a status two levels down", '{"data":{"health":{"db":{"status":"down"}}}}', H, U,
          {"status_path": "data.health.*.status"}),
    Wrong("the page of a proxy or a login", "<html><body>Please sign in</body></html>", H, U,
          {"body_contains": "Dashboard"}, content_type=HTML),
    Wrong("a metric that is 0", "# TYPE pg_up gauge\npg_up 0\n", H, U, {"body_contains": "pg_up 1"}, content_type=TEXT),
    # Not bad enough, or too bad
    Wrong("Kafka Connect, a task failed", '{"connector":{"state":"RUNNING"},"tasks":[{"state":"FAILED"}]}', D, U,
          {"status_path": "[connector.state, tasks[].state]"}),
    Wrong("Vault, a standby", '{"initialized":true,"sealed":false,"standby":true}', U, H,
          {"expected_status": ((200, 299), (429, 429), (472, 473))}, http_status=429),
    Wrong("a shop with a failed order", '{"orders":[{"status":"failed"},{"status":"shipped"}]}', D, H,
          {"status_path": "'ok'"}),
    Wrong("a colour", '{"name":"kiosk","colour":"red"}', U, H, {"status_words": {"red": H}}),
    Wrong("no alarms", '{"status":"no_active_alarms"}', U, H, {"status_words": {"no_active_alarms": H}}),
    Wrong("a failure that is over", '{"status":"recovered from failure"}', U, H,
          {"status_words": {"recovered_from_failure": H}}),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.software)
def test_a_key_of_the_registry_file_settles_what_the_rules_judge_wrong(wrong: Wrong) -> None:
    exchange = answered(wrong.body, http_status=wrong.http_status, content_type=wrong.content_type)

    assert judge(exchange=exchange, target=target()).status is wrong.shown
    assert judge(exchange=exchange, target=target(**wrong.keys)).status is wrong.wanted


def test_the_document_has_the_same_table() -> None:
    rows = re.findall(r"^\| ([^|]+) \| `.+` \| (\w+) \| (\w+) \| (.+) \|$", DOCUMENT, flags=re.MULTILINE)

    assert [row[:3] for row in rows] == [(wrong.software, wrong.shown, wrong.wanted) for wrong in WRONG]
    assert [_keys(row[3]) for row in rows] == [wrong.keys for wrong in WRONG]


def _keys(settled_by: str) -> dict[str, Any]:
    """Return the keys of the last column as a target has them."""
    snippets = [first or second for first, second in re.findall(r"`` (.+?) ``|`(\w+: .+?)`", settled_by)]
    keys = {key: value for snippet in snippets for key, value in yaml.safe_load(snippet.replace(r"\|", "|")).items()}
    if "status_words" in keys:
        keys["status_words"] = status_words.parse(keys["status_words"])
    if "expected_status" in keys:
        keys["expected_status"] = expected_status.parse(keys["expected_status"])
    return keys
