"""Which public notices which kiosks have to be told: what they should show against what they were offered. Pure.

A kiosk is offered a notice once per wording (`revision`) and once more after its box was begun anew (another `epoch`:
an empty disk). What was offered and is to be shown there no longer (withdrawn, or aimed elsewhere now) is taken down,
once. One that has ended is left alone: the kiosk stops showing it by itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that has not ended. `target`: "" the whole city, else the kecamatan or the site's code it is for."""

    id: int
    revision: int
    target: str
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Kiosk:
    """A box that was heard at least once, and what a target may call it."""

    node: str
    epoch: str
    site: str
    kecamatan: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What a box was last offered of a notice: a wording, or (`shown` False) to take it down."""

    revision: int
    shown: bool
    epoch: str


@dataclass(frozen=True, slots=True)
class Due:
    """Offer this notice to this kiosk, or (`show` False) have it taken down there."""

    notice: int
    kiosk: Kiosk
    revision: int
    show: bool


def is_for(notice: Notice, kiosk: Kiosk) -> bool:
    """Whether the notice belongs on this kiosk."""
    return not notice.withdrawn and notice.target in {"", kiosk.site, kiosk.kecamatan}


def due(notices: Iterable[Notice], kiosks: Iterable[Kiosk], offers: Mapping[tuple[int, str], Offer]) -> list[Due]:
    """What has to be sent now, by notice and kiosk; nothing when everybody was offered what they should have."""
    every = sorted(kiosks, key=lambda kiosk: kiosk.node)
    found = []
    for notice in sorted(notices, key=lambda notice: notice.id):
        for kiosk in every:
            before, wanted = offers.get((notice.id, kiosk.node)), is_for(notice, kiosk)
            if wanted:
                same = before is not None and before == Offer(notice.revision, True, kiosk.epoch)
            else:
                same = before is None or not before.shown
            if not same:
                found.append(Due(notice.id, kiosk, notice.revision, wanted))
    return found
