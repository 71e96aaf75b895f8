"""Whose outages and days a change of the registry makes look different. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

from center.core.registry_plan import Change, Snapshot
from center.core.registry_tables import Values

_TELLING: Final[Mapping[str, frozenset[str]]] = {
    "links": frozenset({"site", "upstream", "needs", "primary"}),
    "upstreams": frozenset({"kind", "provider", "above"}),
    "providers": frozenset({"contract_hours", "holidays_count"}),
}
"""Fields the arithmetic reads; names, notes and circuits change no second."""


def sites_touched(snapshot: Snapshot, changes: Iterable[Change]) -> set[str]:
    """Sites whose nodes are to be judged again: those linked, before or after, to anything that changed or that hangs
    on it."""
    telling = [change for change in changes if set(change.fields) & _TELLING.get(change.table, frozenset())]
    both = {name: _both(snapshot, telling, name) for name in _TELLING}
    sites = {str(values["site"]) for change in telling if change.table == "links" for values in _rows(change)}
    providers = {change.key for change in telling if change.table == "providers"}
    below = {change.key for change in telling if change.table == "upstreams"}
    below |= {str(row["code"]) for row in both["upstreams"] if row["provider"] in providers}
    while found := {str(row["code"]) for row in both["upstreams"] if row["above"] in below} - below:
        below |= found
    return sites | {str(link["site"]) for link in both["links"] if link["upstream"] in below}


def _both(snapshot: Snapshot, changes: Iterable[Change], table: str) -> list[Values]:
    """All rows of a table as they were, and those that change as they are then."""
    changed = [values for change in changes if change.table == table for values in _rows(change)]
    return [*snapshot.tables[table].values(), *changed]


def _rows(change: Change) -> list[Values]:
    return [values for values in (change.before, change.after) if values is not None]
