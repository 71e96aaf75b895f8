"""What a failure of the pings to the centre makes of the other evidence: what worked before it says nothing about now.

The pings are sent every second, connections only every minute, and the agent's own session stands for half a minute
after the line has died. So while pings fail that were answered before, a connection or a broker that worked before
they began to fail is not fresh any more, and neither is the mere standing of the session. A centre that never answered
pings outdates nothing. What a deeper look found well is minutes old: a gateway that has fallen silent since outdates
all of it, for it lies on the way to everything that was looked at.
"""

from collections.abc import Iterable

from agent.core.evidence import Evidence
from agent.core.past import Past
from wire.shape import replace


def judged(items: Iterable[Evidence], pings: Past | None) -> tuple[Evidence, ...]:
    """The items, those outdated marked as not fresh. `pings`: the past of the pings to the centre."""
    if pings is None or not pings.failing or pings.good_ms is None or pings.since_ms is None:
        return tuple(items)
    since_ms = pings.since_ms
    return tuple(replace(item, fresh=False) if _outdated(item, since_ms) else item for item in items)


def _outdated(item: Evidence, since_ms: int) -> bool:
    seen = item.seen
    if seen.target != "center" or seen.probe not in ("tcp", "broker") or not seen.ok:
        return False
    return seen.mono_ms < since_ms or seen.detail.get("evidence") == "uplink"


def behind(items: Iterable[Evidence], gateway: Past | None) -> tuple[Evidence, ...]:
    """What deeper looks found, those outdated marked as not fresh. `gateway`: the past of the pings to it."""
    if gateway is None or not gateway.failing or gateway.good_ms is None or gateway.since_ms is None:
        return tuple(items)
    since_ms = gateway.since_ms
    return tuple(
        replace(item, fresh=False) if item.seen.ok and item.seen.mono_ms < since_ms else item for item in items
    )
