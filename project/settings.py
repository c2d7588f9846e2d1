"""Django settings. Every value that a deployment may change is an environment variable (docs/operations.md)."""

import logging
from collections.abc import Collection, Mapping
from pathlib import Path

from django.utils.csp import CSP

from apps.embedded.layout import Layout
from project.configuration import env
from project.configuration.generations import *  # noqa: F403 (the settings of generations)
from project.configuration.people import *  # noqa: F403 (the settings of people)
from project.configuration.schedule import beat_schedule
from project.logs.configure import configure_logging
from project.postgres.pool import CONNECT_TIMEOUT, pool_options

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.read_text("DATA_DIR", str(BASE_DIR / ".local"))).expanduser().absolute()
LAYOUT = Layout(DATA_DIR)

DEBUG = env.read_bool("DEBUG", default=False)
SECRET_KEY = env.secret_key(LAYOUT)
SECRET_KEY_FALLBACKS = env.read_list("SECRET_KEY_FALLBACKS", "")
PUBLIC_URL = env.read_url("PUBLIC_URL", f"http://127.0.0.1:{env.read_int('PORT', 8000)}")
ALLOWED_HOSTS = [*env.read_list("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]"), env.host_of(PUBLIC_URL)]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL, *env.read_list("CSRF_TRUSTED_ORIGINS", "")]

INSTALLED_APPS = [
    # Before accounts, whose admin unregisters allauth's models.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "apps.audit",
    "apps.accounts",
    "apps.embedded",
    "apps.usage",
    "apps.endpoints",
    "apps.generation",
    "apps.chat",
    "apps.gateway",
    "apps.guide",
    "apps.playground",
    "channels",
    "django_htmx",
    "django_structlog",
    "servestatic",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "project.http.static.serve_static",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "apps.accounts.sign_in.person.PersonMiddleware",
    "apps.audit.origin.note_origin",
    "apps.accounts.sign_in.signed_in.SignedInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "project.logs.requests.RequestLogMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "project.postgres.connections.ConnectionsMiddleware",
]

ROOT_URLCONF = "project.urls"
ASGI_APPLICATION = "project.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- data -------------------------------------------------------------------------------------

DATABASE_URL = env.read_text("DATABASE_URL", LAYOUT.database_url)
REDIS_URL = env.read_text("REDIS_URL", LAYOUT.redis_url)

DATABASES = {"default": env.database_settings(DATABASE_URL)}
# Under ASGI each request runs in its own thread: connections must outlive threads.
if DATABASE_POOL_SIZE := env.read_int("DATABASE_POOL_SIZE", 12):
    DATABASES["default"]["OPTIONS"]["pool"] = pool_options(DATABASE_POOL_SIZE)
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", CONNECT_TIMEOUT)
# Executions of a compiled queryset in one connection before it is prepared there (apps/stores/compiled.py).
DATABASES["default"]["OPTIONS"].setdefault("prepare_threshold", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "workbench:cache",
        # redis-py's own pool raises beyond 100 commands at once; this one waits.
        "OPTIONS": {
            "pool_class": "redis.BlockingConnectionPool",
            "max_connections": 64,
            "timeout": 5,
            "socket_timeout": 5,
            "socket_connect_timeout": 5,
        },
    }
}

# --- jobs -------------------------------------------------------------------------------------

CELERY_BROKER_URL = env.celery_broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONSUMER = "apps.generation.worker.celery:LastingConsumer"
CELERY_WORKER_CONCURRENCY = env.read_int("WORKER_CONCURRENCY", 1000)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": "workbench:celery:",
    # Without these limits, a Redis that hangs would hold requests for as long as it hangs.
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
}
# Seconds between rounds of probes, and between replies asked of a server that is known to work.
ENDPOINT_PROBE_SECONDS = env.read_float("ENDPOINT_PROBE_SECONDS", 10.0)
ENDPOINT_GENERATION_PROBE_SECONDS = env.read_float("ENDPOINT_GENERATION_PROBE_SECONDS", 60.0)
CELERY_BEAT_SCHEDULE = beat_schedule(probe_seconds=ENDPOINT_PROBE_SECONDS)

# --- model servers ----------------------------------------------------------------------------

ENDPOINT_PROBE_TIMEOUT_SECONDS = env.read_float("ENDPOINT_PROBE_TIMEOUT_SECONDS", 10.0)
# A first token slower than this in a probe marks an endpoint as degraded.
ENDPOINT_SLOW_SECONDS = env.read_float("ENDPOINT_SLOW_SECONDS", 3.0)
# Seconds before the half-open probe of a server that is down; doubles with every failure.
ENDPOINT_RETRY_SECONDS = env.read_float("ENDPOINT_RETRY_SECONDS", 2.0)
ENDPOINT_RETRY_MAX_SECONDS = env.read_float("ENDPOINT_RETRY_MAX_SECONDS", 60.0)
# Seconds after which a slot that nobody renews is free again.
ENDPOINT_SLOT_SECONDS = env.read_float("ENDPOINT_SLOT_SECONDS", 10.0)
ENDPOINT_HISTORY_DAYS = env.read_int("ENDPOINT_HISTORY_DAYS", 7)
ENDPOINT_ALLOWED_NETWORKS = env.parse_networks(
    "ENDPOINT_ALLOWED_NETWORKS", env.read_list("ENDPOINT_ALLOWED_NETWORKS", "")
)

# --- chat -------------------------------------------------------------------------------------

CHAT_MESSAGE_CHARACTERS = env.read_int("CHAT_MESSAGE_CHARACTERS", 100_000)
# Most characters of a conversation stored with each request; context windows usually leave out more.
CHAT_HISTORY_CHARACTERS = env.read_int("CHAT_HISTORY_CHARACTERS", 400_000)
CHAT_MAX_TOKENS = env.read_int("CHAT_MAX_TOKENS", 1024)
# Hours for which a deleted conversation can be restored.
CHAT_DELETED_HOURS = env.read_float("CHAT_DELETED_HOURS", 24.0)
# Hours after its last message in which a temporary chat is purged.
CHAT_TEMPORARY_HOURS = env.read_float("CHAT_TEMPORARY_HOURS", 24.0)
# Attached text files: largest size of one, of all in a question, and their number.
CHAT_ATTACHMENT_BYTES = env.read_int("CHAT_ATTACHMENT_BYTES", 262_144)
CHAT_ATTACHMENTS_BYTES = env.read_int("CHAT_ATTACHMENTS_BYTES", 524_288)
CHAT_ATTACHMENTS = env.read_int("CHAT_ATTACHMENTS", 10)
# Hours that attachments of unsent drafts are kept.
CHAT_ATTACHMENT_HOURS = env.read_float("CHAT_ATTACHMENT_HOURS", 168.0)
# Let the model title new conversations while it is idle.
CHAT_MODEL_TITLES = env.read_bool("CHAT_MODEL_TITLES", default=True)
CHAT_IMPORT_BYTES = env.read_int("CHAT_IMPORT_BYTES", 10_485_760)
# Let shared copies be read without signing in. Anyone who gets hold of a link could then read the copy: a
# team's code should not leave the team by a pasted address.
SHARE_LINKS_PUBLIC = env.read_bool("SHARE_LINKS_PUBLIC", default=False)

# --- the guide --------------------------------------------------------------------------------

# Address for error reports; {page} stands for the page's address. Empty: the guide's own form.
GUIDE_REPORT_URL = env.read_text("GUIDE_REPORT_URL", "")

# --- the API ----------------------------------------------------------------------------------

# Seconds of silence after which a stream carries a comment, so that no proxy closes it.
API_KEEP_ALIVE_SECONDS = env.read_float("API_KEEP_ALIVE_SECONDS", 10.0)

# --- people -----------------------------------------------------------------------------------

# Passkeys without TLS: browsers allow them for localhost alone.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = PUBLIC_URL.startswith("http://")

# --- privacy ----------------------------------------------------------------------------------

# Let staff read people's prompts and replies in the admin; the audit log says who did.
ADMIN_READS_PROMPTS = env.read_bool("ADMIN_READS_PROMPTS", default=False)

# Days that data is kept; 0 keeps it for ever.
RETAIN_CONVERSATIONS_DAYS = env.read_int("RETAIN_CONVERSATIONS_DAYS", 0, least=0)
RETAIN_RUNS_DAYS = env.read_int("RETAIN_RUNS_DAYS", 0, least=0)
RETAIN_API_DAYS = env.read_int("RETAIN_API_DAYS", 30, least=0)
RETAIN_AUDIT_DAYS = env.read_int("RETAIN_AUDIT_DAYS", 365, least=0)

# --- safety -----------------------------------------------------------------------------------

SECURE_CSP: Mapping[str, Collection[str] | str] = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    # Also checked for a form's redirects, so a page redirects to an OpenID Connect provider.
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
HTTPS = PUBLIC_URL.startswith("https://")
BEHIND_PROXY = env.read_bool("BEHIND_PROXY", default=False)
# Browsers take cookies of this prefix only over https, from this very host: no neighbour can plant them.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_ENGINE = "apps.accounts.sign_in.session_store"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
MESSAGE_STORAGE = "project.http.messages.MessageStorage"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# Without a proxy that sets X-Forwarded-Proto, every request looks like http and would be redirected forever.
SECURE_SSL_REDIRECT = env.read_bool("HTTPS_REDIRECT", default=HTTPS and BEHIND_PROXY)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz(/worker)?$", r"^metrics$"]  # requested from this machine, without TLS
SECURE_HSTS_SECONDS = env.read_int("HSTS_SECONDS", 2_592_000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.read_bool("HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.read_bool("HSTS_PRELOAD", default=False)
# HSTS for subdomains and the browsers' preload list: the owner of the domain decides these.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# Largest request bodies by the beginning of the path; the first match counts. Larger bodies are refused before they are
# read; smaller ones are checked by the forms.
BODY_AROUND = 64 * 1024
BODY_BYTES = {
    "/chat/import/": CHAT_IMPORT_BYTES + BODY_AROUND,
    "/": DATA_UPLOAD_MAX_MEMORY_SIZE + CHAT_ATTACHMENTS_BYTES + BODY_AROUND,
}

# --- static files -----------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.read_text("STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "project.http.static.StaticStorage"},
}

# --- language and time ------------------------------------------------------------------------

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["project.formats"]
# The cookie that names the reader’s zone; until a browser has sent it, times are in TIME_ZONE.
TIME_ZONE_COOKIE_NAME = f"{COOKIE_PREFIX}timezone"
TIME_ZONE = env.read_text("TIME_ZONE", "UTC")
USE_I18N = False
USE_TZ = True

# --- metrics ----------------------------------------------------------------------------------

# The token that /metrics asks for; without one, only this machine may read it.
METRICS_TOKEN = env.read_text("METRICS_TOKEN", "")

# --- logs -------------------------------------------------------------------------------------

# Hide the lines of single tickets: generations log what matters.
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = logging.DEBUG

LOGGING = configure_logging(
    level=env.read_text("LOG_LEVEL", "INFO"),
    output=env.read_text("LOG_FORMAT", "text"),
)
