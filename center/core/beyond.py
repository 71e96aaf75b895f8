"""Which of a node's words speak of what lies beyond its gateway: from there the centre's own cut looks alike. Pure."""

from center.core.causes import INCONCLUSIVE, told_cause
from center.core.facts import ToldOutage, ToldStep
from wire.verdicts import LADDER, VERDICTS

CENTER = "L7"
"""The node's word that the centre's host answers nobody."""
_LOCAL = frozenset(LADDER[: LADDER.index("L5d")]) - {"OK"}
"""What a node proves without an answer from beyond its gateway."""


def is_beyond_code(code: str, party: str) -> bool:
    """Whether whoever was found to be at fault lies beyond the gateway, and is not already the centre."""
    return party in ("isp", "none") and code not in _LOCAL


def is_beyond_step(step: ToldStep) -> bool:
    """The same of one finding."""
    whose = told_cause(step.code, step.party)
    return is_beyond_code(whose.code, whose.party)


def is_pause(step: ToldStep) -> bool:
    """Whether the line worked meanwhile, as `center.core.told_steps` has it."""
    known = VERDICTS.get(step.code)
    return known is not None and known.severity != "down" and step.code != INCONCLUSIVE


def is_beyond_word(outage: ToldOutage) -> bool:
    """Whether all that was found of it is beyond the gateway, the centre's host included."""
    whose = told_cause(outage.code, outage.party)
    found = [step for step in outage.steps if not is_pause(step)]
    if not found:
        return whose.code == CENTER or is_beyond_code(whose.code, whose.party)
    return all(told_cause(step.code, step.party).code == CENTER or is_beyond_step(step) for step in found)
