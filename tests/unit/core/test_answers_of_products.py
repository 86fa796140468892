"""Answers of many products, well and in trouble, that are judged without any key as a person would.

Bodies are shortened where the rest says nothing of the health. Those that need a key are in
`test_answers_that_stay_wrong.py`.
"""

from typing import NamedTuple

import pytest

from realtime.core.records import Status
from realtime.core.verdict import judge
from tests.unit.core.making import answered, target

H, D, U = Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY
JSON, TEXT, HTML, XML = "application/json", "text/plain", "text/html", "application/xml"


class Answer(NamedTuple):
    """What a product answered, and what a person makes of it."""

    product: str
    expected: Status
    body: str
    http_status: int = 200
    content_type: str = JSON


ANSWERS = [
    # Gateways and proxies
    Answer("Kong /status, database reachable", H,
           '{"database":{"reachable":true},"server":{"connections_active":1},"memory":{"workers_lua_vms":[]}}'),
    Answer("Tyk /hello, redis fails", D,
           '{"status":"warn","version":"v5.0","description":"Tyk GW","details":{"redis":{"status":"fail",'
           '"componentType":"datastore"},"dashboard":{"status":"pass"}}}'),
    Answer("Tyk /hello, well", H,
           '{"status":"pass","version":"v5.0","details":{"redis":{"status":"pass","componentType":"datastore"}}}'),
    Answer("KrakenD /__health", H, '{"status":"ok","agents":{},"now":"2025-10-18 18:45:32"}'),
    Answer("Traefik /api/http/services, all up", H,
           '[{"status":"enabled","serverStatus":{"http://10.0.0.3:80":"UP"},"name":"web@docker"}]'),
    Answer("Envoy /server_info live", H,
           '{"version":"1.29/Clean/RELEASE","state":"LIVE","uptime_current_epoch":"10s"}'),
    Answer("Envoy /server_info initializing", D, '{"version":"1.29","state":"PRE_INITIALIZING"}'),
    Answer("HAProxy monitor-uri well", H, "<html><body><h1>200 OK</h1>\nService ready.\n</body></html>\n", 200, HTML),
    Answer("Ambassador check_ready", H, "ambassador readiness check OK (5 seconds)\n", 200, TEXT),
    Answer("Linkerd ready", H, "ready\n", 200, TEXT),
    # Home, media and DNS
    Answer("AdGuard Home, running", H,
           '{"version":"v0.107.48","language":"en","dns_addresses":["10.0.0.1"],"dns_port":53,"http_port":80,'
           '"protection_disabled_duration":0,"protection_enabled":true,"dhcp_available":true,"running":true}'),
    Answer("Pi-hole 6, blocking enabled", H, '{"blocking":"enabled","timer":null,"took":0.003}'),
    Answer("Pi-hole 6, blocking failed", U, '{"blocking":"failed","timer":null,"took":0.003}'),
    Answer("Sonarr, no problems", H, "[]"),
    Answer("Jellyfin", H, "Healthy", 200, TEXT),
    Answer("Jellyfin, unhealthy", U, "Unhealthy", 503, TEXT),
    Answer("Plex /identity", H,
           '<?xml version="1.0"?><MediaContainer size="0" claimed="1" machineIdentifier="b1" version="1.40"><'
           "/MediaContainer>", 200, XML),
    Answer("Immich ping", H, '{"res":"pong"}'),
    Answer("Tautulli status", H, '{"result":"success","message":"Ok"}'),
    Answer("Tautulli status, error", U, '{"result":"error","message":"Unable to connect to Plex"}'),
    Answer("qBittorrent, disconnected", U, '{"connection_status":"disconnected","dht_nodes":0,"dl_info_speed":0}'),
    Answer("qBittorrent, connected", H, '{"connection_status":"connected","dht_nodes":370,"dl_info_speed":9681262}'),
    Answer("Syncthing health", H, '{"status":"OK"}'),
    Answer("SABnzbd, wrong key", U, '{"status":false,"error":"API Key Incorrect"}'),
    Answer("Moonraker, klippy ready", H,
           '{"result":{"klippy_connected":true,"klippy_state":"ready","components":["database"],'
           '"failed_components":[]}}'),
    Answer("OctoPrint, offline after an error", U, '{"job":{},"progress":{},"state":"Offline after error"}'),
    Answer("OctoPrint, printing", H, '{"job":{},"progress":{},"state":"Printing"}'),
    Answer("PhotoPrism", H, '{"status":"operational"}'),
    Answer("Vaultwarden alive", H, '"2025-10-18T18:45:32.123Z"'),
    Answer("BookStack, cache broken", U, '{"database":true,"cache":false,"session":true}', 500),
    Answer("BookStack, well", H, '{"database":true,"cache":true,"session":true}'),
    # Containers, clusters and hypervisors
    Answer("Docker list, an unhealthy container", U,
           '[{"Names":["/db"],"State":"running","Status":"Up 3 hours (unhealthy)"}]'),
    Answer("Docker list, a healthy container", H,
           '[{"Names":["/db"],"State":"running","Status":"Up 3 hours (healthy)"}]'),
    Answer("Docker list, a container that starts", D,
           '[{"Names":["/db"],"State":"running","Status":"Up 10 seconds (health: starting)"}]'),
    Answer("Docker list, restarting", D,
           '[{"Names":["/db"],"State":"restarting","Status":"Restarting (1) 5 seconds ago"}]'),
    Answer("Docker inspect, healthy", H,
           '{"Id":"4fa6","State":{"Status":"running","Running":true,"Paused":false,"Restarting":false,'
           '"OOMKilled":false,"Dead":false,"Health":{"Status":"healthy","FailingStreak":0}}}'),
    Answer("Kubernetes pod, running", H, '{"kind":"Pod","status":{"phase":"Running"}}'),
    Answer("Kubernetes API, Status object failure", U,
           '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"pods is forbidden","code":403}', 403),
    Answer("Nomad agent health, one side", U, '{"client":{"ok":false,"message":"no known servers"}}', 500),
    Answer("Nomad nodes, one down", U, '[{"Name":"a","Status":"ready"},{"Name":"b","Status":"down"}]'),
    Answer("Nomad leader", H, '"10.0.0.1:4647"'),
    Answer("Rancher cluster unavailable", D, '{"type":"collection","data":[{"name":"prod","state":"unavailable"}]}'),
    Answer("TrueNAS state", H, '"READY"'),
    Answer("TrueNAS state, shutting down", U, '"SHUTTING_DOWN"'),
    Answer("TrueNAS pool, degraded", D, '[{"name":"tank","status":"DEGRADED","healthy":false}]'),
    Answer("TrueNAS pool, online", H, '[{"name":"tank","status":"ONLINE","healthy":true}]'),
    Answer("TrueNAS pool, faulted", U, '[{"name":"tank","status":"FAULTED","healthy":false}]'),
    Answer("vCenter health, green", H, '{"value":"green"}'),
    Answer("Azure Functions host, error", U,
           '{"id":"h","state":"Error","version":"4.0","errors":["The listener was unable to start"]}'),
    Answer("LocalStack, a service in error", U,
           '{"services":{"s3":"running","sqs":"error","sns":"disabled"},"edition":"community"}'),
    Answer("LocalStack, well", H,
           '{"services":{"s3":"running","sqs":"available","sns":"disabled"},"edition":"community"}'),
    # Databases, search and queues
    Answer("ArangoDB availability", H, '{"mode":"default","error":false,"code":200}'),
    Answer("ArangoDB status, serving", H,
           '{"server":"arango","version":"3.11","serverInfo":{"maintenance":false,"state":"SERVING",'
           '"readOnly":false}}'),
    Answer("Couchbase, a node unhealthy", D,
           '{"name":"default","nodes":[{"hostname":"a","status":"healthy","clusterMembership":"active"},'
           '{"hostname":"b","status":"unhealthy","clusterMembership":"active"}],"rebalanceStatus":"none"}'),
    Answer("YugabyteDB, well", H, '{"dead_nodes":[],"most_recent_uptime":151,"under_replicated_tablets":[]}'),
    Answer("TiDB status", H, '{"connections":0,"version":"8.0.11-TiDB-v7.5.0","git_hash":"d8b3e4"}'),
    Answer("PD health, a member false", U,
           '[{"name":"pd1","member_id":1,"client_urls":["http://a:2379"],"health":true},{"name":"pd2",'
           '"health":false}]'),
    Answer("ScyllaDB native transport", H, "true"),
    Answer("ScyllaDB native transport, false", U, "false"),
    Answer("Cassandra sidecar, NOT_OK", U, '{"status":"NOT_OK"}', 503),
    Answer("CrateDB", H, '{"ok":true,"status":200,"name":"n1","cluster_name":"crate","version":{"number":"5.6"}}'),
    Answer("Dgraph, healthy", H,
           '[{"instance":"alpha","address":"a:7080","status":"healthy","group":"1","version":"v23"}]'),
    Answer("Dgraph, unhealthy", U,
           '[{"instance":"alpha","address":"a:7080","status":"healthy"},{"instance":"zero","status":"unhealthy"}]'),
    Answer("Redpanda health overview", U,
           '{"is_healthy":false,"controller_id":1,"all_nodes":[1,2,3],"nodes_down":[2],'
           '"leaderless_partitions":[]}'),
    Answer("Redpanda health overview, well", H,
           '{"is_healthy":true,"controller_id":1,"all_nodes":[1,2,3],"nodes_down":[]}'),
    Answer("Elasticsearch health report, red", U,
           '{"status":"red","cluster_name":"c","indicators":{"disk":{"status":"red","symptom":"x"}}}'),
    Answer("Elasticsearch health report, unknown", D,
           '{"status":"unknown","cluster_name":"c","indicators":{"shards_availability":{"status":"unknown"}}}'),
    Answer("OpenSearch cluster health, red", U,
           '{"cluster_name":"o","status":"red","timed_out":false,"discovered_cluster_manager":true}'),
    Answer("Meilisearch", H, '{"status":"available"}'),
    Answer("Typesense, resource error", U, '{"ok":false,"resource_error":"OUT_OF_MEMORY"}'),
    Answer("Weaviate nodes, one unhealthy", D,
           '{"nodes":[{"name":"w0","status":"HEALTHY","shards":[]},{"name":"w1","status":"UNHEALTHY",'
           '"shards":null}]}'),
    Answer("Milvus, some components", U,
           '{"state":"Not all components are healthy, 4/5","detail":[{"name":"querynode","code":2}]}', 500),
    Answer("Milvus, OK", H, '{"state":"OK","detail":[{"name":"querynode","code":1}]}'),
    Answer("Milvus checkHealth", U, '{"isHealthy":false,"reasons":["querynode is abnormal"]}'),
    Answer("Qdrant readyz", H, "all shards are ready", 200, TEXT),
    Answer("Neo4j cluster status", H,
           '{"lastAppliedRaftIndex":0,"votingMembers":["a"],"memberId":"a","leader":"a",'
           '"participatingInRaftGroup":true,"core":true,"isHealthy":true}'),
    Answer("Neo4j cluster status, unhealthy", U,
           '{"lastAppliedRaftIndex":0,"participatingInRaftGroup":true,"core":true,"isHealthy":false}'),
    Answer("VictoriaMetrics", H, "OK", 200, TEXT),
    Answer("QuestDB", H, "Status: Healthy\n", 200, TEXT),
    Answer("QuestDB, unhealthy", U, "Status: Unhealthy\n", 500, TEXT),
    Answer("Druid, self discovered false", U, '{"selfDiscovered":false}', 503),
    Answer("Spark master, alive with a dead worker", H,
           '{"url":"spark://a:7077","workers":[{"id":"w","state":"DEAD"},{"id":"x","state":"ALIVE"}],'
           '"aliveworkers":1,"status":"ALIVE"}'),
    Answer("Spark master, standby", H, '{"url":"spark://b:7077","workers":[],"status":"STANDBY"}'),
    Answer("YARN resource manager", H, '{"clusterInfo":{"id":1,"state":"STARTED","haState":"ACTIVE"}}'),
    Answer("Kinetica, error", U, '{"status":"ERROR","message":"not running","data_type":"none","data_str":""}'),
    Answer("ksqlDB, kafka not healthy", U,
           '{"isHealthy":false,"details":{"metastore":{"isHealthy":true},"kafka":{"isHealthy":false}},'
           '"serverState":"READY"}'),
    Answer("Karapace, ready", H,
           '{"karapace_version":"3.10","status":{"schema_registry_ready":true,'
           '"schema_registry_startup_time_sec":0.2},"process_uptime_sec":10}'),
    Answer("Confluent schema registry", H, "{}"),
    Answer("Pulsar brokers health", H, "ok", 200, TEXT),
    Answer("Jolokia, an error under 200", U,
           '{"error_type":"javax.management.InstanceNotFoundException","error":"No MBean","status":404,'
           '"request":{}}'),
    Answer("EMQX, running", H, "Node emqx@127.0.0.1 is started\nemqx is running", 200, TEXT),
    Answer("HiveMQ, degraded", D,
           '{"status":"DEGRADED","components":{"extensions":{"status":"DEGRADED"},"info":{"status":"UP"}}}'),
    Answer("VerneMQ, down", U, '{"status":"DOWN","reasons":["Cluster has netsplit"]}', 503),
    Answer("RabbitMQ queues, one down", D,
           '{"items":[{"name":"in","state":"running"},{"name":"out","state":"down"}],"page":1}'),
    Answer("SeaweedFS cluster", H, '{"IsLeader":true,"Leader":"a:9333","MaxVolumeId":7}'),
    Answer("Garage", H,
           "Garage is fully operational\nConsult the full health check API endpoint at /v2/GetClusterHealth fo"
           "r more details\n", 200, TEXT),
    Answer("Garage cluster health, degraded", D,
           '{"status":"degraded","knownNodes":3,"connectedNodes":2,"storageNodes":3,"partitions":256}'),
    Answer("Ceph status, HEALTH_WARN", D,
           '{"fsid":"x","health":{"status":"HEALTH_WARN","checks":{"OSD_DOWN":{"severity":"HEALTH_WARN"}},'
           '"mutes":[]},"quorum":[0,1]}'),
    # Monitoring
    Answer("Slack status, well", H, '{"status":"ok","date_created":"2025-10-18T18:45:32-07:00","active_incidents":[]}'),
    Answer("Statuspage summary, well", H,
           '{"page":{"id":"x"},"components":[{"id":"c","name":"API","status":"operational","group":false,'
           '"only_show_if_degraded":false}],"incidents":[],"scheduled_maintenances":[],'
           '"status":{"indicator":"none","description":"All Systems Operational"}}'),
    Answer("Statuspage summary, a major outage", U,
           '{"page":{"id":"x"},"components":[{"id":"c","name":"API","status":"major_outage","group":false}],'
           '"incidents":[{"status":"investigating","impact":"major"}],"status":{"indicator":"major",'
           '"description":"Major System Outage"}}'),
    Answer("Statuspage summary, a component in maintenance", D,
           '{"page":{"id":"x"},"components":[{"id":"c","name":"API","status":"under_maintenance"}],'
           '"incidents":[],"status":{"indicator":"maintenance","description":"Service Under Maintenance"}}'),
    Answer("Cachet ping", H, '{"data":"Pong!"}'),
    Answer("Healthchecks, a check is down", U,
           '{"checks":[{"name":"backup","status":"down","n_pings":9},{"name":"x","status":"up"}]}'),
    Answer("Healthchecks, a check is late", H,
           '{"checks":[{"name":"backup","status":"grace"},{"name":"y","status":"new"},{"name":"x",'
           '"status":"up"}]}'),
    Answer("Pingdom checks, one down", U,
           '{"checks":[{"id":1,"name":"site","status":"up"},{"id":2,"status":"down"}],"counts":{"total":2}}'),
    Answer("Alertmanager status", H,
           '{"cluster":{"name":"x","peers":[],"status":"ready"},"versionInfo":{},"uptime":"2025-10-18T18:45:32Z"}'),
    Answer("Alertmanager status, no cluster", H, '{"cluster":{"status":"disabled"},"uptime":"2025-10-18T18:45:32Z"}'),
    Answer("Alloy ready", H, "Alloy is ready.\n", 200, TEXT),
    Answer("Alloy healthy", H, "All Alloy components are healthy.\n", 200, TEXT),
    Answer("Tempo, not ready", U, "Ingester not ready: waiting for 15s after being ready\n", 503, TEXT),
    Answer("Thanos, NOT OK", U, "NOT OK\n", 503, TEXT),
    Answer("Thanos, NOT OK behind a cache that answers 200", U, "NOT OK\n", 200, TEXT),
    Answer("Graylog load balancer", H, "ALIVE", 200, TEXT),
    Answer("Graylog load balancer, dead under 200", U, "DEAD", 200, TEXT),
    Answer("Splunk HEC", H, '{"text":"HEC is healthy","code":17}'),
    Answer("Logstash, yellow", D,
           '{"host":"h","version":"8.16","http_address":"0:9600","status":"yellow","pipeline":{"workers":2}}'),
    Answer("Vector", H, '{"ok":true}'),
    Answer("Dynatrace", H, "RUNNING", 200, TEXT),
    Answer("Zipkin, storage down", U,
           '{"status":"DOWN","zipkin":{"status":"DOWN","details":{"ElasticsearchStorage":{"status":"DOWN"}}}}', 503),
    Answer("Datadog agent, well", H, '{"Healthy":["ad-autoconfig","forwarder"],"Unhealthy":[]}'),
    # Identity and secrets
    Answer("Authelia", H, '{"status":"OK"}'),
    Answer("Authentik", H, "", 204, ""),
    Answer("Zitadel", H, '"ok"'),
    Answer("Ory, not ready", U, '{"errors":{"database":"connection refused"}}', 503),
    Answer("Infisical", H,
           '{"date":"2025-10-18T18:45:32Z","message":"Ok","emailConfigured":false,"redisConfigured":true}'),
    Answer("Kanidm", H, "true"),
    Answer("Boundary", H, "{}"),
    Answer("Dex", H, "Health check passed", 200, TEXT),
    # Source code and registries
    Answer("Gitea", H,
           '{"status":"pass","description":"Gitea: Git with a cup of tea",'
           '"checks":{"cache:ping":[{"status":"pass","time":"2025-10-18T18:45:32Z"}],'
           '"database:ping":[{"status":"pass","time":"2025-10-18T18:45:32Z"}]}}'),
    Answer("Gitea, database fails", U,
           '{"status":"fail","description":"Gitea: Git with a cup of tea",'
           '"checks":{"database:ping":[{"status":"fail","time":"2025-10-18T18:45:32Z"}]}}', 424),
    Answer("GoCD", H, '{"health":"OK"}'),
    Answer("Bitbucket, running", H, '{"state":"RUNNING"}'),
    Answer("Nexus checks, one not healthy", U,
           '{"Available CPUs":{"healthy":true,"message":null},"Blob Stores Ready":{"healthy":false,'
           '"message":"default: not started"}}'),
    Answer("Nexus checks, well", H,
           '{"Available CPUs":{"healthy":true,"message":null,"error":null,"details":null},'
           '"Blob Stores Ready":{"healthy":true}}'),
    Answer("Quay, database false", U,
           '{"data":{"services":{"auth":true,"database":false,"redis":true}},"status_code":503}', 503),
    Answer("Quay, well", H, '{"data":{"services":{"auth":true,"database":true,"redis":true}},"status_code":200}'),
    Answer("Harbor, registry unhealthy", U,
           '{"components":[{"name":"core","status":"healthy"},{"name":"registry","status":"unhealthy",'
           '"error":"dial tcp"}],"status":"unhealthy"}'),
    Answer("Drone", H, "OK", 200, TEXT),
    Answer("GitHub Enterprise", H, "GitHub lives! (2025-10-18 18:45:32 -0700) (1760838332)", 200, TEXT),
    # Workflows and platforms
    Answer("Airbyte, available", H, '{"available":true}'),
    Answer("Prefect", H, "true"),
    Answer("Dagster", H, '{"dagster_webserver_version":"1.6","dagster_version":"1.6","dagster_graphql_version":"1.6"}'),
    Answer("Metabase", H, '{"status":"ok"}'),
    Answer("Metabase, initializing", U, '{"status":"initializing","progress":0.3}', 503),
    Answer("Metabase, no database", U, '{"status":"Unable to get app-db connection"}', 503),
    Answer("Hasura", H, "OK", 200, TEXT),
    Answer("PostHog readyz, kafka away", U,
           '{"clickhouse":true,"postgres":true,"kafka_connected":false,"cache":true}', 503),
    Answer("Sentry, full and well", H,
           '{"problems":[],"healthy":{"CeleryAliveCheck":true,"CeleryAppVersionCheck":true,'
           '"WarningStatusCheck":true}}'),
    Answer("Sentry, full, celery not alive", U,
           '{"problems":["Background workers haven\'t checked in recently."],'
           '"healthy":{"CeleryAliveCheck":false}}', 500),
    Answer("Redash", H,
           '{"dashboards_count":0,"database_metrics":{"metrics":[]},'
           '"manager":{"queues":{"queries":{"size":0}},"started_at":1},"redis_used_memory":1}'),
    Answer("Plausible, clickhouse error", U,
           '{"postgres":"ok","clickhouse":"error: connection refused","sites_cache":"ok"}', 500),
    Answer("Plausible, clickhouse error under 200", U,
           '{"postgres":"ok","clickhouse":"error: connection refused","sites_cache":"ok"}'),
    Answer("Baserow, storage unavailable", U,
           '{"passing":false,"checks":{"DatabaseHealthCheck":"working",'
           '"DefaultFileStorageHealthCheck":"unavailable: write failed"},"email_tester_configured":true}'),
    Answer("Chatwoot, data services failing", U,
           '{"version":"3.0","timestamp":"2025-10-18 18:45:32","queue_services":"ok","data_services":"failing"}'),
    Answer("PocketBase", H, '{"code":200,"message":"API is healthy.","data":{}}'),
    Answer("Directus, warn", D,
           '{"status":"warn","releaseId":"10","serviceId":"x","checks":{"pg:responseTime":[{"status":"warn",'
           '"observedValue":190}]}}'),
    Answer("n8n", H, '{"status":"ok"}'),
    Answer("Windmill, degraded", D,
           '{"status":"degraded","checked_at":"2025-10-18","database_healthy":true,"workers_alive":0}'),
    # Chat, mail and office
    Answer("Mattermost, with database", H,
           '{"AndroidLatestVersion":"","AndroidMinVersion":"","status":"OK","database_status":"OK",'
           '"filestore_status":"OK","ActiveSearchBackend":"database"}'),
    Answer("Mattermost, file store unhealthy", U,
           '{"AndroidLatestVersion":"","status":"UNHEALTHY","database_status":"OK",'
           '"filestore_status":"UNHEALTHY"}'),
    Answer("Rocket.Chat info", H, '{"version":"6.5","success":true}'),
    Answer("Zulip", H, '{"result":"success","msg":""}'),
    Answer("Zulip, error", U, '{"result":"error","msg":"Cannot query postgresql","code":"BAD_REQUEST"}', 500),
    Answer("Matrix versions", H,
           '{"versions":["r0.6.1","v1.1"],"unstable_features":{"org.matrix.e2e_cross_signing":true,'
           '"org.matrix.msc2432":false}}'),
    Answer("BigBlueButton, success", H,
           "<response><returncode>SUCCESS</returncode><version>2.0</version></response>", 200, XML),
    # Frameworks and libraries
    Answer("hellofresh health-go, partially available", D,
           '{"status":"Partially Available","timestamp":"2025-10-18T18:45:32Z",'
           '"failures":{"rabbitmq":"Failed during rabbitmq health check"},"system":{"version":"go1.21"}}'),
    Answer("hellofresh health-go, OK", H,
           '{"status":"OK","timestamp":"2025-10-18T18:45:32Z","system":{"version":"go1.21",'
           '"goroutines_count":4},"component":{"name":"a","version":"1"}}'),
    Answer("hellofresh health-go, unavailable", U,
           '{"status":"Unavailable","failures":{"mysql":"dial tcp"},"component":{"name":"a"}}', 503),
    Answer("alexliesenfeld/health, down", U,
           '{"status":"down","details":{"database":{"status":"up"},"search":{"status":"down",'
           '"error":"this fails"}}}', 503),
    Answer("alexliesenfeld/health, unknown", D, '{"status":"unknown","details":{"search":{"status":"unknown"}}}'),
    Answer("lightship", H, "SERVER_IS_READY", 200, TEXT),
    Answer("lightship, not ready", U, "SERVER_IS_NOT_READY", 200, TEXT),
    Answer("lightship, shutting down", U, "SERVER_IS_SHUTTING_DOWN", 200, TEXT),
    Answer("OkComputer, well", H,
           '{"default":{"message":"Application is running","success":true,"time":0.0},'
           '"database":{"message":"Schema version: 2025","success":true,"time":0.01}}'),
    Answer("OkComputer, the database fails", U,
           '{"default":{"message":"Application is running","success":true},'
           '"database":{"message":"Error: connection refused","success":false}}', 500),
    Answer("OpenProject text", H, "default: PASSED Application is running (0s)\n", 200, TEXT),
    Answer("health-monitor-rails, an error", U,
           '{"results":[{"name":"Database","message":"","status":"OK"},{"name":"Redis","message":"refused",'
           '"status":"ERROR"}],"status":"service_unavailable","timestamp":"2025-10-18"}', 503),
    Answer("health-monitor-rails, well", H,
           '{"results":[{"name":"Database","message":"","status":"OK"}],"status":"ok","timestamp":"2025-10-18"}'),
    Answer("health_check gem, success", H, '{"healthy":true,"message":"success"}'),
    Answer("health_check gem, text", H, "success", 200, TEXT),
    Answer("Pinglish, failures", U, '{"now":"1760838332","status":"failures","failures":["db"]}', 503),
    Answer("spatie laravel-health, a warning", D,
           '{"finishedAt":1697654732,"checkResults":[{"name":"UsedDiskSpace","label":"Used Disk Space",'
           '"notificationMessage":"The disk is almost full (82% used).","shortSummary":"82%",'
           '"status":"warning","meta":{"disk_space_used_percentage":82}}]}'),
    Answer("spatie laravel-health, crashed", U,
           '{"finishedAt":1697654732,"checkResults":[{"name":"Database","shortSummary":"","status":"crashed",'
           '"meta":{}}]}'),
    Answer("spatie laravel-health, debug mode on, ok", H,
           '{"finishedAt":1697654732,"checkResults":[{"name":"DebugMode","label":"Debug Mode",'
           '"shortSummary":"false","status":"ok","meta":{"actual":false,"expected":false}}]}'),
    Answer("django-health-check 3.17, redis down", U,
           '{"DatabaseBackend":"working","RedisHealthCheck":"unavailable: Connection refused"}', 500),
    Answer("django-watchman, well", H,
           '{"databases":[{"default":{"ok":true}}],"caches":[{"default":{"ok":true}}],"storage":{"ok":true}}'),
    Answer("Quarkus, one check down", U,
           '{"status":"DOWN","checks":[{"name":"Kafka","status":"DOWN","data":{"topic":"[KO]"}},{"name":"db",'
           '"status":"UP"}]}', 503),
    Answer("Spring Boot, liveness group", H, '{"status":"UP","groups":["liveness","readiness"]}'),
    Answer("Spring Boot, OUT_OF_SERVICE readiness", U, '{"status":"OUT_OF_SERVICE"}', 503),
    Answer("Micronaut, unknown disk", D,
           '{"name":"app","status":"UNKNOWN","details":{"diskSpace":{"name":"app","status":"UNKNOWN"}}}'),
    Answer("ASP.NET HealthChecks.UI aggregate, one unhealthy", U,
           '[{"id":1,"status":"Unhealthy","name":"api","entries":[{"name":"sql","status":"Unhealthy"}]}]'),
    Answer("Node express-healthcheck", H, '{"uptime":23.09}'),
    Answer("Fastify under-pressure", H, '{"status":"ok"}'),
    Answer("Vert.x, DOWN outcome", U, '{"status":"DOWN","checks":[{"id":"db","status":"DOWN"}],"outcome":"DOWN"}', 503),
    Answer("Vert.x old outcome only, down under 200", U, '{"checks":[{"id":"db","status":"DOWN"}],"outcome":"DOWN"}'),
    Answer("Akka management members", H,
           '{"selfNode":"akka://a","leader":"akka://a","oldest":"akka://a","unreachable":[],'
           '"members":[{"node":"akka://a","nodeUid":"1","status":"Up","roles":[]}]}'),
    Answer("Erlang/Elixir, a map of booleans", U, '{"checks":{"repo":true,"oban":false}}'),
    Answer("ArcGIS data store, not healthy", U,
           '{"gis-rdbms":{"role":"primary","isHealthy":false,"isAcceptConnection":false},"isHealthy":false}'),
    Answer("HCL Volt, FAILED detail", U,
           '{"healthCheck":"FAILED","healthDetail":{"Access to Reports DB":"FAILED",'
           '"Access to Admin DB":"PASSED"}}'),
    Answer("HCL Volt, passed", H,
           '{"healthCheck":"PASSED","healthDetail":{"Access to Reports DB":"PASSED"},"version":"9"}'),
    Answer("Puppet server services, one in error", U,
           '{"jruby-metrics":{"state":"error","active_alerts":[]},"puppet-profiler":{"state":"running",'
           '"status":{}}}'),
    Answer("Puppet server services, one starting", D,
           '{"jruby-metrics":{"state":"starting","active_alerts":[]},"puppet-profiler":{"state":"running"}}'),
    Answer("Rundeck, the scheduler is not healthy", U,
           '{"dataSource.connection.time":{"healthy":true,"message":"0ms"},'
           '"quartz.scheduler.threadPool":{"healthy":false}}'),
    Answer("Zammad, not healthy", U,
           '{"healthy":false,"message":"scheduler not running","issues":["scheduler not running"],"actions":[]}'),
    Answer("Zammad, healthy", H, '{"healthy":true,"message":"success","issues":[],"actions":[]}'),
    Answer("Gotify, database red", U, '{"health":"orange","database":"red"}'),
    Answer("Gotify, green", H, '{"health":"green","database":"green"}'),
    Answer("cloudflared, no connections", U, '{"status":503,"readyConnections":0,"connectorId":"x"}', 503),
    Answer("cloudflared, ready", H, '{"status":200,"readyConnections":4,"connectorId":"x"}'),
    Answer("Burrow, a consumer in error", U,
           '{"error":false,"message":"consumer status returned","status":{"cluster":"local","group":"g",'
           '"status":"ERR","complete":1}}'),
    Answer("Burrow, OK", H,
           '{"error":false,"message":"consumer status returned","status":{"cluster":"local","group":"g",'
           '"status":"OK","complete":1}}'),
    Answer("Mealie about", H,
           '{"production":true,"version":"v1.2","demoStatus":false,"allowSignup":false,"defaultGroupSlug":null}'),
    Answer("Tdarr", H, '{"status":"good","isProduction":true,"os":"linux","version":"2.17"}'),
    Answer("ntfy, not healthy", U, '{"healthy":false}'),
    Answer("Patroni cluster, a replica failed to start", D,
           '{"members":[{"name":"a","role":"leader","state":"running"},{"name":"b","role":"replica",'
           '"state":"start failed"}]}'),
    Answer("Consul autopilot, not healthy", U,
           '{"Healthy":false,"FailureTolerance":0,"Servers":[{"Name":"a","Healthy":false,"SerfStatus":"alive"}]}'),
    Answer("Consul autopilot, healthy", H,
           '{"Healthy":true,"FailureTolerance":1,"Servers":[{"Name":"a","Healthy":true,"SerfStatus":"alive"}]}'),
    Answer("Katello ping", U,
           '{"status":"FAIL","services":{"candlepin":{"status":"FAIL","message":"timed out"},'
           '"pulp":{"status":"ok"}}}'),
    Answer("GLPI, well", H,
           '{"db":{"status":"OK","main":{"status":"OK"},"slaves":{"status":"NO_DATA","servers":[]}},'
           '"cas":{"status":"NO_DATA"},"glpi":{"status":"OK"}}'),
    Answer("Jenkins metrics health check, a plugin failed", U,
           '{"disk-space":{"healthy":true,"duration":0},"plugins":{"healthy":false,'
           '"message":"There are 1 failed plugins"}}'),
    Answer("Conductor", H, '{"healthResults":[],"suppressedHealthResults":[],"healthy":true}'),
    Answer("AWX ping", H,
           '{"ha":false,"version":"23.0","active_node":"awx","instances":[{"node":"awx","capacity":57}]}'),
    Answer("OpenStack healthcheck", H, "OK", 200, TEXT),
    Answer("Apprise", H,
           '{"attach_lock":false,"config_lock":false,"status":{"persistent_storage":true,'
           '"can_write_config":true,"details":["OK"]}}'),
    # Machine learning
    Answer("Ollama", H, "Ollama is running", 200, TEXT),
    Answer("llama.cpp, loading", U, '{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}', 503),
    Answer("TorchServe, partial", D, '{"status":"Partial Healthy"}'),
    Answer("Ray Serve, running", H, '{"controller_info":{},"applications":{"app":{"status":"RUNNING","message":""}}}'),
    Answer("TF Serving, available", H,
           '{"model_version_status":[{"version":"1","state":"AVAILABLE","status":{"error_code":"OK",'
           '"error_message":""}}]}'),
    Answer("Triton", H, "", 200, ""),
    Answer("JupyterHub", H, "{}"),
    # Errors under HTTP 200
    Answer("code 200", H, '{"code":200,"message":"OK","data":{}}'),
    Answer("errcode 0", H, '{"errcode":0,"errmsg":"ok"}'),
    Answer("result error", U, '{"result":"error"}'),
    Answer("retcode and message fail", U, '{"retcode":1001,"message":"fail"}'),
    Answer("error null", H, '{"error":null,"data":{"id":1}}'),
    Answer("Google style", U,
           '{"error":{"code":503,"message":"The service is currently unavailable.","status":"UNAVAILABLE"}}'),
    Answer("RFC 9457 under 200", U,
           '{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"try later"}'),
    Answer("Synology", U, '{"error":{"code":105},"success":false}'),
    Answer("Telegram", U, '{"ok":false,"error_code":401,"description":"Unauthorized"}'),
    # What looks bad and is well, and words that are not known
    Answer("a list of error classes", H, '{"service":"billing","errors":[],"failed":0,"down":0,"version":"3.1"}'),
    Answer("feature flags", H, '{"features":{"offline":false,"beta":true},"environment":"production"}'),
    Answer("a circuit breaker that is closed", H,
           '{"status":"UP","components":{"circuitBreakers":{"status":"UP","details":{"pay":{"status":"UP",'
           '"details":{"state":"CLOSED","failureRate":"-1.0%"}}}}}}'),
    Answer("a git repository, no failures", H,
           '{"name":"r","default_branch":"main","archived":false,"disabled":false}'),
    Answer("last error kept in a healthy answer", H,
           '{"status":"ok","last_error":"timeout at 03:00","last_error_at":"2025-10-17"}'),
    Answer("previous state", H, '{"state":"running","previous_state":"stopped"}'),
    Answer("desired state", H, '{"desired_status":"stopped","status":"running"}'),
    Answer("a proxy list", H, '{"proxies":[{"name":"eu","enabled":true}],"fallback":"none"}'),
    Answer("a text, no errors found", H, "No errors found", 200, TEXT),
    Answer("a text, 0 failed, 12 passed", H, "0 failed, 12 passed", 200, TEXT),
    Answer("a text, all systems go", H, "All systems go", 200, TEXT),
    Answer("a text, pong", H, "pong", 200, TEXT),
    Answer("a text, it works", H, "<html><body><h1>It works!</h1></body></html>", 200, HTML),
    Answer("weather station, severity", H, '{"station":"x","alarm":"off","battery":"ok"}'),
    Answer("UPS, online", H, '{"ups":"eaton","status":"OL"}'),
    Answer("certificate expired message", U, '{"status":"error: certificate has expired"}'),
    Answer("a status, ERROR (db)", U, '{"status":"ERROR (db)"}'),
    Answer("a status, OK (3 of 3)", H, '{"status":"OK (3 of 3)"}'),
    Answer("a status, standby", H, '{"status":"standby"}'),
    Answer("a status, 0 as success (Solr header)", H, '{"responseHeader":{"status":0,"QTime":3},"status":"OK"}'),
]  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.product)
def test_the_verdict_is_the_one_a_person_gives(answer: Answer) -> None:
    exchange = answered(answer.body, http_status=answer.http_status, content_type=answer.content_type)

    verdict = judge(exchange=exchange, target=target())

    assert verdict.status is answer.expected, verdict.rule


def test_the_table_names_each_answer_once() -> None:
    assert len({answer.product for answer in ANSWERS}) == len(ANSWERS)
