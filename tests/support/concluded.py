"""What the centre would have concluded: outages, days, incidents, published months, and what sites hang on."""

import json
from collections.abc import Sequence
from typing import Any

from tests.support.wall_city import now_ms


def add_outage(node: str, ago_min: float = 60, lasted_min: float | None = 10, **fields: Any) -> int:
    """One concluded outage, its bounds exact; `lasted_min` None: it lasts. Its number."""
    from center.availability.models import Outage

    start = now_ms() - int(ago_min * 60_000)
    end = None if lasted_min is None else start + int(lasted_min * 60_000)
    values = {
        "start_lo_ms": start, "start_hi_ms": start, "end_lo_ms": end, "end_hi_ms": end, "cause": "L5b", "party": "isp",
        "opened_ms": start + 90_000, "changed_ms": start + 90_000,
    }  # fmt: skip
    return int(Outage.objects.create(node=node, **{**values, **fields}).pk)


def add_incident(kind: str, subject: str, nodes: Sequence[str], ago_min: float = 60, **fields: Any) -> int:
    """One open incident with its members; its number."""
    from center.operations.models import Incident, IncidentEntry, IncidentMember

    at = now_ms() - int(ago_min * 60_000)
    values = {"severity": "critical", "cause": "lost", "party": "isp", "started_ms": at - 90_000, "opened_ms": at}
    row = Incident.objects.create(kind=kind, subject=subject, **{**values, **fields})
    IncidentEntry.objects.create(incident=row, at_ms=at, kind="opened")
    for node in nodes:
        IncidentMember.objects.create(incident=row, node=node, joined_ms=at)
    return int(row.pk)


def add_days(node: str, days: Sequence[int], **seconds: int) -> None:
    """Days with the same seconds each; what is not said is up, by the whole day."""
    from center.availability.models import Day

    values = {"down_s": 0, "maintenance_s": 0, "unknown_s": 0, "isp_down_s": 0, "isp_excluded_s": 0, "isp_unknown_s": 0}
    values |= {name: value for name, value in seconds.items() if name in values}
    rest = 86_400 - values["down_s"] - values["maintenance_s"] - values["unknown_s"]
    isp = 86_400 - values["isp_down_s"] - values["isp_excluded_s"] - values["isp_unknown_s"]
    causes = json.dumps({"L5b": values["down_s"]} if values["down_s"] else {})
    for day in days:
        Day.objects.create(node=node, day=day, **{"up_s": rest, "isp_up_s": isp, **values, **seconds}, causes=causes)


def add_month(month: int, version: int = 1, document: object = None) -> int:
    """One published month."""
    from center.reports.models import FrozenMonth

    FrozenMonth.objects.create(
        month=month, version=version, frozen_ms=now_ms(), by="admin", digest="0" * 64, signature="c2ln",
        document=json.dumps(document or {"month": month}),
    )  # fmt: skip
    return month


def publish(month: int) -> int:
    """A month frozen as people freeze it, from the rows that are there."""
    from center.reports.frozen import freeze

    freeze(month, "admin")
    return month


def add_line(code: str, provider: str, sites: Sequence[str], promised_pct: float = 99.5) -> None:
    """An ISP's line, its provider, and the sites that hang on it."""
    from center.sites.models import Link, Provider, Site, Upstream, UpstreamKind

    isp, _made = Provider.objects.get_or_create(
        code=provider, defaults={"name": provider.title(), "promised_pct": promised_pct}
    )
    upstream = Upstream.objects.create(code=code, name=f"Line {code}", kind=UpstreamKind.LINE, provider=isp)
    for site in sites:
        Link.objects.create(site=Site.objects.get(pk=site), upstream=upstream, circuit=f"SRG-{site[-4:]}")
