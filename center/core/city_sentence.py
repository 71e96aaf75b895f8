"""What the leadership is told about today in one sentence: how many places are connected, and who is waited for. Pure.

The sentence leaves here as counts; whoever shows it chooses the language.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

CONNECTED = frozenset({"up", "degraded"})


@dataclass(frozen=True, slots=True)
class Place:
    """One place with a box: its fill (`center.core.wall_view`), and whose matter it is when it is down ("" or "none":
    nobody knows yet)."""

    fill: str
    party: str = ""


@dataclass(frozen=True, slots=True)
class Today:
    """`connected` of `places` that should be; places under planned work are not expected to be.

    `waiting`: (party, how many of `down` wait for it), most first; party "" where nobody knows.
    """

    places: int
    connected: int
    down: int
    unknown: int
    maintenance: int
    waiting: tuple[tuple[str, int], ...]


def today(places: Iterable[Place]) -> Today:
    """Count them. A place without a box ("absent") is none."""
    found = [place for place in places if place.fill != "absent"]
    fills = Counter("connected" if place.fill in CONNECTED else place.fill for place in found)
    parties = Counter("" if place.party == "none" else place.party for place in found if place.fill == "down")
    waiting = sorted(parties.items(), key=lambda item: (item[0] == "", -item[1], item[0]))
    return Today(
        len(found) - fills["maintenance"],
        fills["connected"],
        fills["down"],
        fills["unknown"],
        fills["maintenance"],
        tuple(waiting),
    )
