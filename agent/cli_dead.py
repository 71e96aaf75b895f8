"""What can be said of an agent that does not run: its last heartbeat, and what waits in its outbox. Reads only."""

import logging
import shutil
import tempfile
from pathlib import Path
from typing import Final

from agent.clock import Clock
from agent.heartbeat import last_beat
from agent.names import HEARTBEAT_FILE

MOST_COPIED_BYTES: Final = 256 * 1024 * 1024
_OUTBOX_FILES: Final = ("outbox.db", "outbox.db-wal", "epoch.json")


def last_sign(data_dir: Path) -> dict[str, object] | None:
    """The last beat, with `ago_s` when it belongs to the boot that is still running; None when there is none."""
    beat = last_beat(data_dir / HEARTBEAT_FILE)
    if beat is None:
        return None
    clock = Clock()
    same_boot = beat["boot"] == clock.boot
    ago_s = round(clock.mono_s() - int(str(beat["mono_ms"])) / 1000) if same_boot else None
    return {**beat, "same_boot": same_boot, "ago_s": ago_s}


def peek(data_dir: Path) -> dict[str, object] | None:
    """The outbox's figures from a copy, so that nothing of a crashed agent's files is changed; None when unreadable."""
    from agent.outbox import OutboxError, open_outbox

    logging.disable(logging.CRITICAL)  # a damaged copy is reported in the figures, not on the terminal
    with tempfile.TemporaryDirectory(prefix="sandi-") as folder:
        copy = Path(folder)
        try:
            present = [data_dir / name for name in _OUTBOX_FILES if (data_dir / name).exists()]
            if not present or sum(path.stat().st_size for path in present) > MOST_COPIED_BYTES:
                return None
            for path in present:
                shutil.copyfile(path, copy / path.name)
            outbox = open_outbox(copy, "", Clock().stamp())
        except (OSError, OutboxError):
            return None
        try:
            figures = outbox.status()
        finally:
            outbox.close()
    return figures
