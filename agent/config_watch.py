"""Ends a process in order when what it was configured with has changed; its unit starts it again with the new one.

For the processes beside the agent: the cameras, the kiosk, the page on the local network. A pushed configuration, one
that was taken back, and an edited card all reach them this way, and none of them needs a right for it.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from agent.config_files import COPIES, OVERRIDE, copies_in, layers, run_dir, table_of, text_of
from agent.configuration.problems import ConfigError
from agent.lean import forget

log = logging.getLogger("agent.configuration")
LOOK_S: Final = 5.0
Marks = tuple[tuple[str, int, int], ...]


class Watch:
    """From its making on, in a thread that does not hold up the end: SIGTERM to this process when one of these tables
    becomes another. Made before the configuration is read. Only where systemd starts it again (INVOCATION_ID).

    `busy`: somebody is in the middle of something; it waits for him.
    """

    def __init__(self, path: Path, names: tuple[str, ...], environment: Mapping[str, str] | None = None) -> None:
        self.busy: Callable[[], bool] = lambda: False
        self._path, self._names = path, names
        if "INVOCATION_ID" not in (os.environ if environment is None else environment):
            return
        self._seen, self._before = marks(path), tables(path, names)
        threading.Thread(target=self._look, name="configuration", daemon=True).start()

    def _look(self) -> None:
        never, changed = threading.Event(), False
        while not never.wait(LOOK_S):
            now = marks(self._path)
            if now != self._seen:
                self._seen = now
                found = tables(self._path, self._names)
                changed = found is not None and found != self._before
            if changed and not self.busy():
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
