"""For each rule of evidence, answers of real software that it judges as a person would, wrong greens and reds alike.

Bodies are shortened where the rest says nothing of the health. `software` names the product and its state.
"""

from typing import Any, NamedTuple

import pytest

from realtime.core.records import Evidence, FailureKind, Status
from realtime.core.verdict import judge
from tests.unit.core.making import answered, target

H, D, U, E = Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY, Status.ERROR
PATH, WORD, HTTP = Evidence.PATH, Evidence.WORD, Evidence.HTTP
JSON, TEXT, HTML = "application/json", "text/plain", "text/html"


class Answer(NamedTuple):
    """What software answered, and what a person makes of it."""

    software: str
    expected: Status
    evidence: Evidence
    body: str
    http_status: int = 200
    content_type: str = JSON
    registered: dict[str, Any] = {}  # noqa: RUF012 - never changed


def at(path: str, **words: Status) -> dict[str, Any]:
    return {"status_path": path, "status_words": words}


# Rule 2: the HTTP status is not an expected one
UNEXPECTED = [
    Answer("Spring Boot, down", U, WORD, '{"status":"DOWN","components":{"db":{"status":"DOWN"}}}', 503),
    Answer("Kong, up behind a failing proxy", U, WORD, '{"status":"ok"}', 502),
    Answer("Kubernetes, readyz verbose", U, HTTP,
           "[+]ping ok\n[-]etcd failed: reason withheld\n[+]log ok\nreadyz check failed", 500, TEXT),
    Answer("nginx, 502 page", U, HTTP, "<html><head><title>502 Bad Gateway</title></head></html>", 502, HTML),
    Answer("Tomcat, 404", U, HTTP, "<!doctype html><html><body><h1>HTTP Status 404</h1></body></html>", 404, HTML),
    Answer("Spring Boot, error page", U, WORD,
           '{"timestamp":"2025-10-18T18:45:32Z","status":500,"error":"Internal Server Error","path":"/health"}', 500),
    Answer("Envoy, draining", U, WORD, "DRAINING\n", 503, TEXT),
    Answer("Loki, not ready", U, HTTP, "Ingester not ready: waiting for 15s after being ready\n", 503, TEXT),
    Answer("Vault, sealed", U, HTTP, '{"initialized":true,"sealed":true,"standby":true}', 503),
    Answer("Elasticsearch, no master", U, WORD,
           '{"error":{"type":"master_not_discovered_exception","reason":null},"status":503}', 503),
    Answer("CouchDB, maintenance", U, WORD, '{"status":"maintenance_mode"}', 404),
    Answer("Solr, ping disabled", U, HTTP, '{"error":{"msg":"Service disabled","code":503}}', 503),
    Answer("RabbitMQ, alarms", U, WORD, '{"status":"failed","reason":"resource alarm(s) in effect"}', 503),
    Answer("HAProxy, no server", U, HTTP,
           "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body>",
           503, HTML),
]  # fmt: skip

# Rule 3a: status_path
AT_PATH = [
    Answer("Kibana 8, available", H, PATH, '{"status":{"overall":{"level":"available"},"core":{}}}',
           registered=at("status.overall.level")),
    Answer("Kibana 8, degraded", D, PATH, '{"status":{"overall":{"level":"degraded"}}}',
           registered=at("status.overall.level")),
    Answer("Kibana 8, critical", U, PATH, '{"status":{"overall":{"level":"critical"}}}',
           registered=at("status.overall.level")),
    Answer("Kibana 7, with the path of Kibana 8", U, PATH, '{"status":{"overall":{"state":"green"}}}',
           registered=at("status.overall.level")),
    Answer("Kibana 7, red", U, PATH, '{"status":{"overall":{"state":"red"}}}', registered=at("status.overall.state")),
    Answer("Kafka Connect, a failed task", U, PATH,
           '{"connector":{"state":"RUNNING"},"tasks":[{"id":0,"state":"RUNNING"},{"id":1,"state":"FAILED"}]}',
           registered=at("[connector.state, tasks[].state]")),
    Answer("Kafka Connect, paused", U, PATH, '{"connector":{"state":"PAUSED"},"tasks":[{"id":0,"state":"PAUSED"}]}',
           registered=at("[connector.state, tasks[].state]")),
    Answer("Kafka Connect, paused on purpose", D, PATH, '{"connector":{"state":"PAUSED"},"tasks":[]}',
           registered=at("[connector.state, tasks[].state]", paused=D)),
    Answer("Kafka Connect, all running", H, PATH, '{"connector":{"state":"RUNNING"},"tasks":[{"state":"RUNNING"}]}',
           registered=at("[connector.state, tasks[].state]")),
    Answer("Argo CD, healthy", H, PATH, '{"status":{"health":{"status":"Healthy"},"sync":{"status":"Synced"}}}',
           registered=at("status.health.status")),
    Answer("Argo CD, degraded", D, PATH, '{"status":{"health":{"status":"Degraded"}}}',
           registered=at("status.health.status")),
    Answer("Argo CD, missing", U, PATH, '{"status":{"health":{"status":"Missing"}}}',
           registered=at("status.health.status")),
    Answer("Argo CD, progressing", D, PATH, '{"status":{"health":{"status":"Progressing"}}}',
           registered=at("status.health.status", progressing=D)),
    Answer("Argo CD, no health yet", U, PATH, '{"status":{}}', registered=at("status.health.status")),
    Answer("Consul, a service's checks", U, PATH,
           '[{"Node":{},"Checks":[{"Status":"passing"},{"Status":"critical"}]}]', registered=at("[].Checks[].Status")),
    Answer("Consul, a service without instances", U, PATH, "[]", registered=at("[].Checks[].Status")),
    Answer("Consul, no leader", U, PATH, '""', registered=at("@")),
    Answer("Consul, an agent's check", D, PATH, '{"AggregatedStatus":"warning"}', registered=at("AggregatedStatus")),
    Answer("Nextcloud, in maintenance", U, PATH, '{"installed":true,"maintenance":true,"needsDbUpgrade":false}',
           registered=at("!maintenance")),
    Answer("Nextcloud, well", H, PATH, '{"installed":true,"maintenance":false}', registered=at("!maintenance")),
    Answer("Vault, unsealed", H, PATH, '{"initialized":true,"sealed":false}', registered=at("!sealed")),
    Answer("Statuspage, critical", U, PATH, '{"status":{"indicator":"critical","description":"Major Outage"}}',
           registered=at("status.indicator", none=H, minor=D, major=U)),
    Answer("Statuspage, none", H, PATH, '{"status":{"indicator":"none","description":"All Systems Operational"}}',
           registered=at("status.indicator", none=H, minor=D, major=U)),
    Answer("GraphQL, errors", U, PATH, '{"data":null,"errors":[{"message":"boom"}]}',
           registered=at("length(errors || `[]`) == `0`")),
    Answer("GraphQL, data", H, PATH, '{"data":{"__typename":"Query"}}', registered=at("length(errors || `[]`) == `0`")),
    Answer("a typo in status_path", U, PATH, '{"status":"ok"}', registered=at("statsu")),
    Answer("Spring Boot, an own word", U, PATH, '{"status":"FATIGUED"}', registered=at("status")),
    Answer("Airflow, a scheduler unhealthy", U, PATH,
           '{"metadatabase":{"status":"healthy"},"scheduler":{"status":"unhealthy"},"triggerer":{"status":null}}',
           registered=at("*.status")),
    Answer("Kubernetes, a deployment", U, PATH,
           '{"status":{"conditions":[{"type":"Available","status":"False"},{"type":"Progressing","status":"True"}]}}',
           registered=at("status.conditions[?type == 'Available'].status")),
    Answer("Kubernetes, a node", H, PATH, '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}',
           registered=at("status.conditions[?type == 'Ready'].status")),
    Answer("Flink, a job", D, PATH, '{"state":"RESTARTING"}', registered=at("state")),
    Answer("Flink, jobs", U, PATH, '{"jobs":[{"id":"a","status":"RUNNING"},{"id":"b","status":"FAILED"}]}',
           registered=at("jobs[].status")),
    Answer("an HTTP status as a number", H, PATH, '{"meta":{"code":200}}', registered=at("meta.code")),
    Answer("a bad HTTP status as a number", U, PATH, '{"meta":{"code":503}}', registered=at("meta.code")),
    Answer("a number that is no status", U, PATH, '{"meta":{"code":0}}', registered=at("meta.code")),
    Answer("a number that the registry knows", H, PATH, '{"meta":{"code":0}}', registered=at("meta.code", **{"0": H})),
]  # fmt: skip

# Rule 3b: the answer's own word, or its booleans
OWN_WORD = [
    Answer("Ceph, HEALTH_OK", H, WORD, '{"status":"HEALTH_OK","checks":{}}'),
    Answer("Ceph, HEALTH_WARN", D, WORD, '{"status":"HEALTH_WARN","checks":{"OSD_DOWN":{"severity":"HEALTH_WARN"}}}'),
    Answer("Ceph, HEALTH_ERR", U, WORD, '{"status":"HEALTH_ERR","checks":{}}'),
    Answer("Elasticsearch, green", H, WORD, '{"cluster_name":"docs","status":"green","timed_out":false}'),
    Answer("Elasticsearch, yellow", D, WORD, '{"cluster_name":"docs","status":"yellow","timed_out":false}'),
    Answer("Elasticsearch, red", U, WORD, '{"cluster_name":"docs","status":"red","timed_out":false}'),
    Answer("SonarQube, UP", H, WORD, '{"id":"1","version":"10.4","status":"UP"}'),
    Answer("SonarQube, STARTING", D, WORD, '{"id":"1","version":"10.4","status":"STARTING"}'),
    Answer("SonarQube, RESTARTING", D, WORD, '{"id":"1","version":"10.4","status":"RESTARTING"}'),
    Answer("SonarQube, DOWN", U, WORD, '{"id":"1","version":"10.4","status":"DOWN"}'),
    Answer("SonarQube, health RED", U, WORD, '{"health":"RED","causes":[{"message":"down"}],"nodes":[]}'),
    Answer("Kafka Streams, RUNNING", H, WORD, '{"state":"RUNNING"}'),
    Answer("Kafka Streams, NOT_RUNNING", U, WORD, '{"state":"NOT_RUNNING"}'),
    Answer("Kafka Streams, PENDING_ERROR", U, WORD, '{"state":"PENDING_ERROR"}'),
    Answer("gRPC gateway, NOT_SERVING", U, WORD, '{"status":"NOT_SERVING"}'),
    Answer("gRPC gateway, SERVICE_UNKNOWN", D, WORD, '{"status":"SERVICE_UNKNOWN"}'),
    Answer("Quarkus, down under 200", U, WORD, '{"status":"DOWN","checks":[{"name":"db","status":"DOWN"}]}'),
    Answer("Open Liberty, starting", U, WORD, '{"status":"DOWN","checks":[]}', 503),
    Answer("MicroProfile Health, up", H, WORD, '{"status":"UP","checks":[{"name":"db","status":"UP","data":{}}]}'),
    Answer("Spring Boot, up with nested components", H, WORD,
           '{"status":"UP","components":{"db":{"status":"UP","components":{"primary":{"status":"UP"}}}}}'),
    Answer("Spring Boot, UNKNOWN", D, WORD, '{"status":"UNKNOWN"}'),
    Answer("Spring Boot, OUT_OF_SERVICE", U, WORD, '{"status":"OUT_OF_SERVICE"}'),
    Answer("ASP.NET health UI, Degraded", D, WORD, '{"status":"Degraded","entries":{"redis":{"status":"Degraded"}}}'),
    Answer("ASP.NET health UI, Unhealthy", U, WORD, '{"status":"Unhealthy","entries":{}}'),
    Answer("health+json, pass", H, WORD, '{"status":"pass","checks":{"db:time":[{"status":"pass"}]}}'),
    Answer("health+json, warn", D, WORD, '{"status":"warn","output":"disk 91 %"}'),
    Answer("health+json, fail under 200", U, WORD, '{"status":"fail","output":"refused"}'),
    Answer("Docker engine, a container running", H, WORD, '{"State":"running","Status":"Up 3 hours"}'),
    Answer("Docker inspect, unhealthy", U, WORD, '{"Status":"unhealthy","FailingStreak":3,"Log":[]}'),
    Answer("systemd over HTTP, inactive", U, WORD, '{"unit":"nginx","state":"inactive"}'),
    Answer("supervisord, FATAL", U, WORD, '{"name":"worker","state":"FATAL"}'),
    Answer("supervisord, STARTING", D, WORD, '{"name":"worker","state":"STARTING"}'),
    Answer("Patroni, running", H, WORD, '{"state":"running","role":"primary","timeline":4}'),
    Answer("Patroni, starting", D, WORD, '{"state":"starting","role":"replica"}', 503,
           registered={"expected_status": ((200, 299), (503, 503))}),
    Answer("Patroni, crashed", U, WORD, '{"state":"crashed","role":"replica"}'),
    Answer("Proxmox, a machine stopped", U, WORD, '{"data":{"status":"stopped","vmid":101}}'),
    Answer("GitLab, readiness failed under 200", U, WORD, '{"status":"failed","db_check":[{"status":"failed"}]}'),
    Answer("Harbor, unhealthy", U, WORD, '{"status":"unhealthy","components":[{"name":"redis","status":"unhealthy"}]}'),
    Answer("a negated word", U, WORD, '{"status":"NOT_HEALTHY"}'),
    Answer("JFrog router, a service unhealthy", U, WORD,
           '{"router":{"state":"HEALTHY"},"services":[{"service_id":"jfrt@1","state":"UNHEALTHY"}]}'),
    Answer("two words", U, WORD, '{"status":"not ready"}'),
    Answer("etcd, false under 200", U, WORD, '{"health":"false","reason":"ALARM NOSPACE"}'),
    Answer("etcd, true", H, WORD, '{"health":"true","reason":""}'),
    Answer("Express, {ok: false}", U, WORD, '{"ok": false}'),
    Answer("CouchDB 1 style, {ok: true}", H, WORD, '{"ok":true}'),
    Answer("Typesense, lagging under 200", U, WORD, '{"ok":false,"resource_error":"OUT_OF_DISK"}'),
    Answer("FastAPI, alive false", U, WORD, '{"alive":false}'),
    Answer("Flask-healthz, healthy false", U, WORD, '{"healthy":false,"checked_at":"2025-10-18"}'),
    Answer("C#, isHealthy false", U, WORD, '{"isHealthy":false,"duration":"00:00:01"}'),
    Answer("PHP, a boolean as text", U, WORD, '{"ok":"false"}'),
    Answer("Go, ready false", U, WORD, '{"ready":false,"version":"1.2"}'),
    Answer("Slack-like API, ok false", U, WORD, '{"ok":false,"error":"invalid_auth"}'),
    Answer("Cloudflare-like API, success", H, WORD, '{"success":true,"errors":[],"messages":[],"result":{"id":"a"}}'),
    Answer("Cloudflare-like API, no success", U, WORD, '{"success":false,"errors":[{"code":1000}],"result":null}'),
    Answer("Prometheus API, no result", H, WORD, '{"status":"success","data":{"resultType":"vector","result":[]}}'),
    Answer("Prometheus API, an error under 200", U, WORD, '{"status":"error","errorType":"timeout"}'),
    Answer("JSend, the call succeeded and the database is down", U, WORD,
           '{"status":"success","data":{"status":"down"}}'),
    Answer("an API that succeeded and whose queue is degraded", D, WORD,
           '{"success":true,"queue":{"state":"degraded"}}'),
    Answer("a number as status", H, WORD, '{"status":200,"message":"fine"}'),
    Answer("a bad number as status", U, WORD, '{"status":503,"message":"try later"}'),
    Answer("a number as text", U, WORD, '{"status":"500"}'),
    Answer("Statuspage component, partial outage", U, WORD, '{"id":"x","name":"API","status":"partial_outage"}'),
    Answer("Statuspage component, maintenance", D, WORD, '{"id":"x","name":"API","status":"under_maintenance"}'),
    Answer("Statuspage component, degraded", D, WORD, '{"id":"x","name":"API","status":"degraded_performance"}'),
    Answer("Statuspage component, operational", H, WORD, '{"id":"x","name":"API","status":"operational"}'),
    Answer("Backup tool, completed with errors", U, WORD, '{"status":"completed_with_errors"}'),
    Answer("an agent that is offline", U, WORD, '{"displayName":"agent","state":"offline"}'),
    Answer("OpenTelemetry collector", H, WORD, '{"status":"Server available","uptime":"3h"}'),
    Answer("a list of states", D, WORD, '{"state":["HEALTHY","DEGRADED"]}'),
    Answer("AWS target, draining", D, WORD, '{"State":"draining","Reason":"Target.DeregistrationInProgress"}'),
    Answer("AWS ELB, OutOfService", U, WORD, '{"InstanceId":"i-1","State":"OutOfService"}'),
    Answer("AWS ELB, InService", H, WORD, '{"InstanceId":"i-1","State":"InService"}'),
    Answer("a service with its own words", D, WORD, '{"status":"quiescing"}',
           registered={"status_words": {"quiescing": D}}),
    Answer("a service whose red is a colour", H, WORD, '{"status":"red"}', registered={"status_words": {"red": H}}),
    Answer("a word in camelCase", U, WORD, '{"status":"NotReady"}'),
    Answer("misspelt unhealthy", U, WORD, '{"status":"UnHealthy"}'),
]  # fmt: skip

# Rule 3c: the members of an answer
MEMBERS = [
    Answer("Airflow, well", H, WORD,
           '{"metadatabase":{"status":"healthy"},"scheduler":{"status":"healthy"},"triggerer":{"status":null}}'),
    Answer("Airflow, no scheduler", U, WORD,
           '{"metadatabase":{"status":"healthy"},"scheduler":{"status":"unhealthy"}}'),
    Answer("Kafka Connect, a failed connector", U, WORD, '{"connector":{"state":"FAILED"},"tasks":[]}'),
    Answer("Kafka Connect, one failed task", D, WORD,
           '{"connector":{"state":"RUNNING"},"tasks":[{"state":"RUNNING"},{"state":"FAILED"}]}'),
    Answer("Consul, checks in state", U, WORD, '[{"Node":"a","CheckID":"x","Status":"critical"}]'),
    Answer("Consul, checks with a warning", D, WORD, '[{"Status":"passing"},{"Status":"warning"}]'),
    Answer("Consul, all passing", H, WORD, '[{"Status":"passing"},{"Status":"passing"}]'),
    Answer("Dropwizard, one unhealthy", U, WORD, '{"deadlocks":{"healthy":true},"postgresql":{"healthy":false}}'),
    Answer("Dropwizard, healthy", H, WORD, '{"deadlocks":{"healthy":true},"postgresql":{"healthy":true}}'),
    Answer("Grafana, database ok", H, WORD, '{"commit":"8fcfb1e","database":"ok","version":"10.2.3"}'),
    Answer("Grafana, database failing under 200", U, WORD, '{"commit":"8fcfb1e","database":"failing"}'),
    Answer("django-health-check, unavailable", U, WORD,
           '{"Cache backend: default": "unavailable: Unknown error", "DatabaseBackend": "working"}'),
    Answer("django-health-check, working", H, WORD,
           '{"Cache backend: default": "working", "DatabaseBackend": "working"}'),
    Answer("Nomad, a server not ok", U, WORD, '{"client":{"ok":true},"server":{"ok":false,"message":"No leader"}}'),
    Answer("Ceph mgr, nested", U, WORD, '{"health":{"status":"HEALTH_ERR","checks":{}}}'),
    Answer("the queues of a job runner", D, WORD,
           '{"queues":[{"name":"default","status":"ok"},{"name":"mail","status":"stopped"}]}'),
    Answer("details that are down", U, WORD, '{"info":{},"details":{"status":"down"}}'),
    Answer("Laravel health, a check failed", U, WORD,
           '{"finishedAt":1697654732,"checkResults":[{"name":"Database","status":"failed"}]}'),
    Answer("Laravel health, a check skipped", H, WORD,
           '{"checkResults":[{"name":"A","status":"ok"},{"name":"B","status":"skipped"}]}'),
    Answer("a map of checks as booleans", U, WORD, '{"checks":{"database":true,"redis":false}}'),
    Answer("a map of checks as words", U, WORD, '{"checks":{"database":"ok","redis":"down"}}'),
    Answer("a map of checks as compounds", U, WORD, '{"checks":{"database":"ok","redis":"connection failed"}}'),
    Answer("a map of checks, all well", H, WORD, '{"checks":{"database":"ok","redis":"ok"}}'),
    Answer("health+json without a status", U, WORD, '{"checks":{"cassandra:time":[{"status":"fail"}]}}'),
    Answer("Spring Boot components without a status", U, WORD, '{"components":{"db":{"status":"DOWN"}}}'),
    Answer("a list of dependencies", D, WORD, '{"dependencies":[{"name":"redis","status":"degraded"}]}'),
    Answer("a list of services, one dead", U, WORD, '{"services":[{"name":"a","state":"running"},{"state":"dead"}]}'),
    Answer("a list of services by boolean", U, WORD, '{"services":[{"name":"a","up":true},{"name":"b","up":false}]}'),
    Answer("a list of components, operational", H, WORD,
           '{"components":[{"name":"API","status":"operational","showcase":false}]}'),
    Answer("service discovery, a list of words", U, WORD, '{"healthchecks":["ok","error"]}'),
    Answer("OpenStack, a service list", U, WORD, '{"services":[{"binary":"nova-compute","state":"down"}]}'),
    Answer("services by name", U, WORD, '{"services":{"web":"RUNNING","worker":"NOT_RUNNING"}}'),
    Answer("a list of backends, one down", D, WORD, '{"backends":[{"name":"web","status":"DOWN"}]}'),
    Answer("the members of a replica set", H, WORD, '{"ok":1,"members":[{"name":"a","health":1,"state":"up"}]}'),
    Answer("Redfish, a system is critical", U, WORD, '{"Id":"1","Status":{"State":"Enabled","Health":"Critical"}}'),
    Answer("Redfish, a system is well", H, WORD, '{"Id":"1","Status":{"State":"Enabled","Health":"OK"}}'),
    Answer("Ceph Jewel, overall_status", U, WORD, '{"overall_status":"HEALTH_ERR","summary":[]}'),
    Answer("Jira, state", H, WORD, '{"state":"RUNNING"}'),
    Answer("Confluence, failing", U, WORD, '{"state":"ERROR"}'),
    Answer("Home Assistant supervisor", H, WORD, '{"result":"ok","data":{}}'),
    Answer("Home Assistant supervisor, error", U, WORD, '{"result":"error","message":"unknown"}'),
    Answer("a part that is offline", U, WORD, '{"ftl":"offline","version":"5.1"}'),
    Answer("a check that says it is down", U, WORD, '{"checks":{"db_down":true}}'),
]  # fmt: skip

# Rule 3d: a text, or a JSON string or boolean
TEXTS = [
    Answer("ASP.NET, Healthy", H, WORD, "Healthy", 200, TEXT),
    Answer("ASP.NET, Degraded", D, WORD, "Degraded", 200, TEXT),
    Answer("ASP.NET, Unhealthy under 200", U, WORD, "Unhealthy", 200, TEXT),
    Answer("ClickHouse ping", H, WORD, "Ok.\n", 200, HTML),
    Answer("Kubernetes livez", H, WORD, "ok", 200, TEXT),
    Answer("Qdrant", H, WORD, "healthz check passed", 200, TEXT),
    Answer("Prometheus", H, WORD, "Prometheus Server is Healthy.\n", 200, TEXT),
    Answer("Prometheus, ready", H, WORD, "Prometheus Server is Ready.\n", 200, TEXT),
    Answer("GitLab", H, WORD, "GitLab OK", 200, TEXT),
    Answer("Loki", H, WORD, "ready\n", 200, TEXT),
    Answer("Druid", H, WORD, "true"),
    Answer("Druid, false", U, WORD, "false"),
    Answer("Neo4j, writable", H, WORD, "true", 200, TEXT),
    Answer("a proxy's page", U, WORD, "Service Unavailable", 200, TEXT),
    Answer("a load balancer's file", U, WORD, "out of service\n", 200, TEXT),
    Answer("a JSON string", U, WORD, '"Unhealthy"'),
    Answer("Zeppelin, not ready", U, WORD, "not ready", 200, TEXT),
    Answer("a text with a reason", U, WORD, "ERROR: disk full", 200, TEXT),
]  # fmt: skip

# Rule 3e: nothing that is known; the HTTP status holds, and what looks like trouble is none
HTTP_ALONE = [
    Answer("a shop's order", H, HTTP, '{"status":"shipped","order":17}'),
    Answer("a shop's list of orders", H, HTTP, '{"orders":[{"id":1,"status":"shipped"},{"id":2,"status":"paid"}]}'),
    Answer("no error", H, HTTP, '{"errors":"no_error"}'),
    Answer("an empty list of errors", H, HTTP, '{"errors":[],"failures":0}'),
    Answer("a log level", H, HTTP, '{"log_level":"error","version":"1.2"}'),
    Answer("a mode", H, HTTP, '{"mode":"offline","name":"cache"}'),
    Answer("settings", H, HTTP, '{"debug":false,"maintenance":"false","tls":"true"}'),
    Answer("Jenkins, api/json", H, HTTP, '{"mode":"NORMAL","quietingDown":false,"numExecutors":2}'),
    Answer("Nextcloud, status.php", H, HTTP, '{"installed":true,"maintenance":false,"needsDbUpgrade":false}'),
    Answer("Vault, active", H, HTTP, '{"initialized":true,"sealed":false,"standby":false}'),
    Answer("Trino", H, HTTP, '{"nodeVersion":{"version":"435"},"coordinator":true,"starting":false}'),
    Answer("Solr, cores", H, HTTP, '{"responseHeader":{"status":0,"QTime":2},"initFailures":{}}'),
    Answer("Elasticsearch, root", H, HTTP, '{"name":"n","cluster_name":"docs","version":{"number":"8.1"}}'),
    Answer("Kubernetes, readyz verbose, all well", H, HTTP,
           "[+]ping ok\n[+]log ok\n[+]etcd ok\nreadyz check passed\n", 200, TEXT),
    Answer("Prometheus metrics", H, HTTP, "# HELP up Is it.\n# TYPE up gauge\nup 0\n", 200, TEXT),
    Answer("one metric that is 0", H, HTTP, "probe_success 0\n", 200, TEXT),
    Answer("Redis, over a gateway", H, HTTP, "+PONG", 200, TEXT),
    Answer("Envoy, live", H, HTTP, "LIVE\n", 200, TEXT),
    Answer("nginx, stub status", H, HTTP,
           "Active connections: 291 \nserver accepts handled requests\n 1 1 3 \n", 200, TEXT),
    Answer("a web page", H, HTTP, "<html><body>down the rabbit hole</body></html>", 200, HTML),
    Answer("MinIO", H, HTTP, "", 200, ""),
    Answer("Home Assistant", H, HTTP, '{"message":"API running."}'),
    Answer("a policy with bad words", H, HTTP, '{"restartPolicy":"OnFailure","strategy":"fail-fast"}'),
    Answer("a description of the service", H, HTTP, '{"service":{"name":"shop","debug":false,"version":"1"}}'),
    Answer("names of services", H, HTTP, '{"services":["error-tracker","dead-letter-queue"]}'),
    Answer("checks that say what is not the case", H, HTTP, '{"checks":{"has_errors":false,"is_down":false}}'),
    Answer("a count of no errors", H, HTTP, '{"status":"0 errors"}'),
    Answer("running without errors", H, HTTP, '{"status":"running without errors"}'),
    Answer("a numeric state", H, HTTP, '{"state":1}'),
    Answer("MongoDB, ok as a number", H, HTTP, '{"ok":1}'),
    Answer("a user who is not active", H, HTTP, '{"user":{"name":"a","active":false,"ready":false}}'),
    Answer("a build that is warming up", H, HTTP, '{"status":"warming_up"}'),
    Answer("checksums", H, HTTP, '{"checksums":{"verified":false}}'),
    Answer("an empty object", H, HTTP, "{}"),
]  # fmt: skip

RULES = {
    "an unexpected HTTP status": UNEXPECTED,
    "status_path": AT_PATH,
    "own word": OWN_WORD,
    "members": MEMBERS,
    "text": TEXTS,
    "HTTP alone": HTTP_ALONE,
}
ANSWERS = [answer for answers in RULES.values() for answer in answers]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.software)
def test_the_verdict_is_the_one_a_person_gives(answer: Answer) -> None:
    exchange = answered(answer.body, http_status=answer.http_status, content_type=answer.content_type)

    verdict = judge(exchange=exchange, target=target(**answer.registered))

    assert (verdict.status, verdict.evidence) == (answer.expected, answer.evidence), verdict.rule
    assert (verdict.reason is None) is (verdict.status is H)


@pytest.mark.parametrize("answer", UNEXPECTED, ids=lambda answer: answer.software)
def test_an_unexpected_status_is_of_kind_reported_only_with_a_bad_word(answer: Answer) -> None:
    exchange = answered(answer.body, http_status=answer.http_status, content_type=answer.content_type)
    under_200 = judge(exchange=answered(answer.body, content_type=answer.content_type), target=target())

    failure = judge(exchange=exchange, target=target()).failure

    assert failure is not None
    assert (failure.kind is FailureKind.REPORTED) is (under_200.status is U)


def test_the_tables_hold_enough_answers_to_mean_something() -> None:
    assert len(ANSWERS) >= 150
    assert len({answer.software for answer in ANSWERS}) == len(ANSWERS)
    assert all(answer.expected is not H for answer in UNEXPECTED)
