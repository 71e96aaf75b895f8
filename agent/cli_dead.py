"""What can be said of an agent that does not run: its last heartbeat, and what waits in its outbox. Reads only."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from agent.clock import Clock
from agent.core.clock import Stamp
from agent.core.endings import latest
from agent.heartbeat import last_beat
from agent.names import HEARTBEAT_FILE
from wire.shape import asdict

if TYPE_CHECKING:
    from agent.outbox import Outbox

T = TypeVar("T")
MOST_COPIED_BYTES: Final = 256 * 1024 * 1024
_OUTBOX_FILES: Final = ("outbox.db", "outbox.db-wal", "epoch.json")


@dataclass(frozen=True, slots=True)
class Remains:
    """What an agent left: its last sign of life, and its outbox's figures; None where there is nothing to read.

    `sign` is a beat with `same_boot` (of the boot that is still running) and, then, `ago_s`. `obstacle` is what keeps
    an agent from starting here: "read_only", "full", or "" for nothing that the folder shows.
    """

    obstacle: str
    sign: dict[str, object] | None
    figures: dict[str, object] | None


def remains(data_dir: Path) -> Remains:
    """Look at a folder of data whose agent does not run."""
    obstacle, (figures, life) = _obstacle(data_dir), _peek(data_dir)
    beat = latest(last_beat(data_dir / HEARTBEAT_FILE), life)
    if beat is None:
        return Remains(obstacle, None, figures)
    clock = Clock()
    same_boot = beat.boot == clock.boot
    ago_s = round(clock.mono_s() - beat.mono_ms / 1000) if same_boot else None
    return Remains(obstacle, {**asdict(beat), "same_boot": same_boot, "ago_s": ago_s}, figures)


def _obstacle(data_dir: Path) -> str:
    try:
        about = os.statvfs(data_dir)
    except OSError:  # not there yet, or not ours to look at
        return ""
    if about.f_flag & os.ST_RDONLY:
        return "read_only"
    return "full" if about.f_bavail == 0 else ""


def rows_left(data_dir: Path, view: str, most: int) -> dict[str, object] | None:
    """What the control socket's operation `view` would have answered; None when there is nothing to read."""
    looks: dict[str, Callable[[Outbox], dict[str, object]]] = {
        "outbox": lambda outbox: _figures(outbox, data_dir),
        "outbox_ledger": lambda outbox: {"ledger": outbox.ledger(most)},
        "outbox_dead": lambda outbox: {"dead": outbox.dead(most)},
    }
    return _from_copy(data_dir, looks[view])


def _peek(data_dir: Path) -> tuple[dict[str, object] | None, Stamp | None]:
    found = _from_copy(data_dir, lambda outbox: (_figures(outbox, data_dir), outbox.last_life))
    return found or (None, None)


def _figures(outbox: "Outbox", data_dir: Path) -> dict[str, object]:
    from agent.outbox import files, reserve

    found = outbox.status()
    # Of the disk where the outbox lies, not of that where its copy does.
    found |= {"free_bytes": files.free_bytes(data_dir), "reserve_bytes": reserve.held_bytes(data_dir)}
    return found


def _from_copy(data_dir: Path, look: "Callable[[Outbox], T]") -> T | None:
    """Look at a copy of the outbox: nothing of a crashed agent's files is changed. None when it cannot be read."""
    import shutil
    import tempfile

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
            return look(outbox)
        finally:
            outbox.close()
