"""This box and its cable: power, link, address, route; and its clock. Facts are read, so one reading is enough."""

from agent.core.evidence import Evidence
from agent.core.ladder.finding import Judged, fault
from agent.core.ladder.table import Table, number
from agent.core.observation import Reason
from wire.shape import replace
from wire.verdicts import VERDICTS

_LINK = {Reason.NO_INTERFACE: "L0", Reason.LINK_OFF: "L0", Reason.NO_CARRIER: "L1"}
_LOOSE = frozenset(code for code, verdict in VERDICTS.items() if verdict.code.startswith(("L", "Q"))) - {"L0", "Q4"}
"""What is found missing while a plug is loose: addresses and routes go with the carrier, and so does every answer."""
_A_DAY_S = 86_400.0
_DATED = frozenset({"B5", "W2", "W4"})
"""What rests on dates."""


def power(table: Table) -> Judged:
    found = table.first("power")
    if found is None:
        return "unknown"
    return fault("N1", 0.95, found) if found.seen.reason is Reason.UNDERVOLTAGE else "ok"


def link(table: Table) -> Judged:
    found = table.first("link")
    if found is None or table.center_is_here:
        return "unknown" if found is None else "ok"
    lost = number(found, "carrier_lost") or 0.0
    if lost >= (1 if found.seen.ok else 2):
        loose = fault("Q4", 0.85, found, table.one("icmp", "center"), answered=True, party="site")
        return replace(loose, explains=_LOOSE)
    if found.seen.ok:
        return "ok"
    code = _LINK.get(found.seen.reason)
    return fault(code, 0.99, found) if code else "unknown"


def address(table: Table) -> Judged:
    found = table.first("address")
    if found is None or table.center_is_here:
        return "unknown" if found is None else "ok"
    if found.seen.ok or (table.way_works and found.seen.reason is not Reason.DUPLICATE_ADDRESS):
        return "ok"
    return fault("L2", 0.9 if found.seen.reason is Reason.DUPLICATE_ADDRESS else 0.97, found)


def route(table: Table) -> Judged:
    """A static route to the centre is a route; the kernel's own *no route* to it is none, whatever else there is."""
    found = table.first("route")
    if table.way_works:
        return "ok" if found is not None else "unknown"
    refused = next((item for item in table.center() if item.seen.reason is Reason.NO_ROUTE), None)
    if refused is not None:
        return fault("L3", 0.95, refused, found)
    if found is None:
        return "unknown"
    return "ok" if found.seen.ok else fault("L3", 0.97, found)


def clock(table: Table) -> Judged:
    found = table.first("ntp")
    if found is None or not (found.seen.ok or found.seen.reason is Reason.CLOCK_WRONG):
        return _without_a_server(table, found)
    if found.seen.ok:
        return "ok"
    finding = fault("T1", 0.9, found)
    # certificates are valid for a year or so: a clock that is off by days makes good ones look bad
    return finding if abs(number(found, "offset_s") or 0.0) < _A_DAY_S else replace(finding, explains=_DATED)


def _without_a_server(table: Table, silent: Evidence | None) -> Judged:
    """Nobody tells the time. A certificate of the future still does: no authority signs for tomorrow, but a Pi without
    a battery wakes up in the past."""
    broker = table.one("broker", "center")
    if broker is None or broker.seen.reason is not Reason.TLS_NOT_YET_VALID:
        return "unknown"
    return replace(fault("T1", 0.7, broker, silent), explains=_DATED)
