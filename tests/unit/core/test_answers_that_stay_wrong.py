"""Answers that the rules judge otherwise than a person, and the key of the registry file that settles each.

`docs/verdicts.md` shows the same table. The presets named here are tested with their products' answers.
"""

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from realtime.core import expected_status, status_words
from realtime.core.records import FailureKind, Status
from realtime.core.verdict import judge
from tests.unit.core.making import answered, target

H, D, U = Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY
JSON, TEXT, HTML, XML = "application/json", "text/plain", "text/html", "application/xml"
DOCUMENT = (Path(__file__).parents[3] / "docs" / "verdicts.md").read_text(encoding="utf-8")


class Wrong(NamedTuple):
    """An answer, the verdict of the rules, that of a person, and the keys with which the two agree.

    well: what the same software answers when it is well, which the keys must leave green; None where `body` is that.
    """

    software: str
    body: str
    shown: Status
    wanted: Status
    keys: dict[str, Any]
    http_status: int = 200
    content_type: str = JSON
    well: str | None = None


WRONG = [
    # Products: the status stands where it is not looked for, or in words of their own
    Wrong("Kibana, a plugin is degraded", '{"status":{"overall":{"level":"degraded"}}}', H, D,
          {"status_path": "status.overall.level"}, well='{"status":{"overall":{"level":"available"}}}'),
    Wrong("Argo CD, an application is degraded", '{"status":{"health":{"status":"Degraded"}}}', H, D,
          {"status_path": "status.health.status"}, well='{"status":{"health":{"status":"Healthy"}}}'),
    Wrong("Kubernetes, a node is not ready", '{"status":{"conditions":[{"type":"Ready","status":"False"}]}}', H, U,
          {"status_path": "status.conditions[?type == 'Ready'].status"},
          well='{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'),
    Wrong("Kubernetes, a pod failed", '{"kind":"Pod","status":{"phase":"Failed"}}', H, U,
          {"status_path": "status.phase"}, well='{"status":{"phase":"Running"}}'),
    Wrong("Docker, a container exited", '[{"State":"exited","Status":"Exited (137) 2 hours ago"}]', H, U,
          {"status_path": "[].State"}, well='[{"State":"running","Status":"Up 2 hours"}]'),
    Wrong("Docker inspect, the check fails", '{"State":{"Status":"running","Health":{"Status":"unhealthy"}}}', H, U,
          {"status_path": "State.[Status, Health.Status]"}, well='{"State":{"Status":"running"}}'),
    Wrong("Portainer, an environment is down", '[{"Name":"local","Status":2}]', H, U,
          {"status_path": "[].Status", "status_words": {"1": H, "2": U}}, well='[{"Status":1}]'),
    Wrong("Proxmox VE, a node is offline", '{"data":[{"type":"node","name":"b","online":0}]}', H, D,
          {"status_path": "data[?type == 'node'].online", "status_words": {"1": H, "0": D}},
          well='{"data":[{"type":"cluster","quorate":1},{"type":"node","online":1}]}'),
    Wrong("vCenter, orange", '{"value":"orange"}', H, D, {"status_words": {"orange": D}}, well='{"value":"green"}'),
    Wrong("Elastic Beanstalk, severe", '{"Status":"Ready","HealthStatus":"Severe","Color":"Grey"}', H, U,
          {"status_path": "HealthStatus", "status_words": {"info": H}},
          well='{"Status":"Ready","HealthStatus":"Info"}'),
    Wrong("Consul, no leader", '""', H, U, {"status_path": "@ != ''"}, well='"10.1.10.12:8300"'),
    Wrong("Consul, an instance is critical", '[{"Node":{},"Checks":[{"Status":"critical"}]}]', H, U,
          {"status_path": "[].Checks[].Status"}, well='[{"Node":{},"Checks":[{"Status":"passing"}]}]'),
    Wrong("Vault, sealed, by /v1/sys/seal-status", '{"initialized":true,"sealed":true}', H, U,
          {"status_path": "!sealed"}, well='{"initialized":true,"sealed":false}'),
    Wrong("Kong, its database is away", '{"database":{"reachable":false},"server":{}}', H, U,
          {"status_path": "database.reachable"}, well='{"database":{"reachable":true},"server":{}}'),
    Wrong("Traefik, a server is down", '[{"status":"enabled","serverStatus":{"http://10.0.0.3":"DOWN"}}]', H, U,
          {"status_path": "[].serverStatus.*[]"},
          well='[{"status":"enabled","serverStatus":{"http://10.0.0.3":"UP"}},{"name":"api@internal"}]'),
    Wrong("Caddy, an upstream fails", '[{"address":"10.0.0.3:80","num_requests":0,"fails":3}]', H, D,
          {"status_path": "length([?fails > `0`]) == `0`", "status_words": {"false": D}},
          well='[{"address":"10.0.0.3:80","num_requests":0,"fails":0}]'),
    Wrong("nginx Plus, a server is unavailable", '{"web":{"peers":[{"state":"up"},{"state":"unavail"}]}}', H, D,
          {"status_path": "*.peers[].state", "status_words": {"unavail": D}},
          well='{"web":{"peers":[{"state":"up"}]}}'),
    Wrong("Elasticsearch, gave up waiting", '{"status":"green","timed_out":true}', H, D,
          {"status_path": "timed_out && 'degraded' || status"}, well='{"status":"green","timed_out":false}'),
    Wrong("Elasticsearch, red, by /_cat/health", "1475871424 16:17:04 docs red 1 1 6 6 0 0 0 0 - 100.0%", H, U,
          {"body_contains": " green "}, content_type=TEXT,
          well="1475871424 16:17:04 docs green 1 1 6 6 0 0 0 0 - 100.0%"),
    Wrong("ArangoDB, read-only", '{"mode":"readonly","error":false,"code":200}', H, D,
          {"status_path": "mode", "status_words": {"default": H, "readonly": D}},
          well='{"mode":"default","error":false,"code":200}'),
    Wrong("YugabyteDB, a node is dead", '{"dead_nodes":["10.0.0.3:9100"],"most_recent_uptime":151}', H, U,
          {"status_path": "length(dead_nodes) == `0`"}, well='{"dead_nodes":[],"most_recent_uptime":151}'),
    Wrong("Couchbase, warming up", '{"nodes":[{"status":"warmup","clusterMembership":"active"}]}', H, D,
          {"status_words": {"warmup": D}}, well='{"nodes":[{"status":"healthy","clusterMembership":"active"}]}'),
    Wrong("Weaviate, a node does not answer", '{"nodes":[{"status":"HEALTHY"},{"status":"TIMEOUT"}]}', H, D,
          {"status_words": {"timeout": U}}, well='{"nodes":[{"status":"HEALTHY"}]}'),
    Wrong("Trino, starting", '{"coordinator":true,"starting":true,"uptime":"5s"}', H, D,
          {"status_path": "starting && 'starting' || 'running'"},
          well='{"coordinator":true,"starting":false,"uptime":"5m"}'),
    Wrong("RabbitMQ, a node does not run", '[{"name":"a","running":true},{"name":"b","running":false}]', H, U,
          {"status_path": "[].running"}, well='[{"name":"a","running":true}]'),
    Wrong("Karapace, not ready", '{"status":{"schema_registry_ready":false},"process_uptime_sec":10}', H, U,
          {"status_path": "status.schema_registry_ready"},
          well='{"status":{"schema_registry_ready":true},"process_uptime_sec":10}'),
    Wrong("Kafka Connect, a task failed", '{"connector":{"state":"RUNNING"},"tasks":[{"state":"FAILED"}]}', D, U,
          {"status_path": "[connector.state, tasks[].state]"},
          well='{"connector":{"state":"RUNNING"},"tasks":[{"state":"RUNNING"}]}'),
    Wrong("Camunda 8, a partition is unhealthy", '{"brokers":[{"partitions":[{"health":"unhealthy"}]}]}', H, U,
          {"status_path": "brokers[].partitions[].health"},
          well='{"brokers":[{"partitions":[{"health":"healthy"}]}]}'),
    Wrong("Airbyte, not available", '{"available":false}', H, U, {"status_path": "available"},
          well='{"available":true}'),
    Wrong("Akka, a member is unreachable", '{"members":[{"status":"Up"}],"unreachable":[{"node":"b"}]}', H, D,
          {"status_path": "length(unreachable) == `0`", "status_words": {"false": D}},
          well='{"members":[{"status":"Up"}],"unreachable":[]}'),
    Wrong("Ray Serve, an application failed", '{"applications":{"app":{"status":"DEPLOY_FAILED"}}}', H, U,
          {"status_path": "applications.*.status"}, well='{"applications":{"app":{"status":"RUNNING"}}}'),
    Wrong("OkComputer, an optional check fails", '{"default":{"success":true},"mail":{"success":false}}', H, D,
          {"status_path": "*.success", "status_words": {"false": D}},
          well='{"default":{"success":true},"mail":{"success":true}}'),
    Wrong("Vault, a standby", '{"initialized":true,"sealed":false,"standby":true}', U, H,
          {"expected_status": ((200, 299), (429, 429), (472, 473))}, http_status=429),
    Wrong("Nomad, a batch job has ended", '[{"Type":"batch","Status":"dead"},{"Type":"service","Status":"running"}]',
          U, H, {"status_path": "[?Type == 'service'].Status"}),
    Wrong("Jenkins, prepares to shut down", '{"mode":"NORMAL","quietingDown":true}', H, D,
          {"status_path": "quietingDown", "status_words": {"true": D, "false": H}},
          well='{"mode":"NORMAL","quietingDown":false}'),
    Wrong("SonarQube, migrates its database", '{"status":"DB_MIGRATION_RUNNING"}', H, D,
          {"status_words": {"db_migration_running": D}}, well='{"status":"UP"}'),
    Wrong("Bitbucket, not set up", '{"state":"FIRST_RUN"}', H, D, {"status_words": {"first_run": D}},
          well='{"state":"RUNNING"}'),
    Wrong("Nextcloud, in maintenance", '{"installed":true,"maintenance":true}', H, D,
          {"status_path": "maintenance", "status_words": {"true": D, "false": H}},
          well='{"installed":true,"maintenance":false}'),
    Wrong("Paperless-ngx, no Redis", '{"database":{"status":"OK"},"tasks":{"redis_status":"ERROR"}}', H, U,
          {"status_path": "[database.status, tasks.redis_status]"},
          well='{"database":{"status":"OK"},"tasks":{"redis_status":"OK"}}'),
    Wrong("GLPI, tasks are stuck", '{"db":{"status":"OK"},"crontasks":{"status":"PROBLEM"}}', H, U,
          {"status_path": "*.status", "status_words": {"no_data": H}},
          well='{"db":{"status":"OK"},"cas":{"status":"NO_DATA"}}'),
    Wrong("BigBlueButton, failed", "<response><returncode>FAILED</returncode></response>", H, U,
          {"body_contains": "<returncode>SUCCESS"}, content_type=XML,
          well="<response><returncode>SUCCESS</returncode></response>"),
    Wrong("Matrix federation tester, not OK", '{"ConnectionReports":{},"FederationOK":false}', H, U,
          {"status_path": "FederationOK"}, well='{"ConnectionReports":{},"FederationOK":true}'),
    Wrong("AdGuard Home, no DNS", '{"protection_enabled":true,"running":false}', H, U, {"status_path": "running"},
          well='{"protection_enabled":true,"running":true}'),
    Wrong("Pi-hole 5, disabled", '{"status":"disabled"}', H, D, {"status_words": {"disabled": D}},
          well='{"status":"enabled"}'),
    Wrong("Sonarr, an error", '[{"source":"RootFolderCheck","type":"error","message":"…"}]', H, U,
          {"status_path": "[].type || 'ok'", "status_words": {"notice": H}}, well="[]"),
    Wrong("Moonraker, Klipper in error", '{"result":{"klippy_connected":true,"klippy_state":"error"}}', H, U,
          {"status_path": "result.klippy_state"}, well='{"result":{"klippy_connected":true,"klippy_state":"ready"}}'),
    Wrong("Zigbee2MQTT, no MQTT", '{"process":{"uptime_sec":3},"mqtt":{"connected":false}}', H, U,
          {"status_path": "mqtt.connected"}, well='{"process":{"uptime_sec":3},"mqtt":{"connected":true}}'),
    Wrong("llama.cpp, no free slot", '{"status":"no slot available","slots_idle":0}', U, D,
          {"status_words": {"no_slot_available": D}}, well='{"status":"ok","slots_idle":1}'),
    Wrong("a metric that is 0", "# TYPE pg_up gauge\npg_up 0\n", H, U, {"body_contains": "pg_up 1"}, content_type=TEXT,
          well="# TYPE pg_up gauge\npg_up 1\n"),
    # Status pages and monitors, which speak of many things
    Wrong("Statuspage, critical", '{"status":{"indicator":"critical","description":"Major Service Outage"}}', H, U,
          {"status_path": "status.indicator", "status_words": {"none": H, "minor": D, "major": U}},
          well='{"status":{"indicator":"none","description":"All Systems Operational"}}'),
    Wrong("Slack, an incident is active", '{"status":"active","active_incidents":[{"type":"outage"}]}', H, U,
          {"status_path": "length(active_incidents) == `0`"}, well='{"status":"ok","active_incidents":[]}'),
    Wrong("Heroku, applications are red", '{"status":[{"system":"Apps","status":"red"}],"incidents":[]}', D, U,
          {"status_path": "status[].status"}, well='{"status":[{"system":"Apps","status":"green"}],"incidents":[]}'),
    Wrong("Cachet, a major outage", '{"data":[{"name":"API","status":4,"status_name":"Major Outage"}]}', H, U,
          {"status_path": "data[].status", "status_words": {"1": H, "2": D, "3": D, "4": U}},
          well='{"data":[{"name":"API","status":1,"status_name":"Operational"}]}'),
    Wrong("Uptime Kuma, a monitor is down", '{"heartbeatList":{"1":[{"status":1},{"status":0}]}}', H, U,
          {"status_path": "values(heartbeatList)[*][-1].status", "status_words": {"0": U, "1": H, "2": D, "3": D}},
          well='{"heartbeatList":{"1":[{"status":0},{"status":1}]}}'),
    Wrong("Gatus, an endpoint fails", '[{"name":"site","results":[{"success":true},{"success":false}]}]', H, U,
          {"status_path": "[].results[-1].success"},
          well='[{"name":"site","results":[{"success":false},{"success":true}]}]'),
    Wrong("Statping, a service is offline", '[{"name":"site","online":false}]', H, U, {"status_path": "[].online"},
          well='[{"name":"site","online":true}]'),
    Wrong("Netdata, a critical alarm", '{"status":true,"alarms":{"disk_space":{"status":"CRITICAL"}}}', H, U,
          {"status_path": "alarms.*.status || 'ok'"}, well='{"status":true,"alarms":{}}'),
    Wrong("Prometheus, a target is down", '{"status":"success","data":{"activeTargets":[{"health":"down"}]}}', H, D,
          {"status_path": "data.activeTargets[].health", "status_words": {"down": D}},
          well='{"status":"success","data":{"activeTargets":[{"health":"up"}]}}'),
    Wrong("Splunk, red", '{"entry":[{"name":"splunkd","content":{"health":"red"}}]}', H, U,
          {"status_path": "entry[].content.health"},
          well='{"entry":[{"name":"splunkd","content":{"health":"green"}}]}'),
    # Errors under HTTP 200
    Wrong("an error as a boolean", '{"error":true}', H, U, {"status_path": "!error"}, well='{"error":false}'),
    Wrong("an error as a text", '{"error":"could not connect to the database"}', H, U, {"status_path": "!error"},
          well='{"error":null}'),
    Wrong("JSON-RPC, an error", '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"boom"}}', H, U,
          {"status_path": "!error"}, well='{"jsonrpc":"2.0","id":1,"result":{}}'),
    Wrong("GraphQL, errors", '{"data":null,"errors":[{"message":"boom"}]}', H, U,
          {"status_path": "length(errors || `[]`) == `0`"}, well='{"data":{"__typename":"Query"}}'),
    Wrong("Philips Hue, an error", '[{"error":{"type":1,"description":"unauthorized user"}}]', H, U,
          {"status_path": "!([].error)"}, well='{"lights":{}}'),
    Wrong("an error code", '{"errcode":40013,"errmsg":"invalid appid"}', H, U, {"status_path": "errcode == `0`"},
          well='{"errcode":0,"errmsg":"ok"}'),
    Wrong("an HTTP status as a code", '{"code":500,"message":"Internal Server Error"}', H, U, {"status_path": "code"},
          well='{"code":200,"message":"OK"}'),
    Wrong("an envelope with its own status", '{"status":200,"data":{"status":"down"}}', H, U,
          {"status_path": "data.status"}, well='{"status":200,"data":{"status":"up"}}'),
    Wrong("Fronius inverter, a timeout", '{"Head":{"Status":{"Code":255,"Reason":"Transfer timeout."}}}', H, U,
          {"status_path": "Head.Status.Code == `0`"}, well='{"Head":{"Status":{"Code":0,"Reason":""}}}'),
    Wrong("the page of a proxy or a login", "<html><body>Please sign in</body></html>", H, U,
          {"body_contains": "Dashboard"}, content_type=HTML, well="<html><body>Dashboard</body></html>"),
    Wrong("a SOAP fault", "<soap:Body><soap:Fault><faultcode>soap:Server</faultcode></soap:Fault></soap:Body>", H, U,
          {"body_contains": "<GetStatusResponse"}, content_type=XML,
          well="<soap:Body><GetStatusResponse>1</GetStatusResponse></soap:Body>"),
    # Words, and places
    Wrong("a word of the service's own", '{"status":"QUIESCED"}', H, U, {"status_path": "status"},
          well='{"status":"RUNNING"}'),
    Wrong("another word for a bad state", '{"status":"KO"}', H, U, {"status_words": {"ko": U}},
          well='{"status":"OK"}'),
    Wrong("a word that is bad for some services", '{"status":"paused"}', H, D, {"status_words": {"paused": D}},
          well='{"status":"running"}'),
    Wrong("a count as a status", '{"status":"2/3 healthy"}', H, D,
          {"status_path": "status", "status_words": {"3/3_healthy": H, "2/3_healthy": D}},
          well='{"status":"3/3 healthy"}'),
    Wrong("a status two levels down", '{"data":{"health":{"db":{"status":"down"}}}}', H, U,
          {"status_path": "data.health.*.status"}, well='{"data":{"health":{"db":{"status":"up"}}}}'),
    Wrong("a shop with a failed order", '{"orders":[{"status":"failed"},{"status":"shipped"}]}', D, H,
          {"status_path": "'ok'"}),
    Wrong("a lift that goes down", '{"name":"lift","direction":"down","floor":3}', U, H, {"status_path": "'ok'"}),
    Wrong("a record that speaks of something else", '{"id":17,"priority":"critical","title":"Printer"}', U, H,
          {"status_path": "'ok'"}),
    Wrong("a colour", '{"name":"kiosk","colour":"red"}', U, H, {"status_words": {"red": H}}),
    Wrong("an alarm that is not raised", '[{"alert":"high load","state":"inactive"}]', U, H,
          {"status_words": {"inactive": H}}),
    Wrong("no alarms", '{"status":"no_active_alarms"}', U, H, {"status_words": {"no_active_alarms": H}}),
    Wrong("a failure that is over", '{"status":"recovered from failure"}', U, H,
          {"status_words": {"recovered_from_failure": H}}),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.software)
def test_a_key_of_the_registry_file_settles_what_the_rules_judge_wrong(wrong: Wrong) -> None:
    exchange = answered(wrong.body, http_status=wrong.http_status, content_type=wrong.content_type)

    settled = judge(exchange=exchange, target=target(**wrong.keys))

    assert judge(exchange=exchange, target=target()).status is wrong.shown
    assert settled.status is wrong.wanted, settled.rule
    # By what the path finds in this answer, not because it finds nothing in any.
    assert settled.failure is None or settled.failure.kind is not FailureKind.BODY


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.software)
def test_the_key_leaves_the_software_green_while_it_is_well(wrong: Wrong) -> None:
    assert (wrong.well is None) is (wrong.wanted is H)
    exchange = answered(wrong.body if wrong.well is None else wrong.well,
                        http_status=wrong.http_status, content_type=wrong.content_type)  # fmt: skip

    verdict = judge(exchange=exchange, target=target(**wrong.keys))

    assert verdict.status is H, verdict.rule


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
