"""Who said what about the way to the centre, and where they stand."""

from collections.abc import Iterable

from agent.core.evidence import Evidence
from agent.core.ladder.table import Table, address, number, offender
from agent.core.observation import Observation, Reason


def complaint(items: Iterable[Evidence]) -> Observation | None:
    """What somebody else said about the way to the centre, through whichever probe it was heard."""
    for item in items:
        for seen in (item.seen, item.complaint):
            if seen is not None and offender(dict(seen.detail)) is not None:
                return seen
    return None


def answers_itself(item: Evidence) -> bool:
    """It refuses pings in its own name, so it lives."""
    own = address(item)
    return own is not None and any(
        seen is not None and seen.detail.get("offender") == own for seen in (item.seen, item.complaint)
    )


def outer_complaint(table: Table, ping: Evidence | None) -> bool:
    """Someone beyond the gateway complained, so the gateway passes packets."""
    tried = [item for item in table.center() if item.seen.probe in ("icmp", "tcp")]
    seen = complaint(tried)
    if seen is None:
        return False
    own = address(ping) if ping is not None else None
    return own is None or offender(dict(seen.detail)) not in (None, own)


def gateway_has_no_way(table: Table) -> Evidence | None:
    """What was asked of a resolver, and the gateway said at once that it knows no way there. A router's budget for
    errors is small, so that this may be the only one it spent a word on."""
    found = (item for item in table.all("dns") if item.seen.reason is Reason.NET_UNREACHABLE)
    return next((item for item in found if by_gateway(table, item.seen)), None)


def by_gateway(table: Table, seen: Observation) -> bool:
    """The hops of the complaint tell, for a router may speak with the address of its other side; else its address."""
    hops = seen.detail.get("offender_hops")
    if isinstance(hops, int):
        return hops == 1
    return offender(dict(seen.detail)) in _gateway_addresses(table)


def _gateway_addresses(table: Table) -> set[object]:
    """A router has several addresses; it complains from the one that faces us, and traces show that one first."""
    found = {address(item) for item in (table.one("icmp", "gateway"), table.one("gateway", "gateway")) if item}
    trace = table.one("trace", "center")
    path = str(trace.seen.detail.get("path") or "") if trace is not None else ""
    first = path.split(">")[0]
    return {one for one in (*found, first) if one and one != "*"}


def hops_seen(table: Table, target: str = "center") -> int:
    """How far a trace came: the distance of the last router that answered; 0 when none did."""
    return round(number(table.one("trace", target), "hops") or 0)


def waited_ms(seen: Observation) -> float:
    """How long after the question it was said."""
    value = seen.detail.get("error_after_ms")
    return float(value) if isinstance(value, int | float) else 0.0
