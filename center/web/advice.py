"""What to do next about a node, in one sentence: its verdict's own next action, or what to do about its silence."""

from django.utils.translation import get_language, gettext, gettext_noop

from center.wall.words import PARTIES
from center.web.incident_words import INCIDENT_NEXT
from wire.verdicts import VERDICTS

BY_CAUSE = {
    "never_seen": gettext_noop("Switch the box on with its credentials installed; on the box: sandi status"),
    "lost": gettext_noop("Call the site: is there power, do the router's lamps burn? On the box: sandi status"),
    "silent": gettext_noop("Call the site: is there power, do the router's lamps burn? On the box: sandi status"),
    "planned": gettext_noop("Nothing to do if the switch-off was meant; otherwise ask the site to switch it on."),
    "blind": gettext_noop("See to the centre first: ingest does not receive. Nothing can be said about this node."),
    "no_report": gettext_noop("The line works, the measuring does not. On the box: sandi status"),
    "warnings": gettext_noop("Read the warnings below; they say what the box is short of."),
}
BY_PARTY = {"isp": INCIDENT_NEXT["line"], "pln": INCIDENT_NEXT["feeder"]}
"""Of a silent node whose outage the centre has concluded to be theirs: nobody at the site can do anything then."""


def next_action(state: str, cause: str, verdict: str, party: str = "") -> str:
    """One sentence in the active language; empty when all is well. `party`: whose the outage is that lasts, if any."""
    if state in {"UP", "MAINT", "RETIRED"}:
        return ""
    if state in {"DOWN", "UNREACHABLE"} and party in BY_PARTY:
        return gettext(BY_PARTY[party])
    known = VERDICTS.get(verdict)
    if state == "DEGRADED" and cause == "verdict" and known:
        return known.action(language())
    return gettext(BY_CAUSE[cause]) if cause in BY_CAUSE else ""


def party_of(verdict: str) -> str:
    """Who is responsible by the verdict's own row; "none" for codes of newer agents."""
    known = VERDICTS.get(verdict)
    return known.party if known else "none"


def party_word(party: str) -> str:
    """A responsible party in the active language; empty when nobody is."""
    word = PARTIES.get(party, "")
    return gettext(word) if word else ""


def language() -> str:
    """`id` or `en`: the active language as the wire's own texts name it."""
    return "en" if (get_language() or "id").startswith("en") else "id"
