"""Incidents, screens and notices for the tests of the wall: real rows, as the worker and the pages leave them."""

from collections.abc import Sequence
from typing import Any

from tests.support.wall_city import now_ms

MINUTE_MS = 60_000
FONTS_LOADED = """() => document.fonts.status === 'loaded'
  && [...document.fonts].filter(face => face.status === 'loaded').length === 2"""
"""The wall's two; until they have come, its texts stand in wider ones of the system."""


def add_incident(kind: str, subject: str, nodes: Sequence[str], ago_min: float = 0, **fields: Any) -> int:
    """An incident with its members, and the change live pages look for; its id."""
    from center.ingest.changes import record_change
    from center.operations.models import Incident, IncidentMember

    started = now_ms() - int(ago_min * MINUTE_MS)
    values = {"severity": "critical", "cause": "silent", "started_ms": started, "opened_ms": started, **fields}
    incident = Incident.objects.create(kind=kind, subject=subject, **values)
    for node in nodes:
        IncidentMember.objects.create(
            incident=incident, node=node, joined_ms=started, left_ms=values.get("resolved_ms")
        )
    record_change("incident", str(incident.pk))
    return int(incident.pk)


def change_incident(key: int, **fields: Any) -> None:
    """What people and the worker do to it."""
    from center.ingest.changes import record_change
    from center.operations.models import Incident

    Incident.objects.filter(pk=key).update(**fields)
    record_change("incident", str(key))


def add_line(code: str = "line-utara", name: str = "Tautan ISP utara") -> str:
    """An ISP's link."""
    from center.sites.models import Upstream

    Upstream.objects.get_or_create(code=code, defaults={"name": name, "kind": "line"})
    return code


def add_screen(name: str = "lobi", kind: str = "wall", networks: str = "127.0.0.0/8", **fields: Any) -> str:
    """A screen; its token."""
    from center.wall.displays import add_display

    return add_display(name, kind, networks, by="admin", **fields)[1]


def add_notice(title: str = "Pelayanan tutup", text: str = "Jumat pukul 11.30.", lasts_min: float = 60) -> int:
    """A notice that is shown now; its id."""
    from center.wall.models import PublicNotice

    now = now_ms()
    until = now + int(lasts_min * MINUTE_MS)
    return int(
        PublicNotice.objects.create(
            title=title, text=text, from_ms=now - 1000, until_ms=until, by="operator", made_ms=now
        ).pk
    )
