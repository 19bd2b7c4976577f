"""Django's settings, derived from `config.env` alone; no per-environment modules."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from kaibo.config.env import read_env
from kaibo.config.secret import secret_key
from kaibo.database.address import address

ENV = read_env()
SOURCE = Path(__file__).resolve().parent.parent

SECRET_KEY = secret_key(ENV)
DEBUG = False
ALLOWED_HOSTS = [*ENV.allowed_hosts] or ["127.0.0.1", "localhost", "[::1]", "testserver", ENV.bind]
CSRF_TRUSTED_ORIGINS = [ENV.console_url]
ROOT_URLCONF = "kaibo.config.urls"
ASGI_APPLICATION = "kaibo.config.asgi.application"
KAIBO_WIRING = "kaibo.config.wiring.WIRING"
KAIBO_PAY_CHANNELS = "kaibo.config.paying.channels_of_settings"
KAIBO_SHOP_KINDS = "kaibo.config.shop_kinds.all_kinds"
KAIBO_ROBOT_KINDS = "kaibo.config.robot_kinds.all_kinds"
KAIBO_TRACKER_KINDS = "kaibo.config.tracker_kinds.all_kinds"
KAIBO_SELLING_PAST = "kaibo.config.selling_past.selling_past"

STAGE_APPS = [
    f"kaibo.stages.{key}"
    for key in (
        "selection",
        "supply",
        "compliance",
        "listing",
        "showplan",
        "warmup",
        "live",
        "orders",
        "aftersales",
        "analytics",
        "members",
        "risk",
    )
]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "axes",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "kaibo.plumbing.migrating",
    "kaibo.plumbing.audit",
    "kaibo.plumbing.outbox",
    "kaibo.plumbing.vault",
    "kaibo.plumbing.thresholds",
    "kaibo.plumbing.notices",
    "kaibo.plumbing.robots",
    "kaibo.plumbing.idempotency",
    "kaibo.plumbing.intake",
    "kaibo.plumbing.tables",
    "kaibo.master.people",
    "kaibo.master.shops",
    "kaibo.master.catalog",
    "kaibo.master.stock",
    "kaibo.master.launches",
    "kaibo.master.media",
    *STAGE_APPS,
    "kaibo.console",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "kaibo.console.middleware.ActorMiddleware",
    "kaibo.console.middleware.LanguageMiddleware",
    "kaibo.console.middleware.ErrorMiddleware",
    "kaibo.plumbing.idempotency.middleware.IdempotencyMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "kaibo.console.context.shell",
            ],
            "libraries": {"i18n": "kaibo.console.templatetags.page_texts"},
            "builtins": ["kaibo.console.templatetags.page_texts", "django.templatetags.static", "kaibo.console.templatetags.kaibo"],
        },
    }
]


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "kaibo",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or query.pop("host", ""),
        "PORT": str(parts.port or query.pop("port", "")),
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": query,
    }


DATABASES = {"default": _database(address(ENV))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "account"
AXES_LOCKOUT_CALLABLE = "kaibo.console.views.locked_out"
AXES_VERBOSE = False
AXES_RESET_ON_SUCCESS = True
CSRF_FAILURE_VIEW = "kaibo.console.views.csrf_refused"
OTP_TOTP_ISSUER = "Kaibo"
SESSION_COOKIE_NAME = "kaibo_console"
CSRF_COOKIE_NAME = "kaibo_console_csrf"
SESSION_COOKIE_AGE = 60 * 60 * 14
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.console_url.startswith("https://")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "static/"
STATIC_ROOT = ENV.data / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = not ENV.is_production
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": ENV.data / "media"}},
    "staticfiles": {"BACKEND": "kaibo.console.static_files.KnownFiles"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

NINJA_PAGINATION_PER_PAGE = 50
NINJA_PAGINATION_MAX_LIMIT = 200
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
SILENCED_SYSTEM_CHECKS = ["axes.W003", "templates.W003"]  # `i18n` is ours on purpose (page_texts)
LOGGING_CONFIG = None  # config/logs.py sets up one-line JSON logs
