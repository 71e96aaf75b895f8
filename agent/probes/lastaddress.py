"""The address at which the centre's broker last proved itself by its certificate, for the day when no resolver answers.

The daemon writes it (`note`), after handshakes of its own; the live diagnosis only reads it (`recall`). A name that
moved and a resolver that dies in the same week are rarer than a dead resolver that hides another fault; after a week
nothing is recalled.
"""

import os
import time
from ipaddress import ip_address
from pathlib import Path

from agent.core.observation import Observation
from agent.files import give_to_owner, write_durably
from agent.probes.context import Center
from agent.probes.procfs import is_address
from agent.probes.targets import CENTER

FILE_NAME = "center-address"
GOOD_FOR_S = 7 * 86_400.0
_PROVEN_AGAIN_S = 86_400.0
"""How old a proof becomes before the same address is noted again: a card is not written to every hour."""
_MAX_BYTES = 1024


def recall(data_dir: Path | None, name: str) -> str:
    """The address of the centre's `name`; empty when none is known or its proof is old."""
    if data_dir is None or is_address(name):
        return ""
    path = data_dir / FILE_NAME
    try:
        with path.open("rb") as file:
            known, _, address = file.read(_MAX_BYTES).decode("ascii").strip().partition(" ")
            # a clock that has lost its time (no battery) is no reason to forget
            fresh = time.time() - os.fstat(file.fileno()).st_mtime <= GOOD_FOR_S
    except (OSError, UnicodeDecodeError):
        return ""
    return str(ip_address(address)) if fresh and known == name and is_address(address) else ""


def note(data_dir: Path | None, center: Center | None, seen: Observation) -> None:
    """Keep the address of a broker that has just shown a good certificate."""
    if data_dir is None or center is None or center.credentials is None or is_address(center.host):
        return
    address = seen.detail.get("address")
    if (seen.probe, seen.target, seen.ok) != ("broker", CENTER, True) or not isinstance(address, str):
        return
    path = data_dir / FILE_NAME
    try:
        proven_s = time.time() - path.stat().st_mtime if recall(data_dir, center.host) == address else _PROVEN_AGAIN_S
        if not 0 <= proven_s < _PROVEN_AGAIN_S:
            write_durably(path, f"{center.host} {address}\n".encode("ascii"))
            give_to_owner(path)
    except (OSError, UnicodeEncodeError):
        return  # a full or broken disk is told by others; this is a convenience
