"""A path beside the one before it: what is new on the way. Pure.

A router that did not answer is no change: routers answer traces when they like. A change is another address at the
same distance.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HopRow:
    """Who answered at this distance ("" = nobody) after how long, and who did before where that was another."""

    ttl: int
    address: str
    rtt_ms: float | None
    before: str = ""


def compared(hops: Sequence[tuple[int, str, float | None]], earlier: Sequence[tuple[int, str]] = ()) -> list[HopRow]:
    """The hops (ttl, address, rtt) in their order, each beside the address an earlier path had there."""
    known = {ttl: address for ttl, address in earlier if address}
    rows = []
    for ttl, address, rtt_ms in sorted(hops, key=lambda hop: hop[0]):
        before = known.get(ttl, "")
        rows.append(HopRow(ttl, address, rtt_ms, before if address and before not in ("", address) else ""))
    return rows
