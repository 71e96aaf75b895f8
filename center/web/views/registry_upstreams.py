"""What sites hang on, whose lines those are, and what of the registry was changed by whom."""

from typing import Any, Final

from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from center.accounts.reach import whole_city
from center.sites.models import Link, Provider, Site, Upstream, UpstreamKind
from center.web.registry_rows import HISTORY_ROWS, history, site_rows
from center.web.registry_words import CHOICES, credit_words
from center.web.views.registry import SORTS

SEE_UPSTREAMS: Final = "sites.view_upstream"

SEE_PROVIDERS: Final = "sites.view_provider"

SEE_HISTORY: Final = "sites.view_registrychange"


@require_safe
@never_cache
@login_required
@permission_required(SEE_UPSTREAMS, raise_exception=True)
@whole_city
def upstream_list(request: HttpRequest) -> HttpResponse:
    """What sites hang on, each kind a tree."""
    rows = Upstream.objects.select_related("provider").annotate(sites=Count("links")).order_by("name", "code")
    below: dict[str | None, list[Upstream]] = {}
    for row in rows:
        below.setdefault(row.above_id, []).append(row)
    trees = [
        (CHOICES["kind", kind.value], [_branch(row, below) for row in below.get(None, []) if row.kind == kind])
        for kind in UpstreamKind
    ]
    return render(request, "web/upstreams.html", {"trees": trees, "any": bool(rows)})


@require_safe
@never_cache
@login_required
@permission_required(SEE_UPSTREAMS, raise_exception=True)
@whole_city
def upstream_page(request: HttpRequest, code: str) -> HttpResponse:
    """One upstream: what it hangs on, what hangs on it, and how those sites are now."""
    upstream = get_object_or_404(Upstream.objects.select_related("provider", "above"), pk=code)
    circuits = {link.site_id: link for link in Link.objects.filter(upstream=upstream)}
    rows = sorted(site_rows(Site.objects.filter(links__upstream=upstream)), key=SORTS["state"])
    own = Q(table="upstreams", key=code) | Q(table="links", key__endswith=f"/{code}")
    return render(
        request,
        "web/upstream.html",
        {
            "upstream": upstream,
            "kind_word": CHOICES["kind", upstream.kind],
            "below": upstream.below.order_by("name"),
            "rows": [(row, circuits[row.site.code]) for row in rows],
            "history": history(own),
            "saved": request.GET.get("saved") == "1",
        },
    )


@require_safe
@never_cache
@login_required
@permission_required(SEE_PROVIDERS, raise_exception=True)
@whole_city
def provider_list(request: HttpRequest) -> HttpResponse:
    """Internet providers: what each promised, and whom to call."""
    rows = Provider.objects.annotate(lines=Count("upstreams", distinct=True), sites=Count("upstreams__links"))
    saved = request.GET.get("saved") == "1"
    listed = [(row, credit_words(row.credits)) for row in rows]
    return render(
        request, "web/providers.html", {"rows": listed, "history": history(Q(table="providers")), "saved": saved}
    )


@require_safe
@never_cache
@login_required
@permission_required(SEE_HISTORY, raise_exception=True)
@whole_city
def registry_history(request: HttpRequest) -> HttpResponse:
    """Every change of the registry, newest first; ?before= goes further back."""
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 18 else None
    rows = history(limit=HISTORY_ROWS + 1, before=before)
    older = rows[HISTORY_ROWS - 1]["id"] if len(rows) > HISTORY_ROWS else None
    saved = request.GET.get("saved") == "1"
    return render(
        request, "web/registry_history.html", {"history": rows[:HISTORY_ROWS], "older": older, "saved": saved}
    )


def _branch(row: Upstream, below: dict[str | None, list[Upstream]]) -> dict[str, Any]:
    return {"row": row, "below": [_branch(one, below) for one in below.get(row.code, [])]}
