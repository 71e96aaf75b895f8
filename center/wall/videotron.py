"""The screen for everybody: notices, how many complaints were answered, and whether the city's services work.

It has a data route of its own, and that route answers with `Now`, whose shape has no room for anything else: no place,
no code, no name, no picture. Whoever sees the wall may open it as a preview.
"""

from functools import lru_cache
from typing import Annotated, Any

import msgspec
from django.conf import settings
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from center.complaints.models import Complaint
from center.connectivity.models import NodeState
from center.publicsites.reading import read_sites
from center.sites.models import Kind, Node
from center.wall.access import for_screens, not_let_in, screen_of
from center.wall.complaint_counts import month_start
from center.wall.models import PublicNotice
from center.web.live import now_ms
from center.web.words import CATEGORIES, words

MAX_NOTICES = 12
SITES_MS = 15_000
Count = Annotated[int, msgspec.Meta(ge=0)]


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A notice as an operator wrote it for everybody."""

    title: Annotated[str, msgspec.Meta(max_length=120)]
    text: Annotated[str, msgspec.Meta(max_length=600)]


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of something work, of how many. Nothing says which."""

    well: Count
    total: Count


class Answered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Complaints answered since the first of the month, by the four categories of citizens' words."""

    aduan: Count
    laporan: Count
    saran: Count
    pendapat: Count


class Now(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a public screen is told. `now`: the centre's clock, Unix ms."""

    now: int
    notices: list[Notice]
    answered: Answered
    offices: Service
    sites: Service


@require_safe
@never_cache
@for_screens("videotron", "wall")
def page(request: HttpRequest) -> HttpResponse:
    """The page; its numbers and notices come from `now`."""
    context = {"texts": _texts(screen=screen_of(request) is not None), "screen": screen_of(request)}
    return render(request, "wall/videotron.html", context)


@require_safe
@never_cache
@for_screens("videotron", "wall")
def now(request: HttpRequest) -> HttpResponse:
    """`Now`, as JSON."""
    return HttpResponse(msgspec.json.encode(read_now(now_ms())), content_type="application/json")


def read_now(at_ms: int) -> Now:
    """What is true at `at_ms`."""
    current = PublicNotice.objects.filter(from_ms__lte=at_ms, until_ms__gt=at_ms, withdrawn_ms=None, target="")
    notices = current.order_by("-from_ms", "-id").values_list("title", "text")[:MAX_NOTICES]
    return Now(
        now=at_ms,
        notices=[Notice(title, text) for title, text in notices],
        answered=_answered(at_ms),
        offices=_offices(),
        sites=_sites(str(settings.DATA_DIR), at_ms // SITES_MS),
    )


def _answered(at_ms: int) -> Answered:
    """By the first answer, like `center.wall.complaint_counts`."""
    answered = Complaint.objects.filter(first_answer_ms__gte=month_start(at_ms), category__in=CATEGORIES)
    counts = dict(answered.order_by().values_list("category").annotate(count=models.Count("pk")))
    return Answered(**{category: counts.get(category, 0) for category in CATEGORIES})


def _offices() -> Service:
    """Kelurahan, kecamatan and agencies with a box; one whose box was never heard of does not count yet."""
    kinds = (Kind.KELURAHAN, Kind.KECAMATAN, Kind.AGENCY)
    nodes = dict(Node.objects.filter(retired=False, site__kind__in=kinds).values_list("id", "site_id"))
    heard = NodeState.objects.exclude(last_seen_ms=None).filter(node__in=nodes)
    states = [(nodes[node], state) for node, state in heard.values_list("node", "state")]
    return Service(
        well=len({site for site, state in states if state in ("UP", "DEGRADED")}),
        total=len({site for site, _state in states}),
    )


@lru_cache(maxsize=2)
def _sites(_centre: str, slot: int) -> Service:
    """Judged once in SITES_MS for all screens: it means reading every look of every node."""
    rows = [row for row in read_sites(slot * SITES_MS) if row.state != "UNKNOWN"]
    return Service(well=sum(row.state != "DOWN" for row in rows), total=len(rows))


def _texts(*, screen: bool) -> dict[str, Any]:
    return {
        "categories": words(CATEGORIES),
        "officesWell": _("All %(total)s offices of the city are connected."),
        "officesSome": _("%(well)s of %(total)s offices of the city are connected; the others are being worked on."),
        "officesNone": _("The offices are being connected to the city's network."),
        "sitesWell": _("All %(total)s public websites can be opened."),
        "sitesSome": _("%(well)s of %(total)s public websites can be opened; the others are being worked on."),
        "answered": _("%(count)s complaints answered this month"),
        "noneAnswered": _("Your complaint is welcome at every kelurahan."),
        "welcome": _("Welcome to Kota Serang"),
        "invitation": _("Tell the city what should be better: at the kiosk of your kelurahan, with or without a name."),
        "ended": not_let_in(screen=screen),
        "noServer": _("This screen does not reach the city's centre."),
    }  # fmt: skip
