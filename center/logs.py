"""Log lines of the centre: a fixed event name and its fields, one line each."""

import logging
from datetime import UTC, datetime
from typing import Any

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class FieldsFormatter(logging.Formatter):
    """`2026-01-31T02:00:00.123Z WARNING center.ingest broker-lost host=127.0.0.1 after_s=3`"""

    def format(self, record: logging.LogRecord) -> str:
        """Event name first, then the fields given as `extra`, in the order they were given."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        extra = [f"{key}={_text(value)}" for key, value in vars(record).items() if key not in _STANDARD]
        line = " ".join([at, record.levelname, record.name, record.getMessage(), *extra])
        return line + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


def logging_config(level: str = "INFO") -> dict[str, Any]:
    """For logging.config.dictConfig and Django: everything to standard error, the supervisor or journald keeps it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"fields": {"()": "center.logs.FieldsFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "fields"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            # A wrong Host header or a refused log-in is the visitor's doing: one line, no trace of ours.
            "django.security.DisallowedHost": {"handlers": ["stderr"], "level": "CRITICAL", "propagate": False},
            "axes": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        },
    }


def _text(value: object) -> str:
    """A request is its method and path: what stands behind the question mark may be a key or somebody's words."""
    method, path = getattr(value, "method", None), getattr(value, "path", None)
    text = f"{method} {path}" if isinstance(method, str) and isinstance(path, str) else str(value)
    text = text.replace("\n", "\\n")
    return f'"{text}"' if " " in text or not text else text
