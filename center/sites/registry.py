"""Every change of the registry goes through here: judged, written, remembered, and the arithmetic told.

One transaction each: the rules of `center.core.registry_plan` against the registry as it is then, the rows, a
`RegistryChange` per row, and `Due` for the nodes whose outages and days may now look different.
"""

import getpass
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from center.availability.due import mark_nodes
from center.core import days
from center.core.registry_fields import MAX_SHOWN, FieldError, read_value
from center.core.registry_plan import (
    Change,
    Plan,
    Problem,
    Row,
    Snapshot,
    plan_rows,
)
from center.core.registry_reach import sites_touched
from center.core.registry_removal import plan_removal, plan_undo
from center.core.registry_tables import TABLES, Value, Values
from center.core.since import EARLIEST_MS
from center.errors import CenterError
from center.ingest.database import writing
from center.sites.models import Node, RegistryChange
from center.sites.registry_rows import load, write
from center.sites.terms import Since, named_in_terms, retold, store_terms
from center.sites.words import problem_text


@dataclass(frozen=True, slots=True)
class By:
    """Who changes, and how: "page", "admin", "csv", "geojson", "cli", "seed", "undo"."""

    who: str
    how: str


class RegistryError(CenterError):
    """The change breaks a rule; nothing was done. `problems` say which, row by row."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problem_text(problems[0], "en"), problem_text(problems[0], "id"))
        self.problems = problems


class StaleError(CenterError):
    """The registry is no longer what the previewed or edited form was made for; nothing was done."""

    def __init__(self) -> None:
        super().__init__(
            "somebody changed this meanwhile; look at it again",
            "data ini baru saja diubah orang lain; periksa sekali lagi",
        )


def change(
    make: Callable[[Snapshot], Plan], by: By, expected: str = "", since: Since | None = None, *,
    takes_back_ms: int | None = None,
) -> Plan:  # fmt: skip
    """Do what `make` plans on the registry as it is within the transaction.

    `expected`: the digest of the plan that was shown; "" for whatever it is now. `since`: None for from now on.
    `takes_back_ms`: the moment of the change that this one undoes.

    Raises:
        RegistryError: the plan has problems.
        StaleError: the plan is not the one that was shown.
    """
    with writing():
        snapshot = load()
        plan = make(snapshot)
        if plan.problems:
            raise RegistryError(plan.problems)
        if expected and plan.digest != expected:
            raise StaleError
        _refuse_known_providers(plan)
        now_ms = time.time_ns() // 1_000_000
        write(plan.changes)
        changed = retold(snapshot, plan, now_ms, since, takes_back_ms)
        store_terms(changed, by.who, by.how, now_ms)
        _remember(plan.changes, by, now_ms)
        from_ms = dict.fromkeys(sites_touched(snapshot, plan.changes), previous_month_ms(now_ms))
        for site, one in changed.items():
            from_ms[site] = min(previous_month_ms(now_ms), max(one.first_ms, now_ms - EARLIEST_MS))
        for moment_ms in sorted(set(from_ms.values())):
            sites = [site for site, at_ms in from_ms.items() if at_ms == moment_ms]
            mark_nodes(Node.objects.filter(site_id__in=sites).values_list("id", flat=True), moment_ms, now_ms)
    return plan


def _refuse_known_providers(plan: Plan) -> None:
    """A provider whose lines some site had once is needed for the sheets of that time."""
    for one in plan.changes:
        if one.table == "providers" and one.after is None and (sites := named_in_terms(one.key)):
            shown = ", ".join(sites[:5]) + (" ..." if len(sites) > 5 else "")
            raise RegistryError((Problem("needed_then", value=one.key, right=shown),))


def put(table: str, values: Values, by: By) -> Plan:
    """Add a row, or give the row with this key these values; fields that are not named stay."""
    return change(lambda snapshot: plan_rows(snapshot, table, [Row(values)]), by)


def read_row(table: str, texts: Mapping[str, str]) -> Values:
    """The values these texts say.

    Raises:
        RegistryError: all that is wrong with them, column by column.
    """
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for field in TABLES[table].fields:
        if field.name in texts:
            try:
                values[field.name] = read_value(field, texts[field.name])
            except FieldError as error:
                problems.append(Problem(error.what, 0, field.name, texts[field.name][:MAX_SHOWN], error.right))
    if problems:
        raise RegistryError(tuple(problems))
    return values


def cli_user() -> str:
    """Whoever works on the command line, as the history names them."""
    return f"cli:{getpass.getuser()}"


def remove(table: str, key: str, by: By) -> Plan:
    """Remove a row and what belongs to it alone; refused while others need it."""
    return change(lambda snapshot: plan_removal(snapshot, table, key), by)


def undo(change_id: int, who: str, judge: Callable[[Plan], None] = lambda _plan: None) -> Plan:
    """Take one change of the history back, unless what it made has been changed since. `judge` sees the plan before
    it is done, and may raise.

    Raises:
        RegistryError: changed since, or the history does not hold enough to go back (contacts, unknown ids).
    """
    row = RegistryChange.objects.filter(pk=change_id).first()
    if row is None or row.table not in TABLES or TABLES[row.table].personal:
        raise RegistryError((Problem("no_undo"),))
    before, after = json.loads(row.before), json.loads(row.after)

    def make(snapshot: Snapshot) -> Plan:
        plan = plan_undo(snapshot, row.table, row.key, before, after)
        judge(plan)
        return plan

    return change(make, By(who, "undo"), takes_back_ms=row.at_ms)


def previous_month_ms(now_ms: int) -> int:
    """When the month before this one began in Jakarta: the one people still talk about. From then on a changed link
    is judged again; what was concluded before stays as it was reported."""
    before_this, _last = days.month(days.month_of(days.day_of(now_ms)))
    last_day = days.day_of(days.bounds(before_this).start_ms - 1)
    first, _last = days.month(days.month_of(last_day))
    return days.bounds(first).start_ms


def _remember(changes: Iterable[Change], by: By, now_ms: int) -> None:
    RegistryChange.objects.bulk_create(
        RegistryChange(
            at_ms=now_ms, by=by.who[:150], how=by.how, table=one.table, key=one.key,
            before=_told(one, one.before), after=_told(one, one.after),
        )
        for one in changes
    )  # fmt: skip


def _told(one: Change, values: Values | None) -> str:
    """What the history holds of one side: a whole row that comes or goes, else the fields that differ; of people
    only which row it was."""
    if values is None:
        return "{}"
    spec = TABLES[one.table]
    names = spec.key if spec.personal else one.fields
    told = {name: values[name] for name in names}
    if spec.personal and one.before is not None and one.after is not None:
        told["changed"] = ", ".join(one.fields)
    return json.dumps(told, ensure_ascii=False)
