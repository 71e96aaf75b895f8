"""From the last observations to one verdict: the ladder, judged from the inside out, as far as the evidence goes.

Rules, in this order; the first that holds names the fault:
 1. No interface that is on: L0. None with a carrier: L1. No address but a self-given one: L2. No default route: L3.
 2. A way to the centre that works (ICMP answered, or a TCP connection made or refused) acquits what lies on it: a
    gateway that does not answer pings but passes packets is not silent, and a static route is a route.
    A centre on this very machine is not reached over any of it.
 3. Gateway without an answer and nothing known to come back through it: L4.
 4. Gateway answers, centre does not: who complained decides. The gateway itself saying *prohibited*: L5c, saying
    *unreachable*: L5a. Someone further out: L6b, L6a, or L6d (packets circle until they expire). This box itself, for
    want of an ARP answer: the centre is on this very network and its host is down, L7; for want of a route: L3.
    Nobody: L5d, silence. What lies behind silence (L5b, L6c, L7) needs a trace and other hosts; it is not guessed.
    A complaint is remembered while the outage lasts: a router's budget for such errors is small (a Linux router
    spends two of its tokens, one a second, on each), so most rounds of an outage are silent.
 5. The host of the centre answers, its broker does not: refused B1; no connection B2; connected and then silent B3;
    our certificate refused B4; its certificate invalid B5. A connection that merely timed out counts only when
    the line to the centre is not losing packets: loss is judged before single shots.
 6. Every resolver failing: D1.
 7. Loss certainly above 2 % with at least 20 probes (the lower end of its 95 % interval): Q2. Flapping: Q4.
 8. A web site: certificate W2, an error W1.
 9. Link, address and route judged, the centre answering and none of its probes failing: OK. Anything less is U0,
    never a guess.

Only fresh observations count, and a run whose probe crashed or could not measure says nothing about the network.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent.core.evidence import NO_EVIDENCE, Evidence
from agent.core.observation import TLS_CERTIFICATE_REASONS, Observation, Reason, Scalar

# No colour below n = 20: five probes miss 10 % loss 59 % of the time.
MIN_LOSS_SAMPLE = 20
# A wired line of an ISP loses well under 1 %; at 2 % TCP's throughput over a national round trip is below 5 Mbit/s
# (Mathis et al. 1997: 1460 B / 20 ms * 1.22 / sqrt(0.02) = 5 Mbit/s).
LOSS_THRESHOLD = 0.02

# Three in a row: on a line that loses 20 % it happens in 1 of 125, and the rounds after it tell.
SEVERAL = 3

_COMPLAINTS = frozenset(
    {Reason.HOST_UNREACHABLE, Reason.NET_UNREACHABLE, Reason.PROHIBITED, Reason.TTL_EXCEEDED, Reason.PORT_UNREACHABLE}
)
_LINK = {Reason.NO_INTERFACE: "L0", Reason.LINK_OFF: "L0", Reason.NO_CARRIER: "L1"}
_INSIDE = ("link", "address", "route")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A code of `wire.verdicts` and the observations it rests on, as short lines."""

    code: str
    evidence: tuple[str, ...] = ()


class _Table:
    """Fresh, meaningful evidence by probe and target."""

    def __init__(self, items: Iterable[Evidence]) -> None:
        self._by: dict[tuple[str, str], Evidence] = {}
        for item in items:
            if item.fresh and item.seen.reason not in NO_EVIDENCE:
                self._by[item.seen.probe, item.seen.target] = item

    def one(self, probe: str, target: str) -> Evidence | None:
        return self._by.get((probe, target))

    def all(self, probe: str) -> list[Evidence]:
        return [item for (name, _), item in self._by.items() if name == probe]

    def inside(self, probe: str) -> Evidence | None:
        found = self.all(probe)
        return found[0] if found else None


def diagnose(items: Iterable[Evidence]) -> Diagnosis:
    """The verdict on this node's own connection to the centre and what lies before it."""
    table = _Table(items)
    for rung in (_own_side, _path, _broker, _names, _quality, _sites):
        found = rung(table)
        if found is not None:
            return found
    centre = _centre(table)
    judged = all(table.inside(probe) is not None for probe in _INSIDE)
    fine = judged and any(item.seen.ok for item in centre) and not any(_failing(item) for item in centre)
    return Diagnosis("OK" if fine else "U0", tuple(_told(item.seen) for item in centre))


def _own_side(table: _Table) -> Diagnosis | None:
    if _centre_is_here(table):
        return None
    link, address, route = (table.inside(probe) for probe in _INSIDE)
    if link is not None and not link.seen.ok:
        return _verdict(_LINK.get(link.seen.reason, "U0"), link)
    if address is not None and not address.seen.ok:
        return _verdict("L2", address)
    if route is not None and not route.seen.ok and not _way_works(table):
        return _verdict("L3", route)
    return None


def _path(table: _Table) -> Diagnosis | None:
    """The rungs between this box and the host of the centre."""
    if _way_works(table):
        return None
    gateway, centre = table.one("icmp", "gateway"), table.one("icmp", "center")
    tried = [item for item in _centre(table) if item.seen.probe in ("icmp", "tcp")]
    if gateway is None or not _failing(gateway):
        if gateway is None or centre is None or not gateway.seen.ok or not _failing(centre):
            return None
        return _beyond(gateway, centre, _complaint(tried))
    complaint = _complaint(tried)
    if complaint is not None and _offender(complaint) not in (None, _address(gateway)):
        return None  # someone beyond the gateway complained, so the gateway passes packets
    return _verdict("L4", gateway, *tried)


def _beyond(gateway: Evidence, centre: Evidence, complaint: Observation | None) -> Diagnosis:
    seen = complaint or centre.seen
    if seen.reason is Reason.NO_ROUTE:
        return _verdict("L3", centre, gateway)
    if seen.detail.get("offender_is_us"):
        return _verdict("L7", centre, gateway)
    offender = _offender(seen)
    if offender is None or seen.reason not in _COMPLAINTS:
        return _verdict("L5d", centre, gateway)
    by_gateway = offender == _address(gateway)
    rungs = {Reason.PROHIBITED: ("L5c", "L6b"), Reason.TTL_EXCEEDED: ("L6d", "L6d")}
    inner, outer = rungs.get(seen.reason, ("L5a", "L6a"))
    lines = (_told(seen), _told(centre.seen), _told(gateway.seen))
    return Diagnosis(inner if by_gateway else outer, tuple(dict.fromkeys(lines)))


def _complaint(items: Iterable[Evidence]) -> Observation | None:
    """What somebody else said about the way to the centre, through whichever probe it was heard."""
    for item in items:
        for seen in (item.seen, item.complaint):
            if seen is not None and _offender(seen) is not None:
                return seen
    return None


def _broker(table: _Table) -> Diagnosis | None:
    broker, tcp, ping = table.one("broker", "center"), table.one("tcp", "center"), table.one("icmp", "center")
    if broker is None or broker.seen.ok:
        return None
    reason, phase = broker.seen.reason, broker.seen.detail.get("phase")
    if reason in TLS_CERTIFICATE_REASONS:
        return _verdict("B5", broker)
    if reason is Reason.TLS_REFUSED_US:
        return _verdict("B4", broker)
    if reason is Reason.REFUSED:
        return _verdict("B1", broker, tcp)
    if reason not in (Reason.TIMEOUT, Reason.RESET, Reason.PROHIBITED) or _loses(ping):
        return None
    if phase == "tls":
        return _verdict("B3", broker, tcp) if _failing(broker) else None
    reached = ping is not None and ping.seen.ok
    return _verdict("B2", broker, tcp, ping) if reached and _failing(broker) and not _works(tcp) else None


def _names(table: _Table) -> Diagnosis | None:
    resolvers = table.all("dns")
    if resolvers and all(_failing(item) for item in resolvers):
        return _verdict("D1", *resolvers)
    return None


def _quality(table: _Table) -> Diagnosis | None:
    centre = table.one("icmp", "center")
    if centre is None:
        return None
    if centre.state == "flapping":
        return _verdict("Q4", centre)
    return _verdict("Q2", centre) if _loses(centre) else None


def _sites(table: _Table) -> Diagnosis | None:
    for item in table.all("http"):
        if item.seen.ok or not _failing(item):
            continue
        if item.seen.reason in TLS_CERTIFICATE_REASONS:
            return _verdict("W2", item)
        if item.seen.reason.startswith("http_"):
            return _verdict("W1", item)
    return None


def _centre(table: _Table) -> list[Evidence]:
    found = (table.one(probe, "center") for probe in ("icmp", "tcp", "broker"))
    return [item for item in found if item is not None]


def _way_works(table: _Table) -> bool:
    """Something came back from the centre's host: whatever lies on the way carries packets."""
    return any(item.seen.ok or item.seen.reason is Reason.REFUSED for item in _centre(table))


def _centre_is_here(table: _Table) -> bool:
    return any(str(_address(item) or "").startswith(("127.", "::1")) for item in _centre(table))


def _works(item: Evidence | None) -> bool:
    return item is not None and item.seen.ok


def _failing(item: Evidence) -> bool:
    """Failed, and not by a single shot: known as down, twice in a row, or every one of several attempts lost."""
    seen = item.seen
    all_lost = seen.sent >= SEVERAL and seen.lost == seen.sent
    return not seen.ok and (item.state in ("down", "flapping") or item.failed_runs > 1 or all_lost)


def _loses(item: Evidence | None) -> bool:
    return item is not None and item.sent >= MIN_LOSS_SAMPLE and item.loss_low > LOSS_THRESHOLD


def _offender(seen: Observation) -> Scalar:
    """Who sent the error, None when nobody did or this box did itself."""
    return None if seen.detail.get("offender_is_us") else seen.detail.get("offender")


def _address(item: Evidence) -> Scalar:
    return item.seen.detail.get("address")


def _verdict(code: str, *items: Evidence | None) -> Diagnosis:
    return Diagnosis(code, tuple(_told(item.seen) for item in items if item is not None))


def _told(seen: Observation) -> str:
    """One observation as a short line of evidence."""
    parts: Mapping[str, Scalar] = {"address": seen.detail.get("address"), "offender": seen.detail.get("offender")}
    extras = "".join(f" {name}={value}" for name, value in parts.items() if value)
    count = f" {seen.sent - seen.lost}/{seen.sent}" if seen.sent > 1 else ""
    return f"{seen.probe} {seen.target}: {seen.reason or 'ok'}{count}{extras}"
