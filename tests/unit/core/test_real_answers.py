"""Health answers of software that people run, with the verdict that a person gives.

Bodies are shortened where the rest says nothing of the health.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from realtime.core.records import FailureKind, Status
from realtime.core.verdict import judge
from tests.unit.core.making import answered, target

HEALTHY, DEGRADED, UNHEALTHY, ERROR = Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY, Status.ERROR
JSON = "application/json"
SPRING = "application/vnd.spring-boot.actuator.v3+json"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
NONE = ""


@dataclass(frozen=True)
class Case:
    """What software answered, and what a person makes of it."""

    software: str
    expected: Status
    http_status: int
    content_type: str
    body: str
    registered: dict[str, Any] = field(default_factory=dict)


CASES = [
    # Java
    Case("Spring Boot", HEALTHY, 200, SPRING, '{"status":"UP"}'),
    Case("Spring Boot, with components", HEALTHY, 200, SPRING,
         '{"status":"UP","components":{"db":{"status":"UP"},"diskSpace":{"status":"UP","details":{"free":1}}}}'),
    Case("Spring Boot, down", UNHEALTHY, 503, SPRING, '{"status":"DOWN","components":{"db":{"status":"DOWN"}}}'),
    Case("Spring Boot, down under 200", UNHEALTHY, 200, SPRING, '{"status":"DOWN"}'),
    Case("Spring Boot, out of service", UNHEALTHY, 503, SPRING, '{"status":"OUT_OF_SERVICE"}'),
    Case("Spring Boot, a group out of service", UNHEALTHY, 200, SPRING, '{"status":"OUT_OF_SERVICE"}'),
    Case("Spring Boot, unknown", DEGRADED, 200, SPRING, '{"status":"UNKNOWN"}'),
    Case("Quarkus", HEALTHY, 200, JSON, '{"status":"UP","checks":[{"name":"Database","status":"UP"}]}'),
    Case("MicroProfile, down", UNHEALTHY, 503, JSON, '{"status":"DOWN","checks":[{"name":"db","status":"DOWN"}]}'),
    Case("Keycloak", HEALTHY, 200, JSON, '{"status": "UP", "checks": []}'),
    Case("Dropwizard", HEALTHY, 200, JSON,
         '{"deadlocks":{"healthy":true,"duration":0},"postgresql":{"healthy":true,"duration":2}}'),
    Case("Dropwizard, failing", UNHEALTHY, 500, JSON,
         '{"deadlocks":{"healthy":true},"postgresql":{"healthy":false,"message":"refused"}}'),
    Case("Micronaut", HEALTHY, 200, JSON, '{"name":"app","status":"UP","details":{"diskSpace":{"status":"UP"}}}'),
    Case("Jenkins, login page", HEALTHY, 200, HTML, "<!DOCTYPE html><html><head><title>Sign in [Jenkins]</title>"),
    Case("Jenkins, starting", UNHEALTHY, 503, HTML, "<html><body>Please wait while Jenkins is getting ready"),
    Case("SonarQube", HEALTHY, 200, JSON, '{"id":"2019","version":"10.4","status":"UP"}'),
    Case("SonarQube, starting", DEGRADED, 200, JSON, '{"id":"2019","version":"10.4","status":"STARTING"}'),
    Case("SonarQube health, yellow", DEGRADED, 200, JSON, '{"health":"YELLOW","causes":["es"],"nodes":[]}'),
    Case("SonarQube health, red", UNHEALTHY, 200, JSON, '{"health":"RED","causes":["db"],"nodes":[]}'),
    Case("Nexus", HEALTHY, 200, NONE, ""),
    # .NET
    Case("ASP.NET", HEALTHY, 200, "text/plain", "Healthy"),
    Case("ASP.NET, degraded", DEGRADED, 200, "text/plain", "Degraded"),
    Case("ASP.NET, unhealthy", UNHEALTHY, 503, "text/plain", "Unhealthy"),
    Case("ASP.NET health UI", HEALTHY, 200, JSON,
         '{"status":"Healthy","totalDuration":"00:00:00.1","entries":{"sql":{"status":"Healthy","tags":[]}}}'),
    Case("ASP.NET health UI, degraded", DEGRADED, 200, JSON,
         '{"status":"Degraded","totalDuration":"00:00:00.1","entries":{"redis":{"status":"Degraded"}}}'),
    Case("ASP.NET health UI, mapped to 200", UNHEALTHY, 200, JSON, '{"status":"Unhealthy","entries":{}}'),
    # The IETF draft "health check response format for HTTP APIs"
    Case("health+json", HEALTHY, 200, "application/health+json",
         '{"status":"pass","version":"1","checks":{"cassandra:responseTime":[{"status":"pass"}]}}'),
    Case("health+json, warn", DEGRADED, 200, "application/health+json", '{"status":"warn","output":"disk 91 %"}'),
    Case("health+json, fail", UNHEALTHY, 503, "application/health+json", '{"status":"fail"}'),
    Case("health+json, broken", ERROR, 200, "application/health+json", '{"status":"pass"'),
    # Search and databases
    Case("Elasticsearch", HEALTHY, 200, JSON,
         '{"cluster_name":"docs","status":"green","timed_out":false,"number_of_nodes":3,"active_shards":12}'),
    Case("Elasticsearch, yellow", DEGRADED, 200, JSON, '{"cluster_name":"docs","status":"yellow","timed_out":false}'),
    Case("OpenSearch, red", UNHEALTHY, 200, JSON, '{"cluster_name":"docs","status":"red","timed_out":false}'),
    Case("Elasticsearch, wait timed out", UNHEALTHY, 408, JSON, '{"status":"yellow","timed_out":true}'),
    Case("Solr ping", HEALTHY, 200, JSON, '{"responseHeader":{"status":0,"QTime":1},"status":"OK"}'),
    Case("Solr ping, disabled", UNHEALTHY, 503, JSON,
         '{"responseHeader":{"status":503},"error":{"msg":"Service disabled","code":503}}'),
    Case("Solr cores", HEALTHY, 200, JSON, '{"responseHeader":{"status":0,"QTime":2},"initFailures":{},"mode":"std"}'),
    Case("Meilisearch", HEALTHY, 200, JSON, '{"status":"available"}'),
    Case("Typesense", HEALTHY, 200, JSON, '{"ok":true}'),
    Case("Typesense, lagging", UNHEALTHY, 503, JSON, '{"ok":false}'),
    Case("Qdrant", HEALTHY, 200, "text/plain", "healthz check passed"),
    Case("InfluxDB 1 ping", HEALTHY, 204, NONE, ""),
    Case("InfluxDB 1 health", HEALTHY, 200, JSON,
         '{"checks":[],"message":"ready for queries and writes","name":"influxdb","status":"pass","version":"1.6.4"}'),
    Case("InfluxDB 2", HEALTHY, 200, JSON, '{"name":"influxdb","message":"ready","status":"pass","checks":[]}'),
    Case("InfluxDB 2 ready", HEALTHY, 200, JSON, '{"status":"ready","started":"2025-10-18T18:45:32Z","up":"3h2m1s"}'),
    Case("InfluxDB 2, fail", UNHEALTHY, 503, JSON, '{"name":"influxdb","status":"fail","checks":[]}'),
    Case("CouchDB", HEALTHY, 200, JSON, '{"status":"ok","seeds":{}}'),
    Case("CouchDB, maintenance", UNHEALTHY, 404, JSON, '{"status":"maintenance_mode"}'),
    Case("ClickHouse", HEALTHY, 200, "text/html; charset=UTF-8", "Ok.\n"),
    Case("CockroachDB", HEALTHY, 200, JSON, "{}"),
    Case("CockroachDB, not ready", UNHEALTHY, 503, JSON, '{"error":"node is not accepting SQL clients","code":14}'),
    Case("Neo4j", HEALTHY, 200, TEXT, "true"),
    Case("Neo4j, not writable", UNHEALTHY, 404, TEXT, "false"),
    Case("MinIO", HEALTHY, 200, NONE, ""),
    Case("MinIO, no quorum", UNHEALTHY, 503, NONE, ""),
    Case("Druid", HEALTHY, 200, JSON, "true"),
    Case("Trino", HEALTHY, 200, JSON, '{"nodeVersion":{"version":"435"},"coordinator":true,"starting":false}'),
    # Monitoring
    Case("Prometheus", HEALTHY, 200, TEXT, "Prometheus Server is Healthy.\n"),
    Case("Prometheus, starting", UNHEALTHY, 503, TEXT, "Service Unavailable"),
    Case("Prometheus metrics", HEALTHY, 200, "text/plain; version=0.0.4", "# HELP up Is it.\n# TYPE up gauge\nup 0\n"),
    Case("Alertmanager", HEALTHY, 200, TEXT, "OK"),
    Case("Loki", HEALTHY, 200, TEXT, "ready\n"),
    Case("Loki, not ready", UNHEALTHY, 503, TEXT, "Ingester not ready: waiting for 15s after being ready\n"),
    Case("Grafana", HEALTHY, 200, "application/json; charset=UTF-8",
         '{\n  "commit": "8fcfb1e",\n  "database": "ok",\n  "version": "10.2.3"\n}'),
    Case("Grafana, no database", UNHEALTHY, 503, JSON, '{"commit":"8fcfb1e","database":"failing","version":"10.2.3"}'),
    Case("Kibana", HEALTHY, 200, JSON, '{"name":"k","status":{"overall":{"level":"available"},"core":{}}}'),
    Case("Kibana, unavailable", UNHEALTHY, 503, JSON, '{"name":"k","status":{"overall":{"level":"unavailable"}}}'),
    Case("Kibana, degraded, told where", DEGRADED, 200, JSON, '{"status":{"overall":{"level":"degraded"}}}',
         {"status_path": "status.overall.level"}),
    Case("Jaeger", HEALTHY, 200, JSON, '{"status":"Server available","upSince":"2025-10-18T18:45:32Z"}'),
    Case("OpenTelemetry collector", HEALTHY, 200, JSON, '{"status":"Server available","uptime":"3h"}'),
    # Queues and schedulers
    Case("RabbitMQ", HEALTHY, 200, JSON, '{"status":"ok"}'),
    Case("RabbitMQ, alarms", UNHEALTHY, 503, JSON,
         '{"status":"failed","reason":"resource alarm(s) in effect","alarms":[]}'),
    Case("RabbitMQ, old aliveness test", UNHEALTHY, 200, JSON, '{"status":"failed","reason":"no queue"}'),
    Case("RabbitMQ, no credentials", UNHEALTHY, 401, JSON, '{"error":"not_authorised","reason":"Login failed"}'),
    Case("NATS", HEALTHY, 200, JSON, '{"status":"ok"}'),
    Case("NATS, unavailable", UNHEALTHY, 503, JSON, '{"status":"unavailable","error":"JetStream not current"}'),
    Case("Kafka Connect, a connector", HEALTHY, 200, JSON,
         '{"name":"sink","connector":{"state":"RUNNING","worker_id":"a:83"},"tasks":[{"id":0,"state":"RUNNING"}]}'),
    Case("Kafka Connect, a failed connector", UNHEALTHY, 200, JSON,
         '{"name":"sink","connector":{"state":"FAILED","worker_id":"a:83"},"tasks":[]}'),
    Case("Kafka Connect, a failed task", DEGRADED, 200, JSON,
         '{"connector":{"state":"RUNNING"},"tasks":[{"id":0,"state":"FAILED"}]}'),
    Case("Airflow", HEALTHY, 200, JSON,
         '{"metadatabase":{"status":"healthy"},"scheduler":{"status":"healthy","latest_scheduler_heartbeat":"x"},'
         '"triggerer":{"status":null},"dag_processor":{"status":null}}'),
    Case("Airflow, no scheduler", UNHEALTHY, 200, JSON,
         '{"metadatabase":{"status":"healthy"},"scheduler":{"status":"unhealthy","latest_scheduler_heartbeat":null}}'),
    Case("Flower", HEALTHY, 200, HTML, "OK"),
    Case("Sidekiq alive", HEALTHY, 200, TEXT, "Alive!\n"),
    Case("Temporal over a gateway", HEALTHY, 200, JSON, '{"status":"SERVING"}'),
    Case("gRPC gateway, not serving", UNHEALTHY, 200, JSON, '{"status":"NOT_SERVING"}'),
    Case("Nomad", HEALTHY, 200, JSON, '{"client":{"message":"ok","ok":true},"server":{"message":"ok","ok":true}}'),
    Case("Nomad, no leader", UNHEALTHY, 500, JSON, '{"server":{"message":"No cluster leader","ok":false}}'),
    # Infrastructure
    Case("Kubernetes", HEALTHY, 200, TEXT, "ok"),
    Case("Kubernetes, a check failed", UNHEALTHY, 500, TEXT,
         "[+]ping ok\n[-]etcd failed: reason withheld\nhealthz check failed"),
    Case("etcd", HEALTHY, 200, JSON, '{"health":"true","reason":""}'),
    Case("etcd, no leader", UNHEALTHY, 503, JSON, '{"health":"false","reason":"RAFT NO LEADER"}'),
    Case("etcd, under 200", UNHEALTHY, 200, JSON, '{"health":"false","reason":"ALARM NOSPACE"}'),
    Case("Ceph, warning", DEGRADED, 200, JSON, '{"health":{"status":"HEALTH_WARN","checks":{}}}'),
    Case("Consul", HEALTHY, 200, JSON, '"10.1.10.12:8300"'),
    Case("Consul, an agent's check", DEGRADED, 200, JSON, '{"AggregatedStatus":"warning"}',
         {"status_path": "AggregatedStatus"}),
    Case("Vault", HEALTHY, 200, JSON, '{"initialized":true,"sealed":false,"standby":false,"version":"1.15"}'),
    Case("Vault, standby, expected", HEALTHY, 429, JSON, '{"initialized":true,"sealed":false,"standby":true}',
         {"expected_status": ((200, 299), (429, 429), (472, 473))}),
    Case("Vault, sealed", UNHEALTHY, 503, JSON, '{"initialized":true,"sealed":true,"standby":true}',
         {"expected_status": ((200, 299), (429, 429), (472, 473))}),
    Case("Vault, not initialised", UNHEALTHY, 501, JSON, '{"initialized":false,"sealed":true,"standby":true}'),
    Case("Traefik", HEALTHY, 200, TEXT, "OK"),
    Case("nginx stub status", HEALTHY, 200, TEXT,
         "Active connections: 291 \nserver accepts handled requests\n 1 1 3 \n"),
    Case("nginx in front of nothing", UNHEALTHY, 502, HTML, "<html><head><title>502 Bad Gateway</title></head>"),
    Case("Envoy", HEALTHY, 200, TEXT, "LIVE\n"),
    Case("Envoy, draining", UNHEALTHY, 503, TEXT, "DRAINING\n"),
    Case("HAProxy monitor", HEALTHY, 200, HTML, "<html><body><h1>200 OK</h1>\nService ready.\n</body></html>"),
    Case("Argo CD", HEALTHY, 200, TEXT, "ok"),
    Case("Harbor", HEALTHY, 200, JSON, '{"status":"healthy","components":[{"name":"core","status":"healthy"}]}'),
    Case("Harbor, a component down", UNHEALTHY, 200, JSON,
         '{"status":"unhealthy","components":[{"name":"redis","status":"unhealthy","error":"refused"}]}'),
    # Applications
    Case("Home Assistant", HEALTHY, 200, JSON, '{"message": "API running."}'),
    Case("Home Assistant, no token", UNHEALTHY, 401, TEXT, "401: Unauthorized"),
    Case("GitLab liveness", HEALTHY, 200, JSON, '{"status":"ok"}'),
    Case("GitLab readiness", HEALTHY, 200, JSON,
         '{"status":"ok","master_check":[{"status":"ok"}],"db_check":[{"status":"ok"}]}'),
    Case("GitLab readiness, failed", UNHEALTHY, 503, JSON, '{"status":"failed","master_check":[{"status":"failed"}]}'),
    Case("GitLab health", HEALTHY, 200, TEXT, "GitLab OK"),
    Case("Synapse", HEALTHY, 200, TEXT, "OK"),
    Case("Discourse", HEALTHY, 200, TEXT, "ok"),
    Case("Rails", HEALTHY, 200, HTML, '<!DOCTYPE html><html><body style="background-color: green"></body></html>'),
    Case("Rails, down", UNHEALTHY, 500, HTML,
         '<!DOCTYPE html><html><body style="background-color: red"></body></html>'),
    Case("Node terminus", HEALTHY, 200, JSON, '{"status":"ok","info":{"db":{"status":"up"}},"error":{},"details":{}}'),
    Case("Node terminus, error", UNHEALTHY, 503, JSON,
         '{"status":"error","info":{},"error":{"db":{"status":"down"}},"details":{"db":{"status":"down"}}}'),
    Case("NestJS, shutting down", UNHEALTHY, 503, JSON, '{"status":"shutting_down","info":{},"error":{}}'),
    Case("django-health-check", HEALTHY, 200, JSON,
         '{"Cache backend: default": "working", "DatabaseBackend": "working"}'),
    Case("django-health-check, failing", UNHEALTHY, 500, JSON,
         '{"Cache backend: default": "unavailable: Unknown error", "DatabaseBackend": "working"}'),
    Case("FastAPI", HEALTHY, 200, JSON, '{"status":"healthy","uptime":"1:25:24.57","events_per_minute":750}'),
    Case("FastAPI, says so under 200", UNHEALTHY, 200, JSON, '{"status": "unhealthy"}'),
    Case("FastAPI, validation", UNHEALTHY, 422, JSON, '{"detail":[{"loc":["query"],"msg":"field required"}]}'),
    Case("a boolean status", HEALTHY, 200, JSON, '{"status":true}'),
    Case("a boolean status, false", UNHEALTHY, 200, JSON, '{"status":false}'),
    Case("Go, alive", HEALTHY, 200, JSON, '{"alive":true}'),
    Case("Go, not alive", UNHEALTHY, 200, JSON, '{"alive":false}'),
    Case("a JSON string", HEALTHY, 200, JSON, '"Healthy"'),
    Case("a JSON string, bad", UNHEALTHY, 200, JSON, '"Unhealthy"'),
    Case("a state machine", HEALTHY, 200, JSON, '{"state":"RUNNING","since":"2025-10-18"}'),
    Case("a stopped state machine", UNHEALTHY, 200, JSON, '{"state":"STOPPED"}'),
    Case("a numeric state", HEALTHY, 200, JSON, '{"state":1}'),
    Case("an HTML page", HEALTHY, 200, HTML, "<html><body>down the rabbit hole</body></html>"),
    Case("an HTML page that should be JSON", ERROR, 200, JSON, "<html><body>Welcome to the proxy</body></html>"),
    Case("not modified", UNHEALTHY, 304, NONE, ""),
    Case("moved", UNHEALTHY, 301, HTML, "<html>moved</html>"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.software)
def test_the_verdict_is_the_one_a_person_gives(case: Case) -> None:
    exchange = answered(case.body, http_status=case.http_status, content_type=case.content_type)

    verdict = judge(exchange=exchange, target=target(**case.registered))

    assert verdict.status is case.expected, verdict.rule
    assert (verdict.failure is not None) is verdict.status.is_bad


def test_a_failure_says_whether_the_service_or_its_http_status_told() -> None:
    told = judge(exchange=answered('{"status":"DOWN"}', http_status=503), target=target())
    silent = judge(exchange=answered("", http_status=503), target=target())

    assert told.failure is not None
    assert told.failure.kind is FailureKind.REPORTED
    assert silent.failure is not None
    assert silent.failure.kind is FailureKind.HTTP_STATUS


def test_the_tables_hold_enough_software_to_mean_something() -> None:
    assert len(CASES) >= 100
    assert len({case.software for case in CASES}) == len(CASES)
