"""Which document a request means: a month as published, a month as it stands, or one day."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Min
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from center.availability.models import Day
from center.core import days as calendar
from center.reports.build import month_document, period_document
from center.reports.frozen import Version, published


@dataclass(frozen=True, slots=True)
class Shown:
    """A document to show, and which version of the month it is; 0: it is not frozen, and may change."""

    document: dict[str, Any]
    version: int
    digest: str = ""


def month_shown(
    month: int, now_ms: int, within: Collection[str] | None = None, version: int | None = None
) -> Shown | None:
    """The newest published version (or the one asked for), else the month as it stands; None: no such version.

    Whoever sees only some nodes gets the month as it stands: a published document is the whole city's.
    """
    versions: list[Version] = published(month) if within is None else []
    if version is not None:
        versions = [one for one in versions if one.version == version]
        if not versions:
            return None
    if versions:
        newest = versions[-1]
        return Shown(newest.document, newest.version, newest.digest)
    return Shown(month_document(month, now_ms, within), 0)


def day_shown(day: int, now_ms: int, within: Collection[str] | None = None) -> Shown:
    """One day as it stands."""
    return Shown(period_document(day, day, now_ms, within), 0)


def months_known() -> list[int]:
    """Every month there is a second of, the newest first."""
    found = Day.objects.aggregate(first=Min("day"), last=Max("day"))
    if found["first"] is None:
        return []
    return sorted({calendar.month_of(day) for day in calendar.days(found["first"], found["last"])}, reverse=True)


def month_title(month: int) -> str:
    """ "Availability, November 2026" in the active language."""
    return _("Availability, %(month)s") % {"month": month_name(month)}


def month_name(month: int) -> str:
    """November 2026."""
    return date_format(calendar.date_of(month * 100 + 1), "F Y")


def day_title(day: int) -> str:
    """ "Availability, 23 Nov 2026"."""
    return _("Availability, %(day)s") % {"day": date_format(calendar.date_of(day), "j F Y")}
