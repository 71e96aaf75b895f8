"""Running a step of `center.database` in a process of its own: the caller stays small, Django sees one directory."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from center.config import DATA_VARIABLE
from center.errors import CenterError, SetupError
from center.notify import notify
from center.processes import die_with_parent

Say = Callable[..., None]
"""say(key, **fields): one of the sentences of `center.phrases`."""
_MORE_TIME = "EXTEND_TIMEOUT_USEC=300000000"
"""Copying and changing a large database may outlast systemd's patience with a start: each step gets 5 minutes more."""
STEPS = 5


def run_step(step: str, data: Path, say: Say, *words: str) -> None:
    """Run one step to its end and say what it tells.

    Raises:
        CenterError: what the step found wrong.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "center.database", step, *words],
        env={**os.environ, DATA_VARIABLE: str(data)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=die_with_parent(),  # noqa: PLW1509 - prctl and getppid only
    )
    problem: CenterError | None = None
    try:
        assert process.stdout is not None and process.stderr is not None
        for line in process.stdout:
            notify(_MORE_TIME)
            event = json.loads(line)
            problem = _show(event, say) or problem
        complaint = process.stderr.read()
    except BaseException:
        process.kill()
        raise
    finally:
        process.wait()
    if process.returncode != 0:
        raise problem or SetupError(f"the database could not be prepared: {complaint.strip().splitlines()[-1:]}")


def _show(event: dict[str, object], say: Say) -> SetupError | None:
    """Say what happened; returns the problem when that is what the event tells."""
    kind = event.pop("event")
    if kind == "error":
        return SetupError(str(event["english"]), str(event["indonesian"]))
    if kind == "account":
        say("setup-account", step=5, steps=STEPS)
        say("password", **event)
    elif kind == "database":
        say("setup-database", step=3, steps=STEPS)
    elif kind == "sites":
        say("setup-sites", step=4, steps=STEPS, **event)
    elif kind in {"migrate", "update-backup", "update-backup-impossible"}:
        say(kind, **event)
    return None
