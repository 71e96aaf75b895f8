"""Django settings of the command centre, from the data directory and its center.toml.

The command line puts --data, --http and --mqtt into the environment of the processes it starts. DEBUG has no switch.
"""

import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psutil

from center.apps import APPS
from center.apps import DATABASES as FILES
from center.config import data_directory, load_config, with_endpoints
from center.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent
DATA_DIR = data_directory()
CENTER = with_endpoints(
    load_config(DATA_DIR),
    os.environ.get("SANDI_CENTER_HTTP"),
    os.environ.get("SANDI_CENTER_MQTT"),
    None,
    enrol=os.environ.get("SANDI_CENTER_ENROL"),
)
PKI_DIR = DATA_DIR / "pki"
SNAPSHOTS_DIR = DATA_DIR / "snapshots"
# Large answers are put together here, in files without a name; "": in the data directory.
WORK_DIR = os.environ.get("SANDI_CENTER_WORK", "")

DEBUG = False


def _secret_key(path: Path) -> str:
    """The key made at first set-up; without a data directory (type checks, schema) a passing one."""
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return secrets.token_urlsafe(48)


def _allowed_hosts() -> list[str]:
    hosts = ["localhost", "127.0.0.1", "[::1]", socket.gethostname(), *CENTER.web.allowed_hosts]
    if CENTER.web.public_url:
        hosts.append(urlsplit(CENTER.web.public_url).hostname or "")
    if CENTER.web.host in {"0.0.0.0", "::"}:  # listening everywhere: this machine's own addresses, not any name
        with suppress(OSError):  # in a unit without network; it serves no pages
            addresses = (address for found in psutil.net_if_addrs().values() for address in found)
            hosts += [address.address for address in addresses if address.family == socket.AF_INET]
    else:
        hosts.append(CENTER.web.host)
    return hosts


def _sqlite(name: str) -> dict[str, Any]:
    """IMMEDIATE: a transaction that will write takes its turn at once instead of failing half-way; waits 10 s."""
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "journal_size_limit=67108864", "busy_timeout=10000")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / name,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": "".join(f"PRAGMA {pragma};" for pragma in pragmas),
        },
    }


def _databases() -> dict[str, dict[str, Any]]:
    url = CENTER.database.url
    if not url:
        return {name: _sqlite(file) for name, file in FILES.items()}
    parts = urlsplit(url)
    server = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),  # a folder of sockets is written %2Frun%2Fpostgresql
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
    return {"default": server}


SECRET_KEY = _secret_key(DATA_DIR / "secret_key")
ALLOWED_HOSTS = _allowed_hosts()
DATABASES = _databases()
DATABASE_ROUTERS = ["center.db_router.SessionsRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What is administered is looked for by center.urls: no process but the web one needs those pages and forms.
_NAMED = {"django.contrib.admin": "django.contrib.admin.apps.SimpleAdminConfig"}
INSTALLED_APPS = [_NAMED.get(app, app) for app in APPS]

MIDDLEWARE = [
    # Outermost: what the next one answers itself (the way to https, a host that is not ours) has a policy too.
    "center.headers.content_security_policy",
    "django.middleware.security.SecurityMiddleware",
    "center.web.static_files.StaticFiles",
    "center.api.problems.of_the_interface",
    "center.open311.errors.of_the_exchange",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "center.web.language.chosen_language",
    "center.web.strict_text.no_nul",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "center.accounts.middleware.audited",
    "center.accounts.middleware.second_factor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "center.urls"
ASGI_APPLICATION = "center.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
OTP_TOTP_ISSUER = "Sandi"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # one guesser must not lock the operator out everywhere
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "web/locked.html"
CSRF_FAILURE_VIEW = "center.web.views.errors.expired_form"

# Cookies and headers. Over https (a proxy in front) everything is marked secure.
_SECURE = urlsplit(CENTER.web.public_url).scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SESSION_COOKIE_AGE = 12 * 3600  # one shift
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [CENTER.web.public_url.rstrip("/")] if CENTER.web.public_url else []
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _SECURE else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _SECURE  # of the centre's own name; whoever gives it a name gives it that alone
SECURE_SSL_REDIRECT = _SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^metrics$"]  # asked for on this machine, beside the proxy
# Preloading is asked for by the owner of the whole domain, not by one host of it.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Language and time: Indonesian first.
LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Jakarta"

# Front-end files come out of the package itself; nothing is collected and nothing leaves this origin.
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True

LOGGING = logging_config()
