"""What the guard of slots says of the update in hand, in a file of root's that everybody may read."""

import os
from pathlib import Path
from typing import Final

import msgspec

from wire.shape import Struct

STATE_FILE: Final = Path("/var/lib/sandi-update/state.json")
MAX_BYTES: Final = 64 * 1024
ENDED: Final = frozenset({"confirmed", "rolled_back", "refused"})


class Outcome(Struct, frozen=True):
    """As `slotguard.machine.State`, of which only this much matters here. A later guard may say more."""

    phase: str = "idle"
    version: str = ""
    running: str = ""
    digest: str = ""
    command: str = ""
    attempt: int = 0
    code: str = ""
    detail: str = ""
    old: str = ""
    new: str = ""
    failed_starts: int = 0
    boots: int = 0
    at_s: int = 0

    @property
    def ended(self) -> bool:
        return self.phase in ENDED


def state_file() -> Path:
    """Where it lies: SANDI_UPDATE_STATE, else the usual place."""
    named = os.environ.get("SANDI_UPDATE_STATE", "")
    return Path(named) if named else STATE_FILE


def read(path: Path) -> Outcome | None:
    """None when nothing was ever updated here, or nothing readable lies there."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
        return msgspec.json.decode(raw, type=Outcome) if len(raw) <= MAX_BYTES else None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
