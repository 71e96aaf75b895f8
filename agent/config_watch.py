"""Ends a process in order when what it was configured with has changed; its unit starts it again with the new one.

For the processes beside the agent: the cameras, the kiosk, the page on the local network. A pushed configuration, one
that was taken back, and an edited card all reach them this way, and none of them needs a right for it.
"""

import logging
import os
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from agent.config_files import COPIES, OVERRIDE, copies_in, layers, run_dir, table_of, text_of
from agent.configuration.problems import ConfigError
from agent.lean import forget

log = logging.getLogger("agent.configuration")
LOOK_S: Final = 5.0
Marks = tuple[tuple[str, int, int], ...]


def watch(path: Path, names: tuple[str, ...], environment: Mapping[str, str] | None = None) -> None:
    """From now on, in a thread that does not hold up the end: SIGTERM to this process when one of these tables becomes
    another. Called before the configuration is read. Only where systemd starts it again (INVOCATION_ID)."""
    if "INVOCATION_ID" not in (os.environ if environment is None else environment):
        return
    seen = marks(path)
    given = (path, names, tables(path, names), seen)
    threading.Thread(target=_look, args=given, name="configuration", daemon=True).start()


def _look(path: Path, names: tuple[str, ...], before: dict[str, Any] | None, seen: Marks) -> None:
    never = threading.Event()
    while not never.wait(LOOK_S):
        now = marks(path)
        if now == seen:
            continue
        seen = now
        found = tables(path, names)
        if found is not None and found != before:
            log.info("restarting", extra={"reason": "the configuration has changed"})
            os.kill(os.getpid(), signal.SIGTERM)
            return


def tables(path: Path, names: tuple[str, ...]) -> dict[str, Any] | None:
    """The effective tables of these names; None while they cannot be read."""
    try:
        found = layers(path).tables
    except (ConfigError, OSError):
        return None
    finally:
        forget("tomli")
    return {name: found.get(name) for name in names}


def marks(path: Path) -> Marks:
    """Of the files that decide: name, time and size of each that is there."""
    try:
        folder = copies_in(run_dir(table_of(text_of(path), path), path))
    except ConfigError:
        return ()
    finally:
        forget("tomli")
    found = []
    for file in (path, path.absolute().parent / OVERRIDE, *(folder / name for name in COPIES)):
        try:
            state = file.stat()
        except OSError:
            continue
        found.append((file.name, state.st_mtime_ns, state.st_size))
    return tuple(found)
