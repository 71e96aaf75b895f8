"""Between the registry's tables in the database and the plain rows its rules are written for."""

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db.models import Model

from center.core.registry_plan import Change, Snapshot
from center.core.registry_tables import KEY_JOINT, NUMBERS, TABLES, Field, Table, Value, Values
from center.sites.models import Boundary, Kind, Link, Node, Person, Provider, Site, Upstream

MODELS: Final[Mapping[str, type[Model]]] = {
    "sites": Site,
    "providers": Provider,
    "upstreams": Upstream,
    "links": Link,
    "people": Person,
    "boundaries": Boundary,
}


def load(*tables: str) -> Snapshot:
    """The registry as it is now; with `tables` only those, the others empty."""
    wanted = tables or tuple(TABLES)
    loaded = {name: _rows(TABLES[name]) if name in wanted else {} for name in TABLES}
    return Snapshot(loaded, frozenset(Node.objects.values_list("site_id", flat=True).distinct()))


def write(changes: Iterable[Change]) -> None:
    """Do these changes: rows come in the order of the tables and go in the opposite one; an upstream comes after the
    one it hangs on. Call within a transaction."""
    done = list(changes)
    for name in reversed(list(TABLES)):
        for change in done:
            if change.table == name and change.after is None:
                _found(TABLES[name], change.key).delete()
    for name, spec in TABLES.items():
        here = _parents_first([one for one in done if one.table == name and one.after is not None])
        new = [_made(spec, change) for change in here if change.before is None]
        MODELS[name]._default_manager.bulk_create(new)
        for change in here:
            if change.before is not None:
                _found(spec, change.key).update(**_stored_row(spec, change, change.fields))


def columns(table: str, values: Values) -> dict[str, Any]:
    """The row as its model has it."""
    return {
        _attribute(field): _stored(field, values[field.name]) for field in TABLES[table].fields if field.name in values
    }


def derived(table: str, values: Values) -> dict[str, str]:
    """Columns that follow from others: what a site is."""
    return {"kind": str(values["code"]).partition("-")[0]} if table == "sites" else {}


def _rows(spec: Table) -> dict[str, Values]:
    names = [_attribute(field) for field in spec.fields]
    rows: dict[str, Values] = {}
    for stored in MODELS[spec.name]._default_manager.order_by().values_list(*names):
        values = {field.name: _plain(field, value) for field, value in zip(spec.fields, stored, strict=True)}
        rows[spec.key_of(values)] = values
    return dict(sorted(rows.items()))


def _found(spec: Table, key: str) -> Any:
    parts = dict(zip(spec.key, key.split(KEY_JOINT), strict=True))
    fields = {field.name: field for field in spec.fields}
    return MODELS[spec.name]._default_manager.filter(**{_attribute(fields[name]): part for name, part in parts.items()})


def _made(spec: Table, change: Change) -> Model:
    row = _stored_row(spec, change, spec.names)
    if spec.name == "sites":
        row["kind"] = Kind(change.key.partition("-")[0])
    return MODELS[spec.name](**row)


def _stored_row(spec: Table, change: Change, names: tuple[str, ...]) -> dict[str, Any]:
    assert change.after is not None
    row = columns(spec.name, {name: change.after[name] for name in names})
    return {**row, "at_ms": time.time_ns() // 1_000_000} if spec.name == "boundaries" else row


def _parents_first(changes: list[Change]) -> list[Change]:
    """Rows that name others of their own table (agency, above) after those others."""
    own = (
        [field.name for field in TABLES[changes[0].table].fields if field.refers == changes[0].table] if changes else []
    )
    if not own:
        return changes
    waiting, ordered = {change.key: change for change in changes}, []

    def place(change: Change) -> None:
        waiting.pop(change.key, None)
        above = waiting.get(str((change.after or {})[own[0]]))
        if above:
            place(above)
        ordered.append(change)

    while waiting:
        place(next(iter(waiting.values())))
    return ordered


def _attribute(field: Field) -> str:
    return f"{field.name}_id" if field.refers else field.name


def _stored(field: Field, value: Value) -> Any:
    if field.refers:
        return value or None
    return int(value) if field.kind == "whole" and value is not None else value


def _plain(field: Field, value: Any) -> Value:
    if value is None:
        return None if field.kind in NUMBERS else ""
    return float(value) if field.kind in NUMBERS else value
