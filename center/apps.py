"""What Django is made of here, and in which files its tables lie: told apart from its settings, which take a data
directory to be read."""

APPS = (
    # Django's own first: the roles of center.accounts hang on permissions made by django.contrib.auth.
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "axes",
    # Not ninja: the web process alone imports it (center/api); here every process would carry its 13 MB.
    "center.sites",
    "center.enrolment",
    "center.accounts",
    "center.ingest",
    "center.connectivity",
    "center.cctv",
    "center.publicsites",
    "center.complaints",
    "center.operations",
    "center.fleet",
    "center.availability",
    "center.alerts",
    "center.reports",
    "center.web",
    "center.wall",
    "center.survey",
    "center.public",
)

APART = frozenset({"sessions", "axes", "public"})
"""Labels of those whose tables lie in a second SQLite file: pages never wait for a writer of records."""
DATABASES = {"default": "center.db", "sessions": "sessions.db"}
"""SQLite: name of the database -> its file in the data directory."""
