"""From this box to the host of the centre: gateway, ISP, the centre's host.

1. A way to the centre that works (something came back from its host) acquits what lies on it: a gateway that does
   not answer pings but passes packets is not silent.
2. Nothing known to come back through the gateway, and no sign of its life: L4. A router that mutes pings still
   answers a knock at a closed port; only ARP for it proves that the machine is on, not that it works.
3. Gateway alive, centre not reached: who complained decides. The gateway itself saying *prohibited*: L5c, saying
   *unreachable* at once: L5a; saying so only after ARP's seconds, with the internet gone too: L5b. Someone further
   out: L6b, L6a, L6d (packets circle until they expire); after ARP's seconds: L7, for only the last router asks the
   host itself. This box, for want of an ARP answer: the centre is on this very network and its host is down, L7.
   A complaint is remembered while the outage lasts: a router's budget for such errors is small (a Linux router
   spends two of its tokens, one a second, on each), so most rounds of an outage are silent.
4. Nobody complains: how far the trace came decides. A loop: L6d. Not beyond the gateway, which lives, and the internet
   silent too: L5b. Beyond it: L7 when the host beside the centre (its own router) answers, or when the last router that
   answered is the one known to stand before the centre; L6c when others are known to answer behind it, or when the
   host beside the centre is silent too. In every other case L5d, silent beyond the gateway, which is true of all.
5. A centre that is known by name only cannot even be asked when no resolver answers. Then the hosts of the internet,
   which are known by address, speak for it: when none of them answers either, not the names but the way is gone. A
   gateway that says of a resolver that it knows no way there: L5a. (Only here: of a centre with an address a router on
   a network without internet says nothing by that.) A trace to the internet that ends at the gateway: L5b.
"""

from agent.core.evidence import Evidence
from agent.core.ladder.finding import Finding, Judged, fault
from agent.core.ladder.said import (
    answers_itself,
    by_gateway,
    complaint,
    gateway_has_no_way,
    hops_seen,
    outer_complaint,
    waited_ms,
)
from agent.core.ladder.table import Table, failing, number, offender
from agent.core.observation import Observation, Reason

_COMPLAINTS = frozenset(
    {Reason.HOST_UNREACHABLE, Reason.NET_UNREACHABLE, Reason.PROHIBITED, Reason.TTL_EXCEEDED, Reason.PORT_UNREACHABLE}
)
# Only the host itself has ports; a router that speaks of them is a firewall (the default of iptables' REJECT).
_FORBIDDEN = frozenset({Reason.PROHIBITED, Reason.PORT_UNREACHABLE})
# A kernel asks for a neighbour three times, a second apart, before it says that the host is unreachable (Linux
# ucast/mcast_solicit 3, retrans_time 1 s); a missing route is said at once. Half of one interval is between the two.
ARP_DELAY_MS = 500.0


def gateway(table: Table) -> Judged:
    if table.center_is_here or table.way_works or table.beyond_answers:
        return "ok"
    ping, alive = table.one("icmp", "gateway"), table.one("gateway", "gateway")
    if any(item is not None and (item.seen.ok or answers_itself(item)) for item in (ping, alive)):
        return "ok"
    if outer_complaint(table, ping) or hops_seen(table) > 0:
        return "ok"
    tried = [item for item in table.center() if item.seen.probe in ("icmp", "tcp")]
    if alive is not None and alive.seen.reason is Reason.NO_ARP:
        return fault("L4", 0.95, alive, ping, *tried)
    if ping is None or not failing(ping):
        return "unknown"
    return fault("L4", 0.75, alive, ping, *tried)


def isp(table: Table) -> Judged:
    found = _beyond(table)
    return "ok" if isinstance(found, Finding) and found.code == "L7" else found


def center(table: Table) -> Judged:
    found = _beyond(table)
    if isinstance(found, Finding) and found.code != "L7":
        return "unknown"
    return found


def _beyond(table: Table) -> Judged:
    if table.center_is_here or table.way_works:
        return "ok"
    ping = table.one("icmp", "center")
    tried = [item for item in table.center() if item.seen.probe in ("icmp", "tcp")]
    if not tried:
        return _nameless(table)
    if not any(failing(item) for item in tried) or any(item.seen.ok for item in tried):
        return "unknown"
    seen = complaint(tried)
    own = next((item.seen for item in tried if item.seen.detail.get("offender_is_us")), None)
    if own is not None and own.reason in (Reason.HOST_UNREACHABLE, Reason.NET_UNREACHABLE):
        return fault("L7", 0.85, own, table.one("icmp", "gateway"))
    if seen is not None and seen.reason in _COMPLAINTS:
        return _complained(table, seen, ping)
    return _silence(table, ping or tried[0])


def _nameless(table: Table) -> Judged:
    internet, resolvers = table.one("internet", "internet"), table.all("dns")
    if not any(item.seen.reason is Reason.RESOLVE_FAILED for item in table.by_name()):
        return "unknown"
    if internet is None or not failing(internet) or any(item.seen.ok for item in resolvers):
        return "unknown"
    trace = table.one("trace", "internet")
    rest = (internet, table.one("icmp", "gateway"), *resolvers)
    if internet.seen.reason in (Reason.NET_UNREACHABLE, Reason.PROHIBITED) and by_gateway(table, internet.seen):
        return fault("L5c" if internet.seen.reason is Reason.PROHIBITED else "L5a", 0.8, *rest)
    silent = internet.seen.reason in (Reason.NO_REPLY, Reason.TIMEOUT)
    if silent and (said := gateway_has_no_way(table)) is not None:
        return fault("L5a", 0.8, said, *rest)
    if silent and trace is not None and hops_seen(table, "internet") == 1 and _gateway_answers(table):
        return fault("L5b", 0.85, trace, *rest)
    heard = silent or offender(dict(internet.seen.detail))
    return fault("L5d", 0.65, *rest) if heard else "unknown"


def _complained(table: Table, seen: Observation, ping: Evidence | None) -> Finding:
    from_gateway = by_gateway(table, seen)
    rest = (ping, table.one("icmp", "gateway"), table.one("trace", "center"))
    if seen.reason is Reason.TTL_EXCEEDED:
        return fault("L6d", 0.9, seen, *rest)
    if seen.reason in _FORBIDDEN:
        return fault("L5c" if from_gateway else "L6b", 0.92, seen, *rest)
    after_ms = max(waited_ms(seen), number(ping, "error_after_ms") or 0.0)
    asked_host = seen.reason is Reason.HOST_UNREACHABLE and after_ms >= ARP_DELAY_MS
    internet = table.one("internet", "internet")
    if from_gateway:
        if asked_host and internet is not None and not internet.seen.ok:
            return fault("L5b", 0.85, seen, internet, *rest)
        if asked_host and table.beyond_answers:
            return fault("L7", 0.7, seen, internet, *rest)
        return fault("L5a", 0.75 if asked_host else 0.92, seen, *rest)
    return fault("L7", 0.85, seen, *rest) if asked_host else fault("L6a", 0.9, seen, *rest)


def _silence(table: Table, silent: Evidence) -> Finding:
    trace, internet, beside = (
        table.one("trace", "center"),
        table.one("internet", "internet"),
        table.one("icmp", "beside"),
    )
    rest = (silent, trace, table.one("icmp", "gateway"), internet)
    if trace is not None and trace.seen.reason is Reason.LOOP:
        return fault("L6d", 0.92, trace, silent)
    if beside is not None and beside.seen.ok:
        # Its own router answers: the way is whole up to the centre's doorstep, and what is behind that is the centre's.
        return fault("L7", 0.8, beside, *rest)
    hops, known = hops_seen(table), number(trace, "known_hops")
    if hops >= 2:
        if known is not None:
            if hops >= known - 1:
                return fault("L7", 0.8, trace, *rest)
            if hops < (number(trace, "known_last") or known - 1):
                return fault("L6c", 0.85, trace, *rest)
            return fault("L5d", 0.6, *rest)  # as far as routers ever answered: it may be the way or the host
        if beside is not None and failing(beside):
            return fault("L6c", 0.85, trace, beside, *rest)
        return fault("L5d", 0.6, *rest)
    if internet is not None and not internet.seen.ok and hops == 1 and _gateway_answers(table):
        return fault("L5b", 0.88, *rest)
    return fault("L5d", 0.7, *rest)


def _gateway_answers(table: Table) -> bool:
    near = (table.one("icmp", "gateway"), table.one("gateway", "gateway"))
    return any(item is not None and item.seen.ok for item in near)
