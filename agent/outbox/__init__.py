"""The outbox: what the node accepted and the centre has not yet said it stored. Nothing leaves it any other way."""

from pathlib import Path

from agent.core.clock import Stamp
from agent.outbox.config import OutboxConfig
from agent.outbox.errors import OutboxError, OutboxFull
from agent.outbox.held import Held
from agent.outbox.opening import open_directory
from agent.outbox.store import Outbox
from agent.outbox.writer import OutboxWriter

__all__ = ["Held", "Outbox", "OutboxConfig", "OutboxError", "OutboxFull", "OutboxWriter", "open_outbox"]


def open_outbox(directory: Path, board: str, stamp: Stamp, limits: OutboxConfig | None = None) -> Outbox:
    """Open the outbox in `directory`, or make it. `board` is what the epoch is bound to ("" when unknown).

    A damaged file is put aside and a new epoch begins; OutboxError when the disk or another process does not allow it.
    """
    return Outbox(directory, open_directory(directory, board, stamp), limits or OutboxConfig(), stamp)
