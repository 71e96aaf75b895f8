"""What a report says of the services: complaints, requests for information (PPID), the satisfaction survey,
participation, and how fresh the public sites are. Counts only."""

from typing import Any

from django.db.models import Count

from center.complaints.models import Complaint
from center.core.facts import Span
from center.publicsites.reading import read_sites
from center.reports.answering import Voice, information, of_people, voices
from center.sites.models import Site
from center.survey.reading import survey_rows

IN_TIME_MS = 5 * 24 * 3_600_000
"""Answered within five days counts as in time."""


def services(window: Span) -> dict[str, Any]:
    """The sections for [start, end). Nothing in them names a citizen."""
    found = voices(window)
    asked = information(found)
    return {
        "complaints": _complaints(of_people(found)),
        "information": [asked] if asked["received"] else [],
        "survey": survey_rows(window),
        "participation": _participation(window),
        "freshness": _freshness(window.end_ms),
    }


def _complaints(found: list[Voice]) -> list[dict[str, Any]]:
    """By category, of those received: how many were answered, how many of these in time, and what is over without."""
    rows: dict[str, dict[str, int]] = {}
    for one in found:
        row = rows.setdefault(one.category, {"received": 0, "answered": 0, "in_time": 0, "open": 0, "ended": 0})
        row["received"] += 1
        row["open"] += one.waits
        row["ended"] += one.ended_unanswered
        if one.answered_ms is not None:
            row["answered"] += 1
            row["in_time"] += one.answered_ms - one.received_ms <= IN_TIME_MS
    return [{"key": category, **row} for category, row in sorted(rows.items())]


def _participation(window: Span) -> list[dict[str, Any]]:
    """Complaints by the kelurahan they were filed in, silent ones included: those are the news."""
    counts = dict(
        Complaint.objects.filter(received_ms__gte=window.start_ms, received_ms__lt=window.end_ms)
        .values_list("place")
        .annotate(count=Count("pk"))
    )
    sites = Site.objects.filter(kind="kel").order_by("code")
    return [{"key": site.code, "name": site.display_name, "received": counts.get(site.code, 0)} for site in sites]


def _freshness(now_ms: int) -> list[dict[str, Any]]:
    return [
        {
            "key": row.name,
            "state": row.state,
            "fresh_date": row.fresh_date.isoformat() if row.fresh_date else None,
            "age_days": row.fresh_days,
            "stale": row.stale,
        }
        for row in sorted(read_sites(now_ms), key=lambda row: row.name.casefold())
    ]
