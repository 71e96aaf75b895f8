"""A word to one site's own people (an agency that was given a complaint), outside of any incident.

It goes by the routes that are for sites' people, and by those that name complaints (`kinds`) and this site. No incident
stands behind it: nobody acknowledges it and nothing takes it back.
"""

import time
from collections.abc import Iterator

from center.alerts.routes import load_routes
from center.core.alert_words import column
from center.core.routing import speaks_at
from center.core.routing_facts import RouteFacts, rank
from center.ingest.database import execute, select

KIND = "complaint"
_PUT = (
    "INSERT INTO alerts_delivery (key, incident, route, channel, address, what, severity, text, made_ms, due_ms, "
    "state, claimed_by, attempts, uncertain, error) "
    "VALUES (%s, NULL, %s, %s, %s, %s, %s, %s, %s, %s, 'waiting', '', 0, %s, '') ON CONFLICT (key) DO NOTHING"
)


def tell_site(site: str, key: str, texts: tuple[str, str], *, severity: str) -> int:
    """Queue `texts` (Indonesian, English) to everybody whom the routes name; how many messages that are.

    In the caller's transaction. `key` names this piece of news: told again under the same key it changes nothing.
    """
    rows = select("SELECT kecamatan FROM sites_site WHERE code = %s", (site,))
    kecamatan = str(rows[0][0]) if rows else ""
    now_ms = time.time_ns() // 1_000_000
    made = 0
    for route in load_routes((site,)):
        if not _asks(route, site, kecamatan, severity):
            continue
        for address in _addresses(route, site):
            due_ms = speaks_at(route, severity, now_ms + route.after_ms)
            made += execute(
                _PUT,
                (f"{key}.{route.id}.{address}", route.id, route.channel, address, KIND, severity,
                 texts[column(route.language)], now_ms, due_ms, False),
            )  # fmt: skip
    return made


def _asks(route: RouteFacts, site: str, kecamatan: str, severity: str) -> bool:
    """Whether a route is for such a message: its kinds say so, or it is for sites' people and says nothing of kinds."""
    of_kind = KIND in route.kinds or (not route.kinds and route.people is not None)
    return (
        of_kind
        and not route.level
        and not route.stateful
        and rank(severity) >= rank(route.least_severity)
        and (not route.sites or site in route.sites)
        and (not route.kecamatan or kecamatan in route.kecamatan)
    )


def _addresses(route: RouteFacts, site: str) -> Iterator[str]:
    if route.people is None:
        yield ""
    else:
        yield from route.people.get(site, ())
