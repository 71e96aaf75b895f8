"""Terms of the sites' lines in the database: read for arithmetic and reports, written by the registry's changes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from center.core.facts import LinkFact, Span
from center.core.registry_plan import Plan, Snapshot
from center.core.terms import ALWAYS, Line, Term, Terms, dated, first_difference_ms, lines, stretches, told
from center.ingest.database import select
from center.sites.models import LineTerm, RegistryChange
from center.sites.upstreams import own_links

HISTORY = "terms"
"""What the registry's history calls a change of a site's terms; its key is the site."""
CHUNK = 500
"""Names in one IN list: SQLite's older limit of variables is 999."""
_OF_NODES = """
SELECT n.id, t.from_ms, t.provider, t.circuit, t.upstream
FROM sites_lineterm t JOIN sites_node n ON n.site_id = t.site_id
ORDER BY n.id, t.from_ms
"""


def terms_of_nodes() -> dict[str, Terms]:
    """Node -> the terms of its site; nodes whose line never changed are absent."""
    return _grouped(select(_OF_NODES))


def terms_of_sites() -> dict[str, Terms]:
    """The same by site."""
    return _grouped(
        LineTerm.objects.order_by("site_id", "from_ms").values_list(
            "site_id", "from_ms", "provider", "circuit", "upstream"
        )
    )


def own_links_then(node: str, window: Span) -> list[tuple[Span, tuple[LinkFact, ...]]]:
    """The window in the parts the changes of the node's line make, each with the node's own links in it: the primary
    line of then in the place of today's, and the others, spare lines too, as they are today."""
    links, terms = own_links(node), terms_of_nodes().get(node, ())
    if not terms:
        return [(window, links)]
    return [(span, _links_with(links, terms[-1].line, line)) for span, line in stretches(terms, window)]


def _links_with(links: tuple[LinkFact, ...], today: Line, then: Line) -> tuple[LinkFact, ...]:
    """Of a line whose upstream nobody noted nothing else is known than today's links."""
    if then is today or (then.provider and not then.upstream):
        return links
    needs = next((link.needs for link in links if link.upstream == today.upstream), "any")
    kept = [link for link in links if link.upstream not in {today.upstream, then.upstream}]
    return tuple(sorted([*kept, LinkFact(then.upstream, "line", needs)] if then.upstream else kept))


def named_in_terms(provider: str) -> tuple[str, ...]:
    """The sites whose history names this provider: its sheets of those months are still asked for."""
    return tuple(
        LineTerm.objects.filter(provider=provider).order_by("site_id").values_list("site_id", flat=True).distinct()
    )


@dataclass(frozen=True, slots=True)
class Since:
    """From when on the sites' lines are what the change makes of them (Unix ms; `center.core.terms.ALWAYS`: it always
    was so). `site`: one whose line it is said of even where the line itself stays as it is."""

    at_ms: int
    site: str = ""


@dataclass(frozen=True, slots=True)
class Retold:
    """What a change makes of a site's terms, and the moment from which they say something else."""

    before: Terms
    after: Terms
    first_ms: int


def retold(
    snapshot: Snapshot, plan: Plan, now_ms: int, since: Since | None, takes_back_ms: int | None
) -> dict[str, Retold]:
    """Of each site whose terms the plan, or its date, changes. `takes_back_ms`: the moment of a change it undoes."""
    then = snapshot.after(plan.changes)
    old, new = lines(snapshot.tables), lines(then.tables)
    moved = {site for site in old.keys() | new.keys() if old.get(site) != new.get(site)}
    if since is not None and since.site:
        moved.add(since.site)
    known = terms_of_sites() if moved else {}
    found: dict[str, Retold] = {}
    for site in sorted(moved & then.tables["sites"].keys()):
        before, was, line = known.get(site, ()), old.get(site, Line()), new.get(site, Line())
        if since is not None:
            after = dated(before or (Term(ALWAYS, was),), since.at_ms, line)
        elif takes_back_ms is not None and not before:
            after = ()
        else:
            back = None if takes_back_ms is None else _taken_back(site, takes_back_ms, before)
            after = told(before, was, line, now_ms) if back is None else back
        if before != after:
            first_ms = first_difference_ms(before or (Term(ALWAYS, was),), after or (Term(ALWAYS, line),))
            found[site] = Retold(before, after, first_ms or ALWAYS)
    return found


def store_terms(changed: Mapping[str, Retold], by: str, how: str, now_ms: int) -> None:
    """Make these the terms of these sites, and remember it. In the caller's transaction."""
    found = sorted(changed.items())
    for at in range(0, len(found), CHUNK):
        LineTerm.objects.filter(site_id__in=[site for site, _one in found[at : at + CHUNK]]).delete()
    LineTerm.objects.bulk_create(
        LineTerm(
            site_id=site,
            from_ms=term.from_ms,
            provider=term.line.provider,
            circuit=term.line.circuit,
            upstream=term.line.upstream,
        )
        for site, one in found
        for term in one.after
    )
    RegistryChange.objects.bulk_create(
        RegistryChange(
            at_ms=now_ms, by=by[:150], how=how, table=HISTORY, key=site,
            before=_text(one.before), after=_text(one.after),
        )
        for site, one in found
    )  # fmt: skip


def _taken_back(site: str, change_at_ms: int, now: Terms) -> Terms | None:
    """What a site's terms were before the change of that moment; None where it did not make them what they are."""
    row = RegistryChange.objects.filter(table=HISTORY, key=site, at_ms=change_at_ms).last()
    return terms_of_text(row.before) if row is not None and terms_of_text(row.after) == now else None


def terms_of_text(text: str) -> Terms:
    """Terms as the history holds them."""
    return tuple(Term(from_ms, Line(*line)) for from_ms, *line in json.loads(text)["terms"])


def _text(terms: Terms) -> str:
    rows = [[term.from_ms, term.line.provider, term.line.circuit, term.line.upstream] for term in terms]
    return json.dumps({"terms": rows}, ensure_ascii=False)


def _grouped(rows: Iterable[tuple[str, int, str, str, str]]) -> dict[str, Terms]:
    found: dict[str, list[Term]] = {}
    for key, from_ms, *line in rows:
        found.setdefault(key, []).append(Term(int(from_ms), Line(*line)))
    return {key: tuple(terms) for key, terms in found.items()}
