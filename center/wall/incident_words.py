"""An incident in words for screens, in every language; no name of a person, and of a ticket its number alone."""

import re
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from center.core.wall_incidents import COMPLAINTS, IncidentRow
from center.wall.words import PARTIES, SiteName, what_words, where_words

MEMBERS_NAMED = 12
_TICKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_#-]{0,23}")
CENTRE = gettext_noop("The centre itself")
DESK = gettext_noop("The complaints desk")
CAUSES = {
    "line": gettext_noop("ISP link down"),
    "feeder": gettext_noop("Power seems to be out"),
    "area": gettext_noop("Out of reach together"),
    "core": gettext_noop("City core out of reach"),
    "flapping": gettext_noop("Comes and goes"),
    "clone": gettext_noop("One identity, two boxes"),
    "integrity": gettext_noop("Records are missing"),
    "certificate": gettext_noop("Certificate about to end"),
    "degraded": gettext_noop("Impaired"),
    "channel": gettext_noop("Alert channel fails"),
    "overdue": gettext_noop("Complaints overdue"),
    "late": gettext_noop("Complaints overdue"),
    "soon": gettext_noop("Complaints due soon"),
    "urgent": gettext_noop("Urgent complaint unread"),
}
"""By the incident's cause, or its kind where it has none; other causes are those of nodes."""


def incident_words(
    one: IncidentRow, names: dict[str, SiteName], sites: dict[str, str], upstreams: dict[str, str]
) -> dict[str, Any]:
    """What pages receive: texts per language, the rest language-free. `sites`: node -> site; `upstreams`: code -> name.

    `where` is the upstream's or the site's name, `who` how many sites are taken along ("" for one alone).
    """
    members = tuple(sorted({sites.get(node, node) for node in one.nodes}))
    texts: dict[str, dict[str, str]] = {"where": {}, "who": {}, "what": {}, "party": {}}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            texts["where"][language] = _where(one, members, names, sites, upstreams)
            texts["who"][language] = where_words(members, names) if one.kind == "parent" and members else ""
            texts["what"][language] = _what(one.cause or one.kind)
            party = PARTIES.get(one.party, "")
            texts["party"][language] = gettext(party) if party else ""
    return {
        "id": one.id,
        "kind": one.kind,
        "fill": one.fill,
        "severity": one.severity,
        "calls": one.calls,
        "acknowledged": one.acknowledged,
        "since": one.started_ms,
        "opened": one.opened_ms,
        "until": one.resolved_ms,
        "count": len(members),
        "members": [names[site].display if site in names else site for site in members[:MEMBERS_NAMED]],
        "ticket": ticket_number(one.ticket),
        "ticketed": one.party == "isp",
        **texts,
    }


def ticket_number(ticket: str) -> str:
    """The part of a ticket that is a number: whatever else was typed there is for the desk, not for a wall."""
    words = [word for word in ticket.split() if any(sign.isdigit() for sign in word)]
    found = _TICKET.match(words[0]) if words else None
    return found[0] if found else ""


def _what(cause: str) -> str:
    return gettext(CAUSES[cause]) if cause in CAUSES else what_words(cause)


def _where(
    one: IncidentRow,
    members: tuple[str, ...],
    names: dict[str, SiteName],
    sites: dict[str, str],
    upstreams: dict[str, str],
) -> str:
    if one.kind == "blind":
        return gettext(CENTRE)
    if one.kind in COMPLAINTS and not one.subject:
        return gettext(DESK)
    if one.kind == "parent":
        return upstreams.get(one.subject, one.subject)
    if one.kind == "channel":
        return one.subject
    return where_words(members or (sites.get(one.subject, one.subject),), names)
