"""The registry's sites to look at: all of them, one of them, and whom to call there."""

from collections import Counter
from typing import Final

from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from center.accounts.audit import note
from center.accounts.reach import of_sites, sites_of
from center.connectivity.models import NodeState
from center.sites.models import Boundary, Kind, Person, Site
from center.sites.terms import HISTORY
from center.web.registry_rows import STATES, SiteRow, fill_of, history, site_rows
from center.web.registry_words import CHOICES, LACKS
from center.web.site_map import Spot, draw

SEE_SITES: Final = "sites.view_site"
SEE_PEOPLE: Final = "sites.view_person"
NO_BOX: Final = "none"
SORTS: Final = {
    "state": lambda row: (STATES.index(row.state) if row.state in STATES else len(STATES), row.site.name.casefold()),
    "name": lambda row: (row.site.name.casefold(), row.site.code),
    "code": lambda row: row.site.code,
    "kecamatan": lambda row: (row.site.kecamatan, row.site.name.casefold()),
}


@require_safe
@never_cache
@login_required
@permission_required(SEE_SITES, raise_exception=True)
def site_list(request: HttpRequest) -> HttpResponse:
    """All sites within reach: ?q=, ?kind=, ?kecamatan=, ?state=, ?lacks= narrow down, ?sort= orders."""
    names = ("q", "kind", "kecamatan", "state", "lacks")
    asked = {name: request.GET.get(name, "")[:100] for name in names}
    sort = request.GET.get("sort", "")
    within = _within(request)
    rows = [row for row in site_rows(_filtered(within, asked)) if _fits(row, asked)]
    rows.sort(key=SORTS.get(sort, SORTS["name"]))
    rings = dict(Boundary.objects.values_list("site_id", "rings"))
    return render(
        request,
        "web/sites.html",
        {
            "rows": rows,
            "total": within.count(),
            "drawing": draw(_spot(row.site, row.state, rings) for row in rows),
            "asked": asked,
            "sort": sort if sort in SORTS else "name",
            "kinds": [(kind.value, CHOICES["kind", kind.value]) for kind in Kind],
            "kecamatan": sorted({name for name in within.values_list("kecamatan", flat=True) if name}),
            "states": STATES,
            "lacks": LACKS.items(),
            "words": LACKS,
            "narrowed": any(asked.values()),
            "may_see_people": request.user.has_perm(SEE_PEOPLE),
        },
    )


@require_safe
@never_cache
@login_required
@permission_required(SEE_SITES, raise_exception=True)
def site_page(request: HttpRequest, code: str) -> HttpResponse:
    """All that is known of one site but its contacts, and its history."""
    site = _site(request, code)
    links = site.links.select_related("upstream__provider").order_by("upstream__kind", "-primary", "upstream_id")
    states = {row.node: row for row in NodeState.objects.filter(node__in=site.nodes.values_list("id", flat=True))}
    kinds = Counter(link.upstream.kind for link in links)
    (row,) = site_rows([site])
    boundary = Boundary.objects.filter(site=site).first()
    own = Q(table__in=["sites", "boundaries", HISTORY], key=code)
    own |= Q(table__in=["links", "people"], key__startswith=f"{code}/")
    return render(
        request,
        "web/site.html",
        {
            "site": site,
            "row": row,
            "nodes": [(node, states.get(node.id)) for node in site.nodes.order_by("retired", "id")],
            "links": [(link, kinds[link.upstream.kind] == 1) for link in links],
            "boundary": boundary,
            "drawing": draw([_spot(site, row.state, {code: boundary.rings})]) if boundary else None,
            "places": of_sites(site.places.order_by("code"), request.user),
            "people": Person.objects.filter(site=site).count() if request.user.has_perm(SEE_PEOPLE) else None,
            "history": history(own),
            "saved": request.GET.get("saved") == "1",
        },
    )


@require_safe
@never_cache
@login_required
@permission_required((SEE_SITES, SEE_PEOPLE), raise_exception=True)
def site_people(request: HttpRequest, code: str) -> HttpResponse:
    """Whom to call about a site: personal data, and so every look is written into the audit log."""
    site = _site(request, code)
    people = list(Person.objects.filter(site=site).order_by("order", "name"))
    note(request, "view_person", code, str(len(people)))
    saved = request.GET.get("saved") == "1"
    return render(request, "web/site_people.html", {"site": site, "people": people, "saved": saved})


def _within(request: HttpRequest) -> "QuerySet[Site]":
    reach = sites_of(request.user)
    return Site.objects.all() if reach is None else Site.objects.filter(code__in=reach)


def _site(request: HttpRequest, code: str) -> Site:
    """A site within reach; one that is not is as if there were none."""
    site = _within(request).select_related("agency").filter(pk=code).first()
    if site is None:
        raise Http404
    return site


def _filtered(sites: "QuerySet[Site]", asked: dict[str, str]) -> "QuerySet[Site]":
    wanted = {"kind": asked["kind"], "kecamatan": asked["kecamatan"]}
    sites = sites.filter(**{name: value for name, value in wanted.items() if value})
    if text := asked["q"].strip():
        sites = sites.filter(
            Q(code__icontains=text) | Q(name__icontains=text) | Q(short_name__icontains=text)
            | Q(links__circuit__icontains=text)
        ).distinct()  # fmt: skip
    return sites


def _fits(row: SiteRow, asked: dict[str, str]) -> bool:
    state = "" if asked["state"] == NO_BOX else asked["state"]
    return (not asked["state"] or row.state == state) and (not asked["lacks"] or asked["lacks"] in row.lacks)


def _spot(site: Site, state: str, rings: dict[str, str]) -> Spot:
    whole = site.latitude is not None and site.longitude is not None
    position = (site.longitude, site.latitude) if whole else None
    return Spot(site.code, site.display_name, fill_of(state), position, rings.get(site.code, ""))  # type: ignore[arg-type]
