"""Log lines of the centre: a fixed event name and its fields, one line each.

In a unit of its own a process hands them to the journal with each field as one of its own (`wire.journald`).
"""

import logging
from datetime import UTC, datetime
from typing import Any

from wire import journald

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class FieldsFormatter(logging.Formatter):
    """`2026-01-31T02:00:00.123Z WARNING center.ingest broker-lost host=127.0.0.1 after_s=3`; `timed=False`: no time."""

    def __init__(self, *, timed: bool = True) -> None:
        super().__init__()
        self._timed = timed

    def format(self, record: logging.LogRecord) -> str:
        """Event name first, then the fields given as `extra`, in the order they were given."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        words = [record.levelname, record.name, record.getMessage()]
        words += [f"{key}={_quoted(text)}" for key, text in extras(record)]
        line = " ".join([at, *words] if self._timed else words)
        return line + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


def logging_config(level: str = "INFO") -> dict[str, Any]:
    """For logging.config.dictConfig and Django: everything to standard error, the supervisor or journald keeps it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"stderr": {"()": "center.logs.handler"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            # A wrong Host header or a refused log-in is the visitor's doing: one line, no trace of ours.
            "django.security.DisallowedHost": {"handlers": ["stderr"], "level": "CRITICAL", "propagate": False},
            "axes": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        },
    }


def handler() -> logging.Handler:
    """To the journal where standard error is the journal's, else to standard error."""
    lines = logging.StreamHandler()
    lines.setFormatter(FieldsFormatter())
    if not journald.is_ours():
        return lines
    found = journald.JournalHandler("sandi-center", extras, lines)
    found.setFormatter(FieldsFormatter(timed=False))
    return found


def extras(record: logging.LogRecord) -> list[tuple[str, str]]:
    """What came in through `extra`, as texts."""
    return [(key, _text(value)) for key, value in vars(record).items() if key not in _STANDARD]


def _text(value: object) -> str:
    """A request is its method and path: what stands behind the question mark may be a key or somebody's words."""
    method, path = getattr(value, "method", None), getattr(value, "path", None)
    return f"{method} {path}" if isinstance(method, str) and isinstance(path, str) else str(value)


def _quoted(text: str) -> str:
    text = text.replace("\n", "\\n")
    return f'"{text}"' if " " in text or not text else text
