"""Complaints as the queue and their pages show them: names instead of codes, and how long is left. Never content."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from center.complaints.deadlines import calendar
from center.complaints.models import Complaint
from center.core.complaint_cycle import BY_NAME, WAITING
from center.core.complaint_deadlines import CITYS, days_late
from center.core.working_days import Calendar
from center.sites.models import Site
from center.wall.words import SiteName, site_names
from center.web.advice import language
from center.web.words import word
from wire.subjects import BY_CODE

SOON_DAYS = 1
"""Working days before a due date at which it stands out."""


@dataclass(frozen=True, slots=True)
class Due:
    """By when something is owed: `state` late, soon or time; `words` says it, so that colour is never alone.

    `last_ms` is a moment of the last day; `citys`: the city owes it, else the citizen's time runs.
    """

    last_ms: int
    citys: bool
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One complaint in words. `about`: the kelurahan it is about where that is another place than it was filed at."""

    complaint: Complaint
    place: str
    about: str
    agency: str
    subject: str
    due: Due | None
    reasons: tuple[str, ...]

    @property
    def waits(self) -> bool:
        """Whether something is still to be done."""
        return self.complaint.status in WAITING

    @property
    def ended(self) -> bool:
        """Whether nothing more is to be done."""
        return BY_NAME[self.complaint.status].ended

    @property
    def kind(self) -> str:
        """The class that counts: the officer's, else the suggestion."""
        return self.complaint.corrected_class or self.complaint.classification

    @property
    def asked(self) -> bool:
        """Whether the citizen was asked for more and has not answered."""
        return self.complaint.asked_ms is not None and self.waits

    @property
    def next(self) -> str:
        """The key of what is to be done next."""
        if self.ended:
            return "ended"
        return "asked" if self.asked else self.complaint.status


def rows_of(complaints: Iterable[Complaint], now: int) -> list[Row]:
    """The complaints in words, in their order; names are asked for once."""
    names, working = all_names(), calendar()
    return [row_of(one, names, working, now) for one in complaints]


def all_names() -> dict[str, SiteName]:
    """Every site's name by its code."""
    return site_names(Site.objects.values_list("code", "name", "short_name", "kind", "kecamatan"))


def name_of(names: dict[str, SiteName], code: str) -> str:
    """What people call a site; its code where there is no such site (any more)."""
    return names[code].display if code in names else code


def subject_word(code: str) -> str:
    """What the kiosk's button says; a subject of a newer kiosk as it is."""
    known = BY_CODE.get(code)
    if known is None:
        return code
    return known.label_en if language() == "en" else known.label_id


def due_of(complaint: Complaint, now: int, working: Calendar) -> Due | None:
    """How long is left, in working days; None where no term runs."""
    if complaint.due_ms is None or BY_NAME[complaint.status].ended:
        return None
    last_ms, citys = complaint.due_ms - 1, complaint.due_for in CITYS
    if now >= complaint.due_ms:
        days = days_late(complaint.due_ms, now, working)
        words = ngettext("%(days)d working day late", "%(days)d working days late", days) % {"days": days}
        return Due(last_ms, citys, "late" if citys else "time", words if days else _("its time is over"))
    days = working.between(now, last_ms)
    words = ngettext("%(days)d working day left", "%(days)d working days left", days) % {"days": days}
    state = "soon" if citys and days <= SOON_DAYS else "time"
    return Due(last_ms, citys, state, words if days else _("today is the last day"))


def reasons_of(complaint: Complaint) -> tuple[str, ...]:
    """Why the kiosk thinks it is what it suggests, in words."""
    try:
        found = json.loads(complaint.reasons)
    except ValueError:
        return ()
    return tuple(word("rule", one) for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def may_see_identity(user: Any, complaint: Complaint) -> bool:
    """Whether name and contact may be shown: a confidential one's to the desk alone."""
    return complaint.identity != "confidential" or bool(user.has_perm("complaints.identity_complaint"))


def row_of(complaint: Complaint, names: dict[str, SiteName], working: Calendar, now: int) -> Row:
    """One complaint in words."""
    place = name_of(names, complaint.place) if complaint.place else ""
    about = name_of(names, complaint.area) if complaint.area and complaint.area != complaint.place else ""
    agency = name_of(names, complaint.agency) if complaint.agency else ""
    return Row(complaint, place, about, agency, subject_word(complaint.subject), due_of(complaint, now, working),
               reasons_of(complaint))  # fmt: skip
