"""What can have caused an outage, whose matter it is, and how its seconds count. Data, and two questions to it.

Besides the verdicts of the nodes (`wire.verdicts`) there are three words of the centre's own:

* planned: the agent was stopped in an orderly way;
* restart: the box or its agent restarted, and nothing proves why;
* silent: the node was not heard, and nobody knows why (yet).

Seconds count as `down`; as `up` where the line was good and only the centre's broker was not; as `unknown` where the
centre's host itself was not to be reached: then nobody can say how the line was.
"""

from dataclasses import dataclass

from wire.verdicts import VERDICTS

PLANNED = "planned"
RESTART = "restart"
SILENT = "silent"
INCONCLUSIVE = "U0"
POWER = "N0"
CRASH = "A1"
RESET = "A2"
OWN = (PLANNED, RESTART, SILENT)
PARTIES = ("none", "pln", "site", "isp", "city", "center", "agency")


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause as it is stored with an outage."""

    code: str
    party: str
    counts: str


def counts_as(code: str, party: str) -> str:
    """`down`, `up` or `unknown`: how the seconds of an outage of this cause and party count."""
    if party != "center":
        return "down"
    return "up" if code.startswith("B") else "unknown"


CAUSES: dict[str, Cause] = {
    **{code: Cause(code, "none", "down") for code in OWN},
    **{one.code: Cause(one.code, one.party, counts_as(one.code, one.party)) for one in VERDICTS.values()},
}
CENTER_FAULTS = frozenset(code for code, cause in CAUSES.items() if cause.party == "center")


def told_cause(code: str, party: str = "") -> Cause:
    """The cause of an outage the node itself has named. `party`: its word where it is not the code's own.

    A node that tells of an outage and names no fault has not concluded anything. A code of a newer agent stands as it
    is, with the party the node says.
    """
    if code in ("OK", ""):
        code = INCONCLUSIVE
    known = CAUSES.get(code)
    whose = party if party in PARTIES else known.party if known is not None else "none"
    return Cause(code, whose, counts_as(code, whose))


def is_explained(code: str) -> bool:
    """Whether this names a reason, rather than that there is none."""
    return code not in (RESTART, SILENT, INCONCLUSIVE)
