"""The ladder as a page shows it: every rung in order, which one failed, and what lies beyond it unjudged. Pure.

1. What the node says about its rungs stands, as far as this version knows the rungs; rungs it does not mention are
   unjudged, rungs of a newer agent come last.
2. A verdict without rungs (an older agent, or a report that came before its event) is read by how the ladder is
   judged: from the inside out, so what lies inside the fault has passed and what lies outside is unjudged.
3. A fault named in `also` marks its rung where that would look sound or unjudged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wire.verdicts import RUNGS, VERDICTS

STATES = ("ok", "failed", "note", "unknown", "unjudged")
_RUNG_OF_LETTER = {
    "N": "power", "B": "broker", "D": "names", "P": "portal", "I": "internet", "M": "mtu", "Q": "quality", "W": "sites",
    "T": "clock",
}  # fmt: skip
_RUNG_OF_LINE = ("link", "link", "address", "route", "gateway", "isp", "isp", "center")
"""By the digit of an L code."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung: its state (one of STATES) and the verdict it carries; `named`: this is where the verdict lies."""

    name: str
    state: str
    code: str = ""
    named: bool = False


def rung_of(code: str) -> str:
    """The rung on which a verdict lies; empty for those that lie on none (OK, U0, A1, A2, newer codes)."""
    if code not in VERDICTS:
        return ""
    if code.startswith("L"):
        return _RUNG_OF_LINE[int(code[1])]
    return _RUNG_OF_LETTER.get(code[0], "")


def ladder(code: str, told: Sequence[tuple[str, str, str]] = (), also: Iterable[str] = ()) -> list[Rung]:
    """The rungs of a verdict; `told` are the node's own as (name, state, code)."""
    named = rung_of(code)
    rungs = _told(told, named) if told else _read(code, named)
    if named and not any(rung.name == named and rung.state in ("failed", "note") for rung in rungs):
        rungs = [Rung(named, "failed", code, named=True) if rung.name == named else rung for rung in rungs]
    for other in also:
        place = rung_of(other)
        rungs = [_marked(rung, other) if rung.name == place else rung for rung in rungs]
    return rungs


def _told(told: Sequence[tuple[str, str, str]], named: str) -> list[Rung]:
    by_name = {
        name: Rung(name, state if state in STATES else "unknown", code, named=name == named)
        for name, state, code in told
    }
    known = [by_name.pop(name, Rung(name, "unjudged")) for name in RUNGS]
    return [*known, *by_name.values()]


def _read(code: str, named: str) -> list[Rung]:
    if not named:
        return [Rung(name, "ok" if code == "OK" else "unknown") for name in RUNGS]
    rungs, beyond = [], False
    for name in RUNGS:
        here = name == named
        rungs.append(Rung(name, "unjudged" if beyond else "ok", named=here))
        beyond = beyond or here
    return rungs


def _marked(rung: Rung, code: str) -> Rung:
    if rung.state in ("failed", "note"):
        return rung
    severe = VERDICTS[code].severity in ("down", "degraded")
    return Rung(rung.name, "failed" if severe else "note", code, named=False)
