"""`sandi camera run`: the camera process, for its unit. Loads no more than it needs: it runs for months."""

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import Final

from agent import logs
from agent.config import ConfigError, load_parts
from agent.config_watch import Watch
from agent.lean import forget
from agent.messages import Messages, language_from
from agent.names import PICTURES_SOCKET

PARTS: Final = ("node", "cameras", "camera_process")
EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
log = logging.getLogger("agent.cameras")


def run(path: Path) -> int:
    """Until SIGTERM. Exit 0 in order, 1 when its folders cannot be used, 2 for a wrong configuration or no cameras."""
    logs.set_up()
    messages = Messages(language_from(os.environ))
    Watch(path, PARTS)
    try:
        parts = load_parts(path, *PARTS)
    except ConfigError as error:
        return _say(error.lines(messages.lang), EXIT_USAGE)
    forget("tomli")
    if not parts["cameras"]:
        return _say([messages.text("cli.camera_run.none", path=path)], EXIT_USAGE)
    from agent.cameras.keeping.service import serve

    try:
        asyncio.run(serve(parts["camera_process"], parts["cameras"], parts["node"].run_dir / PICTURES_SOCKET))
    except OSError as error:
        log.critical("cameras-failed", extra={"detail": str(error)})
        return EXIT_FAILED
    except BaseExceptionGroup as group:
        log.critical("cameras-failed", extra={"detail": str(group.exceptions[0])}, exc_info=group)
        return EXIT_FAILED
    return EXIT_OK


def _say(lines: list[str], code: int) -> int:
    for line in lines:
        print(line, file=sys.stderr)  # noqa: T201 - for the person who started it
    return code
