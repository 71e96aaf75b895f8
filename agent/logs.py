"""Log lines: a fixed event name and its fields, `warning uplink-lost node=kel-... detail="..."`, on stderr.

Under systemd they go to the journal with each field as one of its own (`wire.journald`), and the journal adds the time:
`journalctl SANDI_EVENT=uplink-lost`. Where that does not work a line starts with its priority (sd-daemon(3)).
"""

import logging
import os
import sys
from collections.abc import Mapping
from typing import Final

from wire import journald

# Attributes every record has; what is beyond them came in through `extra`.
_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PRIORITIES: Final = ((logging.ERROR, "<3>"), (logging.WARNING, "<4>"), (logging.INFO, "<6>"), (0, "<7>"))


class FieldFormatter(logging.Formatter):
    """`<priority>level logger event key=value ...`, and the traceback below when there is one; `bare`: no priority."""

    def __init__(self, *, journal: bool, bare: bool = False) -> None:
        super().__init__()
        self._journal = journal
        self._bare = bare

    def format(self, record: logging.LogRecord) -> str:
        words = [record.levelname.lower(), record.name, record.getMessage()]
        words += [f"{name}={_quoted(value)}" for name, value in extras(record)]
        text = " ".join(words)
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        if self._bare:
            return text
        if not self._journal:
            return f"{self.formatTime(record)} {text}"
        priority = next(mark for level, mark in _PRIORITIES if record.levelno >= level)
        return "\n".join(priority + line for line in text.splitlines())


def set_up(environment: Mapping[str, str] | None = None) -> None:
    """Send the agent's log to stderr; SANDI_LOG=debug shows more."""
    variables = os.environ if environment is None else environment
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FieldFormatter(journal="JOURNAL_STREAM" in variables))
    if journald.is_ours(variables):
        handler = journald.JournalHandler("sandi", extras, handler)
        handler.setFormatter(FieldFormatter(journal=True, bare=True))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)  # of libraries, only what matters
    logging.getLogger("agent").setLevel(logging.DEBUG if variables.get("SANDI_LOG") == "debug" else logging.INFO)


def extras(record: logging.LogRecord) -> list[tuple[str, str]]:
    """What came in through `extra`, as texts."""
    return [(name, str(value)) for name, value in vars(record).items() if name not in _OWN]


def _quoted(text: str) -> str:
    clean = "".join(c if c.isprintable() else "?" for c in text)
    return '"' + clean.replace('"', "'") + '"' if not clean or " " in clean or "=" in clean else clean
