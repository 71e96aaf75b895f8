"""What is asked of the network: the broker, names, a free way out, the internet.

* The host of the centre answers, its broker does not: refused B1 (B2 when the refusal cannot come from so far away);
  no connection B2; connected and then silent B3; refused by TLS or MQTT B4; its certificate invalid B5. What merely
  timed out counts only when the line is not losing packets: loss is judged before single shots.
* D2: a resolver answered what it cannot know. D1: every resolver fails, or none knows the centre.
* P1: a page nobody asked for answers every request.
* I1: several hosts of the internet silent while the centre answers.
"""

from agent.core.evidence import Evidence
from agent.core.ladder.finding import Judged, fault
from agent.core.ladder.table import Table, failing, works
from agent.core.observation import TLS_CERTIFICATE_REASONS, Reason

_REFUSALS = frozenset(
    {Reason.DNS_SERVFAIL, Reason.DNS_REFUSED, Reason.DNS_NXDOMAIN, Reason.DNS_RCODE, Reason.DNS_EMPTY}
)
_LIES = frozenset({Reason.DNS_HIJACKED, Reason.DNS_WILDCARD})
# Three runs of two questions each: on a line that loses 40 % all six are lost in 1 of 60 (1 - 0.6 * 0.6 each way).
_RUNS_ON_A_BAD_LINE = 3
_RUNS_IN_SILENCE = 2  # a radio line may stand still for the two seconds of one run


def broker(table: Table) -> Judged:
    found, tcp = table.one("broker", "center"), table.one("tcp", "center")
    if found is None:
        return _port(table, tcp)
    if found.seen.ok:
        return "ok"
    reason, phase = found.seen.reason, found.seen.detail.get("phase")
    if reason in TLS_CERTIFICATE_REASONS:
        return fault("B5", 0.97, found)
    if reason in (Reason.TLS_REFUSED_US, Reason.MQTT_REFUSED):
        return fault("B4", 0.95, found)
    if reason is Reason.REFUSED:
        return _refused(table, found, tcp)
    if reason in (Reason.TLS_FAILED, Reason.MQTT_MALFORMED):
        return fault("B3", 0.7, found, tcp) if failing(found) else "unknown"
    if reason not in (Reason.TIMEOUT, Reason.RESET, Reason.PROHIBITED) or table.loses:
        return "unknown"
    if reason is Reason.RESET and phase == "tls" and found.seen.detail.get("by_reset") is True:
        # A broker that is unwell ends the stream, or says nothing. Who cuts at the first byte looks inside.
        return fault("B2", 0.75, found, tcp) if failing(found) else "unknown"
    if phase in ("tls", "mqtt"):
        return fault("B3", 0.85, found, tcp) if failing(found) else "unknown"
    return _filtered(table, found, tcp)


def _port(table: Table, tcp: Evidence | None) -> Judged:
    """Without credentials only the port can be judged."""
    if tcp is None:
        return "unknown"
    if tcp.seen.ok:
        return "ok"
    if tcp.seen.reason is Reason.REFUSED:
        return _refused(table, tcp, None)
    return "unknown" if table.loses else _filtered(table, tcp, None)


def _refused(table: Table, found: Evidence, tcp: Evidence | None) -> Judged:
    forged = table.one("refusal", "center")
    if forged is not None and forged.seen.reason is Reason.PROHIBITED:
        return fault("B2", 0.85, forged, found, tcp)
    return fault("B1", 0.93, found, tcp)


def _filtered(table: Table, found: Evidence, tcp: Evidence | None) -> Judged:
    ping, trace = table.one("icmp", "center"), table.one("trace", "center")
    reached = works(ping) or (trace is not None and trace.seen.detail.get("reached") is True)
    if reached and failing(found) and not works(tcp):
        return fault("B2", 0.88, found, tcp, ping)
    return "unknown"


def names(table: Table) -> Judged:
    resolvers = table.all("dns")
    lying = [item for item in resolvers if item.seen.reason in _LIES]
    if lying:
        return fault("D2", 0.9, *lying, answered=True)
    lost = [item for item in table.by_name() if item.seen.reason is Reason.RESOLVE_FAILED]
    if not resolvers:
        return fault("D1", 0.8, *lost) if lost else "unknown"
    if any(item.seen.ok for item in resolvers):
        return "ok"
    if all(_fails(table, item) for item in resolvers):
        # a way out that works does not make resolvers silent: with it they are a fault of their own
        answered = table.beyond_answers or all(item.seen.reason in _REFUSALS for item in resolvers)
        return fault("D1", 0.9, *resolvers, *lost, answered=answered)
    return "unknown"


def _fails(table: Table, item: Evidence) -> bool:
    """An answer that says no is one; silence counts when the line carries packets, or goes on."""
    if item.seen.reason not in (Reason.TIMEOUT, Reason.RESET):
        return True
    if table.loses or table.leaks:
        return item.failed_runs >= _RUNS_ON_A_BAD_LINE
    return failing(item)


def portal(table: Table) -> Judged:
    found = table.one("portal", "portal")
    if found is None:
        return "unknown"
    if found.seen.reason is Reason.CAPTIVE_PORTAL:
        return fault("P1", 0.93, found)
    return "ok" if found.seen.ok else "unknown"


def internet(table: Table) -> Judged:
    found = table.one("internet", "internet")
    if found is None:
        return "unknown"
    if found.seen.ok:
        return "ok"
    needed = _RUNS_ON_A_BAD_LINE if table.loses else _RUNS_IN_SILENCE
    if not table.way_works or found.failed_runs < needed:
        return "unknown"
    return fault("I1", 0.88, found, table.one("icmp", "center") or table.one("tcp", "center"))
