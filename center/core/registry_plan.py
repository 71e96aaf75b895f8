"""From wished rows to exact changes of the registry, or to what is wrong with them. Pure.

A form's one row, a file's thousand and an undo all become a `Plan` against a `Snapshot` of the whole registry, so that
a preview and what is then done are the same thing, and every rule stands here once.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from center.core.registry_fields import MAX_SHOWN, write_value
from center.core.registry_rules import RULES, State
from center.core.registry_tables import KEY_JOINT, TABLES, Table, Value, Values


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong (a word of `center.sites.words`), where, and what would be right. `line` 0: not from a file."""

    what: str
    line: int = 0
    column: str = ""
    value: str = ""
    right: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Wished values of one row: those that are absent stay as they are."""

    values: Values
    line: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One row before and after: both whole; None: it is not there."""

    table: str
    key: str
    before: Values | None
    after: Values | None
    line: int = 0

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that differ, in the order of the table; of a row that comes or goes, all of them."""
        if self.before is None or self.after is None:
            return TABLES[self.table].names
        return tuple(name for name in TABLES[self.table].names if self.before[name] != self.after[name])


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The registry: table -> key -> whole row; and the sites that have nodes."""

    tables: Mapping[str, Mapping[str, Values]]
    with_nodes: frozenset[str] = field(default_factory=frozenset)

    def after(self, changes: "Sequence[Change]") -> "Snapshot":
        """The registry with these changes done."""
        tables = {name: dict(rows) for name, rows in self.tables.items()}
        for change in changes:
            tables[change.table].pop(change.key, None)
            if change.after is not None:
                tables[change.table][change.key] = change.after
        return Snapshot(tables, self.with_nodes)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done; nothing of it while there are problems. `same`: wished rows that are so already."""

    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    same: int = 0

    @property
    def digest(self) -> str:
        """The same for the same changes: who confirms a preview confirms exactly it."""
        content = [(change.table, change.key, change.before, change.after) for change in self.changes]
        text = json.dumps(content, sort_keys=True, default=dict)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def __add__(self, other: "Plan") -> "Plan":
        return Plan(self.changes + other.changes, self.problems + other.problems, self.same + other.same)


MAX_PROBLEMS: Final = 200
"""More of them help nobody: a file with that many is the wrong file."""


def plan_rows(snapshot: Snapshot, table: str, rows: Sequence[Row]) -> Plan:
    """What putting these rows would change. Rows of the registry that are not among them stay."""
    spec, state = TABLES[table], State(snapshot.tables)
    changes: list[Change] = []
    problems: list[Problem] = []
    lines: dict[str, int] = {}
    same = 0
    for row in rows:
        key = spec.key_of(row.values)
        if key in lines:
            problems.append(Problem("twice", row.line, spec.key[0], key[:MAX_SHOWN], str(lines[key])))
            continue
        lines[key] = row.line
        before = snapshot.tables[table].get(key)
        after = {**(before or _defaults(spec, row.values, state)), **row.values}
        missing = [column for column in spec.fields if column.required and after[column.name] in ("", None)]
        problems += [Problem("required", row.line, column.name) for column in missing]
        state.put(table, key, after)
        changes.append(Change(table, key, before, after, row.line))
    real = [change for change in changes if change.before != change.after]
    same += len(changes) - len(real)
    for change in changes if not problems else ():
        problems += _broken_rules(change, state)
    real += [] if problems else list(_area_links(real, state))
    problems.sort(key=lambda problem: problem.line)
    return Plan(tuple(real), tuple(problems[:MAX_PROBLEMS]), same)


def _defaults(spec: Table, wished: Values, state: State) -> dict[str, Value]:
    """A new row before anything is said of it. Of several lines the first is the primary one."""
    values: dict[str, Value] = {column.name: column.default for column in spec.fields}
    if spec.name == "links" and "primary" not in wished:
        values["primary"] = not state.primary_lines(str(wished["site"]), but=str(wished["upstream"]))
    return values


def _broken_rules(change: Change, state: State) -> Iterator[Problem]:
    spec = TABLES[change.table]
    assert change.after is not None
    for column in spec.fields:
        value = change.after[column.name]
        if column.refers and value and str(value) not in state.tables[column.refers]:
            yield Problem("no_reference", change.line, column.name, str(value)[:MAX_SHOWN], column.refers)
    for rule in RULES.get(change.table, ()):
        for what, name, right in rule(change.key, change.after, state):
            shown = write_value(next(one for one in spec.fields if one.name == name), change.after[name])
            yield Problem(what, change.line, name, shown[:MAX_SHOWN], right)


def _area_links(changes: Sequence[Change], state: State) -> Iterator[Change]:
    """A new site in a kecamatan that has its upstream hangs on it, and one that changes its kecamatan on the new one:
    nobody would think of saying so. A site whose link to its area was taken away gets none."""
    for change in changes:
        if change.table != "sites" or change.after is None:
            continue
        area = state.area_of(str(change.after["kecamatan"]))
        left = state.area_of(str(change.before["kecamatan"])) if change.before else ""
        old = state.tables["links"].get(KEY_JOINT.join((change.key, left)))
        if area == left or (change.before is not None and left and old is None):
            continue
        if old is not None:
            yield Change("links", KEY_JOINT.join((change.key, left)), old, None, change.line)
        key = KEY_JOINT.join((change.key, area))
        if area and key not in state.tables["links"]:
            values: dict[str, Value] = {
                "site": change.key, "upstream": area, "circuit": "", "needs": "any", "primary": True,
            }  # fmt: skip
            yield Change("links", key, None, values, change.line)
