"""A small file beside the outbox that survives it: which epoch lay there, on which board, and how far it had come.

On a replacement's card the centre has put it there: the epoch of the box that is replaced, as far as it was heard.
"""

from pathlib import Path

import msgspec

from agent.outbox import files
from agent.outbox.errors import OutboxError

NAME = "epoch.json"
MAX_BYTES = 16 * 1024
CARD_REPLACED = "card_replaced"
"""`reason` in a file of the centre's: another box with another card goes on for this one."""


class Sidecar(msgspec.Struct, frozen=True):
    """The epoch, its board's serial, and a lower bound of what it had given out per stream. `reason`: why the epoch
    that finds this and no outbox begins, "" where the outbox that wrote it was lost."""

    epoch: str
    board: str
    heads: dict[str, int]
    reason: str = ""


def read(directory: Path) -> Sidecar | None:
    """What the sidecar says; None when it is missing or damaged: it is a help, never a condition."""
    try:
        raw = files.read(directory / NAME)
        return msgspec.json.decode(raw[:MAX_BYTES], type=Sidecar) if raw else None
    except (OutboxError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def write(directory: Path, sidecar: Sidecar) -> None:
    """Replace it durably."""
    files.write(directory / NAME, msgspec.json.encode(sidecar))
