"""A request as other systems see it: never what was typed, and nothing finer than a kelurahan.

What the city answered is told to the system that handed the request over, for the citizen it speaks for.
"""

from collections.abc import Collection, Iterable
from datetime import timedelta, timezone
from typing import Final

from center.accounts.tokens import Program
from center.complaints.log import TOLD
from center.complaints.models import Complaint, Event
from center.core.complaint_cycle import ENDED
from center.open311.asking import CLOSED, OPEN
from center.open311.markup import Node
from center.open311.moments import write_moment
from center.open311.places import NOWHERE, Area, areas
from center.open311.services import name_of
from center.open311.terms import CHANNEL, OTHER
from center.sites.models import Site
from center.web.words import word

ZONE: Final = timezone(timedelta(hours=7))
"""WIB; Asia/Jakarta has known no other since 1964."""
BEGINNINGS: Final = ("received", "entered")
"""The log's first entry of what was handed over, by whoever did."""


def rows(complaints: Collection[Complaint], program: Program, language: str) -> list[Node]:
    """These requests, in the order given."""
    here = areas({area_code(one) for one in complaints})
    agencies = dict(Site.objects.filter(code__in={one.agency for one in complaints}).values_list("code", "name"))
    told = _told([one for one in complaints if one.channel == CHANNEL], program)
    return [
        _row(one, here.get(area_code(one), NOWHERE), agencies.get(one.agency), told.get(one.pk, ""), language)
        for one in complaints
    ]


def area_code(complaint: Complaint) -> str:
    """The kelurahan it is about: the one named, else the one it was said in."""
    return complaint.area or complaint.place


def _row(complaint: Complaint, area: Area, agency: str | None, told: str, language: str) -> Node:
    ended = complaint.status in ENDED
    updated_ms = complaint.closed_ms if ended and complaint.closed_ms is not None else complaint.changed_ms
    due_ms = complaint.due_ms
    return {
        "service_request_id": complaint.pk,
        "status": CLOSED if ended else OPEN,
        "status_notes": told or _state(complaint),
        "service_name": name_of(complaint.subject, language),
        "service_code": complaint.subject or OTHER,
        "description": word("category", complaint.category),
        "agency_responsible": agency,
        "service_notice": None,
        "requested_datetime": write_moment(complaint.at_ms, ZONE),
        "updated_datetime": write_moment(updated_ms, ZONE),
        "expected_datetime": None if due_ms is None or ended else write_moment(due_ms, ZONE),
        "address": area.address,
        "address_id": area.address_id,
        "zipcode": area.zipcode,
        "lat": area.lat,
        "long": area.long,
        "media_url": None,
    }


def _state(complaint: Complaint) -> str:
    status = word("status", complaint.status)
    return f"{status}: {word('reason', complaint.closed_reason)}" if complaint.closed_reason else status


def _told(complaints: Iterable[Complaint], program: Program) -> dict[str, str]:
    """The newest words to the citizen, of those requests that this system handed over itself."""
    name = f"token:{program.name}"
    handed = Event.objects.filter(complaint__in=[one.pk for one in complaints], actor=name, kind__in=BEGINNINGS)
    said = Event.objects.filter(complaint__in=handed.values("complaint"), kind__in=TOLD).exclude(detail="")
    return {str(complaint): detail for complaint, detail in said.order_by("pk").values_list("complaint_id", "detail")}
