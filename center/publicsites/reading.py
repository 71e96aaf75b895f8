"""The looks of all nodes as rows of `center.core.public_sites`, read for pages and programs."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from center.core.public_sites import LookRow, SiteRow, site_rows
from center.publicsites.models import Look
from center.sites.models import Node


def read_sites(now_ms: int, nodes: set[str] | None = None) -> list[SiteRow]:
    """Every public site that is watched, judged at `now_ms`; days are those of the city. A retired box has no say.

    `nodes`: only what these have seen counts, and is shown; None: all.
    """
    today = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(settings.TIME_ZONE)).date()
    looks = Look.objects.exclude(node__in=Node.objects.filter(retired=True).values("id"))
    if nodes is not None:
        looks = looks.filter(node__in=nodes)
    return site_rows((_row(look) for look in looks), now_ms, today)


def _row(look: Look) -> LookRow:
    return LookRow(
        look.node,
        look.site,
        look.ok,
        look.reason,
        look.at_ms,
        look.received_ms,
        look.since_ms,
        look.total_ms,
        json.loads(look.detail),
    )
