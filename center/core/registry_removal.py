"""Taking rows of the registry away, and taking changes back. Pure."""

from collections.abc import Iterator

from center.core.registry_plan import Change, Plan, Problem, Row, Snapshot, plan_rows
from center.core.registry_tables import TABLES, Table, Value, Values


def plan_removal(snapshot: Snapshot, table: str, key: str) -> Plan:
    """What removing one row takes along; refused while others need it."""
    row = snapshot.tables[table].get(key)
    if row is None:
        return Plan(problems=(Problem("gone", value=key),))
    if table == "sites" and key in snapshot.with_nodes:
        return Plan(problems=(Problem("has_nodes", value=key),))
    own = [(name, other, values) for name, other, values, column in _references(snapshot, table, key)
           if table == "sites" and column == "site"]  # fmt: skip
    owned = {(name, other) for name, other, _values in own}
    needing = [other for name, other, _values, _column in _references(snapshot, table, key)
               if (name, other) not in owned]  # fmt: skip
    if needing:
        shown = ", ".join(needing[:5]) + (" ..." if len(needing) > 5 else "")
        return Plan(problems=(Problem("needed", value=key, right=shown),))
    return Plan((*(Change(name, other, values, None) for name, other, values in own), Change(table, key, row, None)))


def plan_undo(snapshot: Snapshot, table: str, key: str, before: Values, after: Values) -> Plan:
    """Back to before one change of the history ({}: the row was not there), unless what it made has changed since."""
    now = snapshot.tables[table].get(key)
    if not after:
        if now is not None:
            return Plan(problems=(Problem("changed_since", value=key),))
        return plan_rows(snapshot, table, [Row(before)])
    if now is None or any(now.get(name) != value for name, value in after.items()):
        return Plan(problems=(Problem("changed_since", value=key),))
    if not before:
        return plan_removal(snapshot, table, key)
    return plan_rows(snapshot, table, [Row({**_key_values(TABLES[table], now), **before})])


def _references(snapshot: Snapshot, table: str, key: str) -> Iterator[tuple[str, str, Values, str]]:
    """Rows that name this one: table, key, row, and the column that does."""
    for name, spec in TABLES.items():
        for column in (one.name for one in spec.fields if one.refers == table):
            for other, values in snapshot.tables[name].items():
                if values[column] == key and (name, other) != (table, key):
                    yield name, other, values, column


def _key_values(spec: Table, row: Values) -> dict[str, Value]:
    return {name: row[name] for name in spec.key}
