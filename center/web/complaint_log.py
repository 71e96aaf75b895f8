"""A complaint's log in words, and the complaints that belong to it."""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from center.accounts.reach import of_complaints
from center.complaints.log import WORDS
from center.complaints.models import Complaint, Event
from center.wall.words import SiteName
from center.web.complaint_rows import name_of
from center.web.templatetags.sandi import local_moment
from center.web.words import word

ENDS = {"closed": "reason", "class": "class", "opened": "shown", "exported": "shown"}
"""Kinds whose `about` is a code with a word of its own, and the table it stands in."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry: when, what, who ("" for Sandi itself), about what, and the words people wrote. `told`: the citizen
    reads them too. `other`: another complaint that is meant, with its page."""

    at_ms: int
    kind: str
    who: str
    about: str
    text: str
    told: bool
    other: Complaint | None


@dataclass(frozen=True, slots=True)
class Related:
    """Another complaint and how it belongs: follows, added, original or duplicate."""

    how: str
    complaint: Complaint


def lines_of(complaint: Complaint, user: Any, names: dict[str, SiteName], *, with_words: bool) -> list[Line]:
    """The log, newest first. `with_words`: what people wrote is read by whoever works on the complaint alone."""
    events = list(complaint.events.order_by("-id"))
    meant = {event.about for event in events if event.kind == "added"}
    others = {one.pk: one for one in of_complaints(Complaint.objects.filter(pk__in=meant), user)}
    return [
        Line(
            event.at_ms,
            event.kind,
            name_of(names, event.actor),
            _about(event, names),
            event.detail if with_words and event.kind in WORDS else "",
            event.kind != "note",
            others.get(event.about),
        )
        for event in events
    ]


def related_to(complaint: Complaint, user: Any) -> list[Related]:
    """What belongs to a complaint, within the reach of whoever looks."""
    rows = of_complaints(Complaint.objects.exclude(pk=complaint.pk), user)
    found: list[Related] = []
    if complaint.follows:
        found += [Related("follows", one) for one in rows.filter(pk=complaint.follows)]
    found += [Related("added", one) for one in rows.filter(follows=complaint.pk).order_by("received_ms", "pk")]
    if complaint.duplicate_of:
        found += [Related("original", one) for one in rows.filter(pk=complaint.duplicate_of)]
    found += [Related("duplicate", one) for one in rows.filter(duplicate_of=complaint.pk).order_by("received_ms", "pk")]
    return found


def _about(event: Event, names: dict[str, SiteName]) -> str:
    if event.kind in ENDS:
        return word(ENDS[event.kind], event.about) if event.about else ""
    if event.kind == "routed":
        return name_of(names, event.about)
    if event.kind == "held" and event.about.isdigit():
        local = local_moment(int(event.about) - 1)
        return "" if local is None else _("until %(day)s") % {"day": date_format(local, "j M Y")}
    if event.kind in {"received", "entered"}:
        # The channel: `about`, or what entries from before that column was there say in its place.
        return word("channel", event.about or event.detail)
    if event.kind == "status":
        return word("status", event.status)
    return ""
