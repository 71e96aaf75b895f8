"""From the last observations to one verdict: the ladder, judged from the inside out, as far as the evidence goes.

1. Every rung whose ground holds is judged (`ladder.rungs`); only fresh observations count, and a run whose probe
   crashed or could not measure says nothing about the network.
2. A finding that another one explains is dropped: a dead gateway explains the silent broker behind it.
3. Of what is left the innermost is the verdict, those that cut the line before those that worsen it, those before
   mere notes; the others are told in `also`. Two independent faults are two.
4. No fault, the own side judged and the centre answering: OK. Anything less is U0, never a guess.
"""

from collections.abc import Iterable
from typing import Literal

from agent.core.evidence import Evidence
from agent.core.ladder import sites
from agent.core.ladder.finding import Finding
from agent.core.ladder.rungs import CUTS, EXPLAINS, LADDER, ONLY_ALSO, Rung
from agent.core.ladder.table import DEFAULT_LIMITS, Limits, Table, failing
from agent.core.observation import Observation, Reason, Scalar
from wire.shape import Struct
from wire.verdicts import LADDER as CODES
from wire.verdicts import VERDICTS, Party

_SEVERITIES = ("down", "degraded", "note")
_INSIDE = ("link", "address", "route")


class RungResult(Struct, frozen=True):
    """`unjudged`: it lies beyond a fault. `unknown`: the evidence is thin. `note`: a finding that is no fault."""

    name: str
    state: Literal["ok", "failed", "note", "unknown", "unjudged"]
    code: str = ""
    evidence: tuple[Observation, ...] = ()


class Diagnosis(Struct, frozen=True):
    """A code of `wire.verdicts`, how sure (0..1), the observations it rests on, further faults, and every rung."""

    code: str
    confidence: float = 0.0
    evidence: tuple[Observation, ...] = ()
    party: Party = "none"
    also: tuple[Finding, ...] = ()
    rungs: tuple[RungResult, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The evidence as short lines for logs and programs; people get `wire.evidence.sentence`."""
        return tuple(dict.fromkeys(_told(seen) for seen in self.evidence))


def diagnose(items: Iterable[Evidence], limits: Limits = DEFAULT_LIMITS) -> Diagnosis:
    """The verdict on this node's own connection to the centre and what lies around it."""
    table = Table(items, limits)
    found, states = _judged(table)
    left = _unexplained(found)
    rungs = tuple(_result(rung, states[rung.name], left, table) for rung in LADDER)
    ranked = sorted((finding for finding in left if finding.code not in ONLY_ALSO), key=_rank)
    if not ranked:
        return _no_fault(table, tuple(sorted(left, key=_rank)), rungs)
    verdict = ranked[0]
    also = tuple(sorted((finding for finding in left if finding is not verdict), key=_rank))
    return Diagnosis(verdict.code, verdict.confidence, verdict.evidence, verdict.responsible, also, rungs)


# `faulty`: there is a finding, and what lies beyond can be judged all the same
_State = Literal["ok", "unknown", "unjudged", "failed", "faulty"]


def _judged(table: Table) -> tuple[list[Finding], dict[str, _State]]:
    """All findings by rung order, and how each rung stands."""
    found: list[Finding] = []
    states: dict[str, _State] = {}
    for rung in LADDER:
        if any(states[name] == "failed" for name in rung.needs):
            states[rung.name] = "unjudged"
            continue
        results = [judge(table) for judge in rung.judges]
        faults = [result for result in results if isinstance(result, Finding)]
        found += faults
        cut = any(VERDICTS[one.code].severity == "down" for one in faults)
        states[rung.name] = "failed" if cut else "faulty" if faults else "ok" if results[0] == "ok" else "unknown"
    return found + sites.notes(table), states


def _unexplained(found: list[Finding]) -> list[Finding]:
    """Those that no other finding explains; of two that explain each other the inner one stays."""
    return [one for one in found if all(_outranks(one, other) for other in found if _explains(other, one))]


def _explains(one: Finding, other: Finding) -> bool:
    if one is other or other.code not in EXPLAINS.get(one.code, frozenset()) | one.explains:
        return False
    return not (other.answered and one.code in CUTS)


def _outranks(one: Finding, other: Finding) -> bool:
    return _explains(one, other) and _rank(one) < _rank(other)


def _rank(finding: Finding) -> tuple[int, int]:
    severity = VERDICTS[finding.code].severity
    return (_SEVERITIES.index(severity) if severity in _SEVERITIES else 0, CODES.index(finding.code))


def _result(rung: Rung, state: _State, left: list[Finding], table: Table) -> RungResult:
    own = [finding for finding in left if _RUNG_OF[finding.code] == rung.name]
    if not own:
        # a fault that another explains is beyond that one
        if state == "failed" or state == "faulty":  # noqa: PLR1714  # mypy narrows only this
            return RungResult(rung.name, "unjudged")
        return RungResult(rung.name, state, evidence=_shown(rung, table) if state == "ok" else ())
    worst = min(own, key=_rank)
    note = VERDICTS[worst.code].severity == "note"
    return RungResult(rung.name, "note" if note else "failed", worst.code, worst.evidence)


def _shown(rung: Rung, table: Table) -> tuple[Observation, ...]:
    """The observation that tells best that this rung is fine."""
    for probe, target in rung.shows:
        good = [item.seen for item in table.all(probe) if item.seen.ok and target in ("", item.seen.target)]
        if good:
            return (good[0],)
    return ()


def _no_fault(table: Table, also: tuple[Finding, ...], rungs: tuple[RungResult, ...]) -> Diagnosis:
    centre = table.center()
    told = tuple(item.seen for item in centre)
    judged = all(table.first(probe) is not None for probe in _INSIDE)
    fine = judged and any(item.seen.ok for item in centre) and not any(_holds_against(table, item) for item in centre)
    if fine:
        # pings, a connection and the broker: each that answered makes it surer
        return Diagnosis("OK", min(0.99, 0.7 + 0.1 * sum(item.seen.ok for item in centre)), told, "none", also, rungs)
    return Diagnosis("U0", 0.0, told, "none", also, rungs)


def _holds_against(table: Table, item: Evidence) -> bool:
    """A host that does not answer pings but takes connections is fine."""
    mute = item.seen.probe == "icmp" and any(other.seen.ok for other in table.center() if other is not item)
    return failing(item) and not mute


_RUNG_OF = {
    "N0": "power", "N1": "power", "A1": "power", "A2": "power",
    "L0": "link", "L1": "link", "L2": "address", "L3": "route", "L4": "gateway",
    "L5a": "isp", "L5b": "isp", "L5c": "isp", "L5d": "isp", "L6a": "isp", "L6b": "isp", "L6c": "isp", "L6d": "isp",
    "L7": "center", "B1": "broker", "B2": "broker", "B3": "broker", "B4": "broker", "B5": "broker",
    "D1": "names", "D2": "names", "P1": "portal", "I1": "internet", "I2": "internet", "M1": "mtu", "M2": "mtu",
    "Q1": "quality", "Q2": "quality", "Q3": "quality", "Q4": "quality",
    "W1": "sites", "W2": "sites", "W3": "sites", "W4": "sites", "T1": "clock",
}  # fmt: skip


def _told(seen: Observation) -> str:
    """One observation as a short line of evidence."""
    parts: dict[str, Scalar] = {"address": seen.detail.get("address"), "offender": seen.detail.get("offender")}
    extras = "".join(f" {name}={value}" for name, value in parts.items() if value)
    count = f" {seen.sent - seen.lost}/{seen.sent}" if seen.sent > 1 else ""
    return f"{seen.probe} {seen.target}: {seen.reason or Reason.NONE or 'ok'}{count}{extras}"
