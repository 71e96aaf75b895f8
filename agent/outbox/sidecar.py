"""A small file beside the outbox that survives it: which epoch lay there, on which board, and how far it had come."""

from pathlib import Path

import msgspec

from agent.outbox import files
from agent.outbox.errors import OutboxError

NAME = "epoch.json"
MAX_BYTES = 16 * 1024


class Sidecar(msgspec.Struct, frozen=True):
    """The epoch, its board's serial, and a lower bound of what it had given out per stream."""

    epoch: str
    board: str
    heads: dict[str, int]


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
