"""Slots: the folders below releases/, each one version's whole software."""

import re
from pathlib import Path
from typing import Final

from slotguard.disk import clear, link_target
from slotguard.places import Places

_INFO: Final = re.compile(r"sandi-(.{1,60})\.dist-info")


def is_bootable(slot: Path) -> bool:
    """Whether it was finished and still has its program."""
    return (slot / ".complete").exists() and (slot / "bin" / "sandi").exists()


def version_of(slot: Path) -> str:
    """The version in it, as its installer named it; "0" when that cannot be told."""
    try:
        names = [path.name for path in slot.glob("lib/python3*/site-packages/sandi-*.dist-info")]
    except OSError:
        names = []
    found = _INFO.fullmatch(names[0]) if len(names) == 1 else None
    return found[1] if found else "0"


def prune(places: Places, keep: set[str]) -> None:
    """Take all slots away but `keep` and those in use (the centre's may lie beside the agent's)."""
    used = keep | {link_target(places.link), link_target(places.prefix / "center")}
    try:
        slots = sorted(places.releases.iterdir())
    except OSError:
        return
    for slot in slots:
        if str(slot) not in used:
            clear(slot)
