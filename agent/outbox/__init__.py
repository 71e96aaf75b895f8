"""The outbox: what the node accepted and the centre has not yet said it stored. Nothing leaves it any other way.

The names are found when they are asked for: who reads the configuration does not load the store.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.late import names_of

if TYPE_CHECKING:
    from agent.core.clock import Stamp
    from agent.outbox.config import OutboxConfig
    from agent.outbox.errors import OutboxError, OutboxFull
    from agent.outbox.held import Held
    from agent.outbox.store import Outbox
    from agent.outbox.writer import OutboxWriter

__all__ = ["Held", "Outbox", "OutboxConfig", "OutboxError", "OutboxFull", "OutboxWriter", "open_outbox"]

_HOMES: Final = {
    "Held": "agent.outbox.held",
    "Outbox": "agent.outbox.store",
    "OutboxConfig": "agent.outbox.config",
    "OutboxError": "agent.outbox.errors",
    "OutboxFull": "agent.outbox.errors",
    "OutboxWriter": "agent.outbox.writer",
}
__getattr__ = names_of(__name__, _HOMES)


def open_outbox(directory: Path, board: str, stamp: "Stamp", limits: "OutboxConfig | None" = None) -> "Outbox":
    """Open the outbox in `directory`, or make it. `board` is what the epoch is bound to ("" when unknown).

    A damaged file is put aside and a new epoch begins; OutboxError when the disk or another process does not allow it.
    """
    from agent.outbox.config import OutboxConfig
    from agent.outbox.opening import open_directory
    from agent.outbox.store import Outbox

    return Outbox(directory, open_directory(directory, board, stamp), limits or OutboxConfig(), stamp)
