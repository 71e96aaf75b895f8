"""Which sites' and nodes' rows an account sees. Every page, list, stream and interface asks here.

`None` stands for the whole city. An account of the roles agency and lurah that was given nothing sees nothing.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse

from center.accounts.models import Reach
from center.sites.models import Node, Site

M = TypeVar("M", bound=Model)


def sites_of(user: Any) -> set[str] | None:
    """Codes of the sites whose rows `user` sees; None: all of them. A place of an agency belongs to its account."""
    if not user.is_authenticated:
        return set()
    if user.sees_city:
        return None
    if user.reach == Reach.KECAMATAN:
        return set(Site.objects.filter(kecamatan=user.kecamatan).exclude(kecamatan="").values_list("code", flat=True))
    own = set(user.sites.values_list("code", flat=True))
    return own | set(Site.objects.filter(agency_id__in=own).values_list("code", flat=True))


def nodes_of(user: Any) -> set[str] | None:
    """Ids of the nodes whose rows `user` sees; None: all of them."""
    sites = sites_of(user)
    return None if sites is None else set(Node.objects.filter(site_id__in=sites).values_list("id", flat=True))


def sees_node(user: Any, node: str) -> bool:
    """Whether one node's rows are within reach; a node that is not answers 404, as if there were none."""
    nodes = nodes_of(user)
    return nodes is None or node in nodes


def of_sites(rows: "QuerySet[M]", user: Any, field: str = "code") -> "QuerySet[M]":
    """The rows whose site (its code is in `field`) is within reach."""
    sites = sites_of(user)
    return rows if sites is None else rows.filter(**{f"{field}__in": sites})


def of_nodes(rows: "QuerySet[M]", user: Any, field: str = "node") -> "QuerySet[M]":
    """The rows whose node (its id is in `field`) is within reach."""
    nodes = nodes_of(user)
    return rows if nodes is None else rows.filter(**{f"{field}__in": nodes})


def of_complaints(rows: "QuerySet[M]", user: Any) -> "QuerySet[M]":
    """The complaints within reach: filed at one of the sites, about one of them, or passed on to one of them."""
    sites = sites_of(user)
    return rows if sites is None else rows.filter(Q(place__in=sites) | Q(area__in=sites) | Q(agency__in=sites))


def works_on(user: Any, agency: str) -> bool:
    """Whether a complaint within reach that was passed on to `agency` ("": to nobody yet) is this account's to open and
    answer: the desk's always, an agency's or a lurah's while nobody else was asked."""
    if user.has_perm("complaints.desk_complaint"):
        return True
    sites = sites_of(user)
    return not agency or sites is None or agency in sites


def whole_city(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that shows everybody's rows, and so is 403 for accounts that see only their own."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if sites_of(request.user) is not None:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return asked
