"""What to do next about a node, in one sentence: by the responsible party of its verdict, or by why it is silent."""

from django.utils.translation import gettext, gettext_noop

from center.wall.words import PARTIES
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
BY_PARTY = {
    "pln": gettext_noop("Ask PLN about the supply of this site."),
    "site": gettext_noop("Have cable, switch and router at the site looked at."),
    "isp": gettext_noop("Report it to the ISP with the site and the time it began; note the ticket number."),
    "city": gettext_noop("For the city's network team: look at the box."),
    "center": gettext_noop("See to the centre's server and broker."),
    "agency": gettext_noop("Tell the agency that runs the site."),
}


def next_action(state: str, cause: str, verdict: str) -> str:
    """One sentence in the active language; empty when all is well."""
    if state in {"UP", "MAINT", "RETIRED"}:
        return ""
    known = VERDICTS.get(verdict)
    if state == "DEGRADED" and cause == "verdict" and known and known.party in BY_PARTY:
        return gettext(BY_PARTY[known.party])
    return gettext(BY_CAUSE[cause]) if cause in BY_CAUSE else ""


def party_word(verdict: str) -> str:
    """Who is responsible, in the active language; empty when nobody is."""
    known = VERDICTS.get(verdict)
    return gettext(PARTIES[known.party]) if known and PARTIES[known.party] else ""
