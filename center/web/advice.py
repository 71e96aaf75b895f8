"""What to do next about a node, in one sentence: its verdict's own next action, or what to do about its silence."""

from django.utils.translation import get_language, gettext, gettext_noop

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


def next_action(state: str, cause: str, verdict: str) -> str:
    """One sentence in the active language; empty when all is well."""
    if state in {"UP", "MAINT", "RETIRED"}:
        return ""
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
