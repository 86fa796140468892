"""Django's settings, made from the environment variables of `metricsproj.env`."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from metricsproj import embedded, env, redis_urls
from realtime.config import Config

BASE_DIR = Path(__file__).resolve().parent.parent
ENV = env.read_or_exit(os.environ)

try:
    DATA_DIR = embedded.ensure_folder(BASE_DIR / ENV[env.DATA_DIR])
    STATIC_ROOT = embedded.ensure_folder(DATA_DIR / "static")  # whitenoise warns when it is missing
    SECRET_KEY = ENV[env.SECRET_KEY] or embedded.ensure_secret_key(DATA_DIR)
    SECRETS_KEYS = ENV[env.SECRETS_KEY] or (embedded.ensure_secrets_key(DATA_DIR),)
    REDIS_URL = ENV[env.REDIS_URL] or embedded.store_url(DATA_DIR)
except OSError as error:
    env.exit_with(f"REALTIME_DATA_DIR: cannot be used: {error}")

# Then the store is there only while an `up` runs on the same data folder.
IS_STORE_EMBEDDED = not ENV[env.REDIS_URL]

# What libraries read from the environment by themselves: these are not sent to services either.
SECRETS_OF_OTHERS = frozenset(
    {
        "DJANGO_SUPERUSER_PASSWORD",
        "PGPASSWORD",
        "CELERY_BROKER_URL",
        "CELERY_BROKER_READ_URL",
        "CELERY_BROKER_WRITE_URL",
        "CELERY_RESULT_BACKEND",
    }
)
DEBUG = ENV[env.DEBUG]
ALLOWED_HOSTS = list(ENV[env.ALLOWED_HOSTS])
CSRF_TRUSTED_ORIGINS = list(ENV[env.CSRF_TRUSTED_ORIGINS])
REALTIME = Config(
    refresh_interval_seconds=ENV[env.REFRESH_INTERVAL],
    sweep_deadline_seconds=ENV[env.SWEEP_DEADLINE],
    probe_threads=ENV[env.PROBE_THREADS],
    body_limit_bytes=ENV[env.BODY_LIMIT],
    exporter_body_limit_bytes=ENV[env.EXPORTER_BODY_LIMIT],
    probe_allow=ENV[env.PROBE_ALLOW],
    probe_deny=ENV[env.PROBE_DENY],
    key_prefix=ENV[env.KEY_PREFIX],
    allowed_origins=ENV[env.ALLOWED_ORIGINS],
    throttle=ENV[env.THROTTLE],
    secrets_keys=SECRETS_KEYS,
    read_access=env.read_access(ENV),
    reserved_environment=env.NAMES | SECRETS_OF_OTHERS,
)

INSTALLED_APPS = [
    "metricsproj.supervision",
    "realtime.apps.RealtimeConfig",
    "django_celery_beat",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

# Each of these is paid for by every request of the API as well.
MIDDLEWARE = [
    "metricsproj.own_health.answer_health",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    *(["corsheaders.middleware.CorsMiddleware"] if REALTIME.allowed_origins else []),
    "metricsproj.page_middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "metricsproj.page_middleware.Users",
    "metricsproj.page_middleware.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "metricsproj.admin_policy.guard_admin",
    "realtime.admin.registry_away.TellOfRegistry",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "metricsproj.urls"
WSGI_APPLICATION = "metricsproj.wsgi.application"
ASGI_APPLICATION = "metricsproj.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

SQLITE_OPTIONS = {
    "timeout": 10,  # seconds to wait for another process's write
    "transaction_mode": "IMMEDIATE",  # a read that becomes a write would fail at once instead of waiting
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
# A database that is away must not hold a sweep; `connect_timeout` is in whole seconds, 2 the least libpq takes.
# `tcp_user_timeout` (ms) is for one that fell silent while connected.
POSTGRESQL_OPTIONS = {"connect_timeout": 2, "tcp_user_timeout": 3000, "options": "-c statement_timeout=10000"}


def _database() -> dict[str, Any]:
    entry = ENV[env.DATABASE_URL] or {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA_DIR / "db.sqlite3")}
    if entry["ENGINE"] == "django.db.backends.sqlite3":
        embedded.keep_private(Path(entry["NAME"]))
        return {**entry, "OPTIONS": {**SQLITE_OPTIONS, **entry.get("OPTIONS", {})}}
    options = {**POSTGRESQL_OPTIONS, **entry.get("OPTIONS", {})}
    return {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, **entry, "OPTIONS": options}


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": REALTIME.key_prefix,
        "OPTIONS": {
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",  # not pickle: Redis may be shared
            "CONNECTION_POOL_KWARGS": redis_urls.client_options(),
        },
    }
}

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [{"address": REDIS_URL, **redis_urls.async_client_options()}],
            "prefix": f"{REALTIME.key_prefix}:channels:",
        },
    }
}

CELERY_BROKER_URL = redis_urls.broker_url(REDIS_URL)
CELERY_BROKER_USE_SSL = redis_urls.broker_ssl(REDIS_URL)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": f"{REALTIME.key_prefix}:celery:",
    "socket_connect_timeout": 2,
    "socket_timeout": 10,  # longer than the worker's own blocking read
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a store that is away comes back without anyone's hand
CELERY_BROKER_CHANNEL_ERROR_RETRY = True  # one that refuses, being read-only for example, does not end a worker
CELERY_BEAT_SCHEDULER = "realtime.tasks.beat:OneSweepScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 2  # seconds until an edit in the admin takes effect
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False  # a sweep that was lost is not repeated: the next one is due anyway
CELERY_TASK_DEFAULT_QUEUE = "realtime"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Probes are threads anyway, and children of another pool would not get the signal to stop. Two, so that a
# sweep which overlaps with another can say so instead of waiting.
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = 2
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CONSUMER = "realtime.tasks.worker:QuietConsumer"
# Concerns tasks that are acknowledged late, which ours are not; False makes Celery warn at every lost connection.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# Five wrong passwords for one name from one address block that for a quarter of an hour. Not for the name alone:
# a stranger could lock the owner out. Counted in the database, which a login needs anyway.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "realtime.reporting.clients.client_address"
AXES_DISABLE_ACCESS_LOG = True  # who signed in and did what is in the admin's own log
AXES_VERBOSE = False

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_THROTTLE_CLASSES": ["realtime.api.throttling.PerClient"] if REALTIME.throttle else [],
    "NUM_PROXIES": 1 if "X-Forwarded-For" in ENV[env.TRUSTED_PROXY_HEADERS] else 0,
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is an unknown parameter like any other
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Real-time metrics",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SORT_OPERATION_PARAMETERS": False,
    "DEFAULT_GENERATOR_CLASS": "realtime.api.openapi.generator.Generator",
}
CORS_ALLOWED_ORIGINS = list(REALTIME.allowed_origins)
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS"]
CORS_ALLOW_HEADERS = ["accept", "authorization", "x-api-key", "if-none-match", "if-modified-since", "last-event-id"]
CORS_EXPOSE_HEADERS = ["ETag", "Age", "X-Cache"]

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True  # the admin's files are served without collectstatic
WHITENOISE_AUTOREFRESH = False

DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024  # of a form; the longest of the admin has some 50 KB

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV[env.HTTPS]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = ENV[env.HTTPS]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if ENV[env.HTTPS] else 0
# Whether sub-domains and the browsers' preload list follow is for the owner of the domain to say, in the proxy.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
USE_X_FORWARDED_HOST = "X-Forwarded-Host" in ENV[env.TRUSTED_PROXY_HEADERS]
USE_X_FORWARDED_PORT = "X-Forwarded-Port" in ENV[env.TRUSTED_PROXY_HEADERS]
if "X-Forwarded-Proto" in ENV[env.TRUSTED_PROXY_HEADERS]:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "metricsproj.log_lines.LineFormatter"}},
    "filters": {"once_a_minute": {"()": "metricsproj.request_log.OnceAMinute"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["once_a_minute"]}},
    "root": {"handlers": ["stderr"], "level": ENV[env.LOG_LEVEL]},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True, "level": "WARNING"},
        # Two lines for each sweep say nothing that the snapshot does not say.
        "axes": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        # Below this are its lines on lost connections, which realtime.tasks.outage logs.
        "celery.worker.consumer.consumer": {"level": "ERROR"},
        # What it tries again by itself, some of it with a traceback each time.
        "kombu.transport.redis": {"level": "ERROR"},
        "django_celery_beat": {"level": "WARNING"},
        "uvicorn": {"level": "WARNING", "propagate": True},  # its own command line would let nothing reach our handler
        # Whole URLs with their queries at DEBUG, also those that redirects lead to.
        "urllib3": {"level": "INFO"},
        # A traceback each second while the store is away; the reader says once that it is.
        "channels_redis.pubsub": {"level": "CRITICAL"},
    },
}
