"""The way to a target as a trace found it, and what can be said of it: where it ends, whether it circles, what changed.

1. A hop that did not answer says nothing: it neither ends a way nor differs from anything.
2. A way circles when one router answers at three distances, or at two with another one between them, and behind the
   last of them nobody new does, and the target was not reached. (Twice in a row is no circle: there are routers that
   pass on packets whose time is up. And a private address may stand for two routers, one of the site and one of the
   provider with its CGNAT: behind the second one the way goes on.)
3. A way has changed when a hop answers with an address that it did not have in any of the last traces. Load-balanced
   ways alternate between a few addresses at one distance (Augustin et al. 2006, Paris traceroute): those are learnt,
   so that only a first sighting is news. What was not seen for `REMEMBERED` traces is forgotten: a way that comes back
   after a long detour is news again.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from agent.core.observation import Observation, Reason
from wire.bodies import Hop, PathNotice
from wire.shape import Struct, replace

MAX_TTL = 64
"""Linux's own hop limit: a packet of this box goes no further."""
REMEMBERED = 8
"""Traces after which an address is forgotten: eight hours of hourly ones. Load balancers alternate far faster."""
MAX_ADDRESSES = 8
"""Kept per distance; wider load balancing than that is not found at an edge."""
SEVERAL = 3
Why = Literal["hourly", "failure", "asked"]


class PathHop(Struct, frozen=True):
    """Who answered at distance `ttl`, and after what time; no address when nobody did."""

    ttl: int
    address: str = ""
    rtt_ms: float | None = None


OnHop = Callable[[PathHop], None]
"""Hears of each hop as it answers."""


class Path(Struct, frozen=True):
    """Hops by distance from 1, without gaps, to the target or to the last that answered.

    `reason`, `offender`, `icmp_code`: what somebody on the way said against it, when anybody did.
    """

    address: str
    hops: tuple[PathHop, ...] = ()
    reached: bool = False
    reason: Reason = Reason.NONE
    offender: str = ""
    icmp_code: int | None = None

    @property
    def last(self) -> PathHop | None:
        """The furthest hop that answered, the target included."""
        return next((hop for hop in reversed(self.hops) if hop.address), None)

    @property
    def text(self) -> str:
        """`10.9.0.1>*>10.9.1.1`, silent hops as stars."""
        return ">".join(hop.address or "*" for hop in self.hops)


def trimmed(hops: Iterable[PathHop]) -> tuple[PathHop, ...]:
    """The hops by distance, with silent ones where nothing is known, up to the last that answered."""
    by_ttl = {hop.ttl: hop for hop in hops if hop.address and 1 <= hop.ttl <= MAX_TTL}
    return tuple(by_ttl.get(ttl, PathHop(ttl)) for ttl in range(1, max(by_ttl, default=0) + 1))


def last_router(path: Path) -> int:
    """The distance of the furthest router that answered, the target left aside; 0 when none did."""
    return max((hop.ttl for hop in path.hops if hop.address and hop.address != path.address), default=0)


def loop_at(path: Path) -> str:
    """The first router that packets come back to; empty when the way does not circle."""
    if path.reached:
        return ""
    seen: dict[str, list[int]] = {}
    for hop in path.hops:
        if hop.address and hop.address != path.address:
            seen.setdefault(hop.address, []).append(hop.ttl)
    for address, ttls in seen.items():
        again = len(ttls) >= SEVERAL or (len(ttls) > 1 and _other_between(path.hops, address, ttls[0], ttls[1]))
        if again and all(known[0] <= ttls[-1] for known in seen.values()):
            return address
    return ""


def _other_between(hops: Sequence[PathHop], address: str, low: int, high: int) -> bool:
    return any(low < hop.ttl < high and hop.address not in ("", address) for hop in hops)


def differing(before: Path, after: Path) -> tuple[int, ...]:
    """The distances at which both traces were answered, by different addresses."""
    known = {hop.ttl: hop.address for hop in before.hops if hop.address}
    return tuple(hop.ttl for hop in after.hops if hop.address and known.get(hop.ttl, hop.address) != hop.address)


class PathMemory(Struct, frozen=True):
    """The addresses of the last traces to one target: per distance, each with the number of the trace it was in."""

    target: str = ""
    traces: int = 0
    known: tuple[tuple[tuple[str, int], ...], ...] = ()


def learn(memory: PathMemory, path: Path) -> tuple[PathMemory, tuple[int, ...]]:
    """The memory with this trace in it, and the distances at which it differs from all that was known there.

    A target with another address than before is a new one: its first trace is no change.
    """
    if memory.target != path.address:
        memory = PathMemory(path.address)
    number = memory.traces + 1
    answered = {hop.ttl: hop.address for hop in path.hops if hop.address}
    length = max(len(memory.known), len(path.hops))
    changed, known = [], []
    for ttl in range(1, length + 1):
        row = memory.known[ttl - 1] if ttl <= len(memory.known) else ()
        address = answered.get(ttl)
        if address and row and address not in dict(row):
            changed.append(ttl)
        known.append(_learnt(row, address, number))
    return replace(memory, traces=number, known=tuple(known)), tuple(changed)


def _learnt(row: tuple[tuple[str, int], ...], address: str | None, number: int) -> tuple[tuple[str, int], ...]:
    """Newest first. While nobody answers there the row is kept: silence is no news, and none forgets by itself."""
    if address is None:
        return row
    kept = [(one, seen) for one, seen in row if one != address and number - seen < REMEMBERED]
    return ((address, number), *kept)[:MAX_ADDRESSES]


def from_observation(seen: Observation) -> Path:
    """The path that the trace probe told in its detail and phases; an empty one when it found none."""
    detail, text = seen.detail, str(seen.detail.get("path") or "")
    names = text.split(">")[:MAX_TTL] if text else []
    hops = (
        PathHop(ttl, "" if name == "*" else name, seen.phases_ms.get(f"hop{ttl}")) for ttl, name in enumerate(names, 1)
    )
    code = detail.get("icmp_code")
    return Path(
        str(detail.get("address") or ""),
        trimmed(hops),
        seen.ok,
        seen.reason,
        str(detail.get("offender") or ""),
        code if isinstance(code, int) else None,
    )


def notice(target: str, path: Path, why: Why, *, changed: bool = False) -> PathNotice:
    """The trace as an event's body."""
    hops = tuple(
        Hop(hop.ttl, hop.address[:64], None if hop.rtt_ms is None else round(hop.rtt_ms, 3)) for hop in path.hops
    )
    return PathNotice(target, path.address[:64], hops, path.reached, changed, why)
