"""Sites with the state of their nodes, and the registry's history, as the pages show them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext

from center.connectivity.models import NodeState
from center.core.registry_tables import TABLES
from center.core.wall_view import FILL_OF_STATE, FILLS
from center.sites.models import Link, Node, Person, RegistryChange, Site
from center.sites.terms import HISTORY, terms_of_text
from center.web.registry_words import ROW_NAMES, WAYS, label, shown, terms_words

HISTORY_ROWS: Final = 30
STATES: Final = ("DOWN", "DEGRADED", "UNREACHABLE", "UNKNOWN", "MAINT", "UP")
"""Worst first: a site is in the worst state any of its nodes is in, as on the wall."""


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One site of the list. `state` "" without a node; `lacks`: words of `LACKS`."""

    site: Site
    state: str
    lines: tuple[Link, ...]
    lacks: tuple[str, ...]


def site_rows(sites: Iterable[Site]) -> list[SiteRow]:
    """These sites with what else the list says of them."""
    states = site_states()
    lines: dict[str, list[Link]] = {}
    for link in Link.objects.filter(upstream__kind="line").select_related("upstream").order_by("-primary", "upstream"):
        lines.setdefault(link.site_id, []).append(link)
    called = set(Person.objects.values_list("site_id", flat=True))
    return [
        SiteRow(site, states.get(site.code, ""), tuple(lines.get(site.code, ())), _lacks(site, states, lines, called))
        for site in sites
    ]


def site_states() -> dict[str, str]:
    """Site -> the worst state of its nodes; sites without nodes are absent."""
    known = dict(NodeState.objects.values_list("node", "state"))
    found: dict[str, str] = {}
    for node, site in Node.objects.filter(retired=False).values_list("id", "site_id"):
        state = known.get(node, "UNKNOWN")
        found[site] = min(found.get(site, state), state, key=_badness)
    return found


def fill_of(state: str) -> str:
    """The fill a state is drawn with."""
    return FILL_OF_STATE.get(state, "absent")


def history(*wanted: Q, limit: int = HISTORY_ROWS, before: int | None = None) -> list[dict[str, Any]]:
    """The newest changes that fit any of these conditions (none: all), as the pages list them."""
    rows = RegistryChange.objects.order_by("-id")
    if wanted:
        either = Q()
        for one in wanted:
            either |= one
        rows = rows.filter(either)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [_told(row) for row in rows[:limit]]


def changed_fields(table: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, str]]:
    """Field by field what was and what is; of a row that comes or goes only what is not empty and not its key."""
    both, key = bool(before and after), TABLES[table].key
    names = [name for name in TABLES[table].names if (name in before or name in after) and (both or name not in key)]
    return [
        {"label": label(table, name), "before": shown(table, name, before.get(name, "")),
         "after": shown(table, name, after.get(name, ""))}
        for name in names if before.get(name) or after.get(name) or both
    ]  # fmt: skip


def _told(row: RegistryChange) -> dict[str, Any]:
    before, after = json.loads(row.before), json.loads(row.after)
    if row.table == HISTORY:
        return _terms_told(row)
    personal = row.table not in TABLES or TABLES[row.table].personal
    return {
        "id": row.pk, "at_ms": row.at_ms, "by": row.by, "way": WAYS.get(row.how, row.how), "table": row.table,
        "row": ROW_NAMES.get(row.table, row.table), "key": row.key, "came": not before, "went": not after,
        "fields": [] if personal else changed_fields(row.table, before, after), "undoable": not personal,
    }  # fmt: skip


def _terms_told(row: RegistryChange) -> dict[str, Any]:
    """Since when a site hangs on its line, as a change made it. Undoing is the matter of the row that changed, or of
    a date entered anew."""
    before, after = (terms_words(terms_of_text(text)) for text in (row.before, row.after))
    return {
        "id": row.pk, "at_ms": row.at_ms, "by": row.by, "way": WAYS.get(row.how, row.how), "table": row.table,
        "row": ROW_NAMES[row.table], "key": row.key, "came": False, "went": False, "undoable": False,
        "fields": [{"label": gettext("since when"), "before": before, "after": after}],
    }  # fmt: skip


def _badness(state: str) -> int:
    return STATES.index(state) if state in STATES else FILLS.index("absent") + len(STATES)


def _lacks(site: Site, states: Mapping[str, str], lines: Mapping[str, Any], called: set[str]) -> tuple[str, ...]:
    missing = {
        "line": site.code not in lines,
        "position": site.latitude is None,
        "node": site.code not in states,
        "person": site.code not in called,
        "verified": not site.verified,
    }
    return tuple(word for word, lacking in missing.items() if lacking)
