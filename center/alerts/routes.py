"""Routes, channels and sites' people out of the tables, as `center.core.routing` reasons about them."""

import json
from collections.abc import Iterable, Mapping

from center.alerts.addresses import reachable
from center.alerts.weekly import hours_or_none
from center.core.routing_facts import RouteFacts
from center.ingest.database import select

STATEFUL_KINDS = frozenset({"siren"})
"""Channels that show a state instead of saying a sentence."""
_MINUTE_MS = 60_000


def load_routes(sites: Iterable[str]) -> tuple[RouteFacts, ...]:
    """Every enabled route of an enabled channel; `sites`: those of the incident, whose people may be asked for."""
    rows = select(
        "SELECT r.id, c.name, c.kind, r.kinds, r.parties, r.sites, r.kecamatan, r.least_severity, r.hours, "
        "r.quiet_hours, r.quiet_severity, r.level, r.after_min, r.to_site, c.language "
        "FROM alerts_route r JOIN alerts_channel c ON c.name = r.channel_id "
        "WHERE r.enabled = %s AND c.enabled = %s ORDER BY r.id",
        (True, True),
    )
    codes = tuple(sites)
    people = {kind: _people(kind, codes) for kind in {row[2] for row in rows if row[13]}}
    return tuple(
        RouteFacts(
            id=row[0],
            channel=row[1],
            kinds=_words(row[3]),
            parties=_words(row[4]),
            sites=_words(row[5]),
            kecamatan=_words(row[6]),
            least_severity=row[7],
            hours=hours_or_none(row[8]),
            quiet=hours_or_none(row[9]),
            quiet_severity=row[10],
            level=row[11],
            after_ms=row[12] * _MINUTE_MS,
            people=people[row[2]] if row[13] else None,
            stateful=row[2] in STATEFUL_KINDS,
            language=row[14],
        )
        for row in rows
    )


def language_of(channel: str) -> str:
    """In which language this channel is spoken to; Indonesian for one that is gone."""
    rows = select("SELECT language FROM alerts_channel WHERE name = %s", (channel,))
    return str(rows[0][0]) if rows else "id"


def site_names() -> dict[str, str]:
    """What sites are called in messages: with the kecamatan where two share a name (there are two Sukawana)."""
    rows = select("SELECT code, COALESCE(NULLIF(short_name, ''), name), kecamatan FROM sites_site")
    seen: dict[str, int] = {}
    for _code, name, _kecamatan in rows:
        seen[name] = seen.get(name, 0) + 1
    return {code: f"{name} ({kecamatan})" if seen[name] > 1 and kecamatan else name for code, name, kecamatan in rows}


def _people(kind: str, sites: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Site -> "person:ID" of everybody there whom a channel of this kind reaches."""
    if not sites:
        return {}
    marks = ", ".join(["%s"] * len(sites))
    rows = select(
        "SELECT id, site_id, message_to, email, phone FROM sites_person "  # noqa: S608 - marks alone
        f'WHERE site_id IN ({marks}) ORDER BY "order", id',
        sites,
    )
    found: dict[str, list[str]] = {}
    for person, site, message_to, email, phone in rows:
        if reachable(kind, message_to, email, phone):
            found.setdefault(site, []).append(f"person:{person}")
    return {site: tuple(addresses) for site, addresses in found.items()}


def _words(text: str) -> frozenset[str]:
    """A JSON list of words; what is no such list filters nothing: rather told too much than too little."""
    try:
        values = json.loads(text or "[]")
    except ValueError:
        return frozenset()
    return frozenset(one for one in values if isinstance(one, str)) if isinstance(values, list) else frozenset()
