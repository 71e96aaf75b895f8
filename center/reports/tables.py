"""A report's document as tables: what HTML, CSV and PDF all draw, so that none can say another second than the rest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from center.reports.held import outages_of, stretch_of

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `kind`: text | count | seconds | pct | moment | between | stretch | flag | cause | party."""

    key: str
    title: Any
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a report. `id` names it in addresses and files; rows hold raw values of the document."""

    id: str
    title: Any
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: Any = ""


FIGURES = (
    Column("pct", _("availability"), "pct"),
    Column("coverage_pct", _("coverage"), "pct"),
    Column("worst_pct", _("at worst"), "pct"),
    Column("best_pct", _("at best"), "pct"),
    Column("up_s", _("connected"), "seconds"),
    Column("down_s", _("cut off"), "seconds"),
    Column("unknown_s", _("unknown"), "seconds"),
    Column("maintenance_s", _("maintenance"), "seconds"),
    Column("outages", _("outages"), "count"),
    Column("longest_s", _("longest"), "seconds"),
    Column("mean_repair_s", _("mean repair"), "seconds"),
)
OUTAGES = (
    Column("id", _("number"), "count"),
    Column("node", _("node")),
    Column("name", _("place")),
    Column("circuit", _("circuit id")),
    Column("start_ms", _("began"), "between"),
    Column("end_ms", _("ended"), "between"),
    Column("lost_s", _("cut off"), "seconds"),
    Column("isp_s", _("held against the ISP"), "seconds"),
    Column("cause", _("cause"), "cause"),
    Column("party", _("whose matter"), "party"),
    Column("ticket", _("ticket")),
    Column("reported_ms", _("reported at"), "moment"),
    Column("revision", _("revision"), "count"),
)
LINES = (
    Column("node", _("node")),
    Column("name", _("place")),
    Column("circuit", _("circuit id")),
    Column("pct", _("availability"), "pct"),
    Column("worst_pct", _("at worst"), "pct"),
    Column("best_pct", _("at best"), "pct"),
    Column("up_s", _("connected"), "seconds"),
    Column("down_s", _("cut off"), "seconds"),
    Column("unknown_s", _("unknown"), "seconds"),
    Column("excluded_s", _("excluded"), "seconds"),
    Column("outages", _("outages"), "count"),
    Column("kept", _("promise kept"), "flag"),
    Column("credit", _("credit, % of the fee"), "pct"),
)
CAUSES = (
    Column("cause", _("cause"), "cause"),
    Column("seconds", _("cut off"), "seconds"),
    Column("share_pct", _("share"), "pct"),
)
EXCLUSIONS = (Column("cause", _("excluded because of"), "cause"), Column("seconds", _("time"), "seconds"))

CHANGES = (
    Column("node", _("node")),
    Column("name", _("place")),
    Column("at_ms", _("since"), "moment"),
    Column("provider_before", _("provider before")),
    Column("circuit_before", _("circuit before")),
    Column("provider", _("provider")),
    Column("circuit", _("circuit id")),
)
INFORMATION = (
    Column("received", _("received"), "count"),
    Column("granted", _("granted"), "count"),
    Column("refused", _("refused"), "count"),
    Column("ended", _("ended otherwise"), "count"),
    Column("open", _("waiting"), "count"),
    Column("in_time", _("answered in time"), "count"),
    Column("late", _("answered late"), "count"),
    Column("extended", _("extended"), "count"),
)
PART = Column("part_ms", _("counted here"), "stretch")
"""Only where a line was the provider's for a part of the period: what is said of it is said of that part."""

LONGEST_OUTAGES = 40
"""Of one list on paper and on a page: WeasyPrint takes a millisecond for each cell, a page of 5,000 rows two seconds
and 2 MB, and nobody reads either."""

GROUPS: Mapping[str, Any] = {
    "kecamatan": _("By kecamatan"),
    "kelurahan": _("By kelurahan"),
    "agency": _("By agency"),
    "provider": _("By internet provider"),
    "node": _("By node"),
}


def tables(document: Row) -> list[Table]:
    """Every table of the document, the most read ones first."""
    found = [
        Table("city", _("The city"), FIGURES, (document["city"],)),
        Table("causes", _("What cut nodes off"), CAUSES, _causes(document["city"])),
    ]
    for kind, title in GROUPS.items():
        columns = (Column("key", _group_title(kind)), Column("name", _("name")), Column("nodes", _("nodes"), "count"))
        found.append(Table(kind, title, columns + FIGURES, tuple(document["groups"][kind])))
    note = _("Each line is charged with its own part; an outage across the change is divided there, to the second.")
    changes = tuple(document.get("changes", ()))
    found.append(Table("changes", _("Lines that changed within the period"), CHANGES, changes, note))
    found += _unsettled(document)
    for sheet in document["sla"]:
        found += sheet_tables(sheet, document)
    found.append(Table("outages", _("All outages"), OUTAGES, tuple(document["outages"])))
    for make in SERVICES:
        found += make(document["services"])
    return [table for table in found if table.rows]


def shortened(found: Sequence[Table]) -> list[Table]:
    """The tables as they go on paper and on pages: of long lists of outages the longest, and a note that says so."""
    return [
        _shortened(table) if table.columns[0] is OUTAGES[0] and len(table.rows) > LONGEST_OUTAGES else table
        for table in found
    ]


def _shortened(table: Table) -> Table:
    longest = sorted(table.rows, key=lambda row: (-row["lost_s"], row["id"]))[:LONGEST_OUTAGES]
    note = gettext("The %(shown)s longest of %(all)s; all of them are in the CSV and JSON files.") % {
        "shown": LONGEST_OUTAGES, "all": len(table.rows),
    }  # fmt: skip
    return replace(table, rows=tuple(longest), note=f"{table.note} {note}".strip())


def sheet_tables(sheet: Row, document: Row) -> list[Table]:
    """A provider's sheet: its lines, what was excluded, and the outages held against it, of the provider's time."""
    code = sheet["provider"]
    lines = [{**line, "credit": line["credit_pct"]["known"], "part_ms": stretch_of(line)} for line in sheet["lines"]]
    held = [row for row in outages_of(document, code) if row["isp_s"] > 0]
    exclusions = tuple({"cause": cause, "seconds": seconds} for cause, seconds in sheet["exclusions"].items())
    return [
        _with_parts(Table(f"sla-{code}", sheet["name"], LINES, tuple(lines))),
        Table(f"sla-{code}-excluded", _("Excluded"), EXCLUSIONS, exclusions),
        _with_parts(Table(f"sla-{code}-outages", _("Outages held against the ISP"), OUTAGES, tuple(held))),
    ]


def _with_parts(table: Table) -> Table:
    """With the column that says which part counts, and a sentence, where some row is a part."""
    if not any(row.get("part_ms") for row in table.rows):
        return table
    note = _("Where a line was this provider's for a part of the period, only that part counts.")
    behind = next(at for at, column in enumerate(table.columns, 1) if column.key == "circuit")
    return replace(table, columns=(*table.columns[:behind], PART, *table.columns[behind:]), note=note)


def _unsettled(document: Row) -> list[Table]:
    columns = (Column("node", _("node")), Column("day", _("day")))
    rows = tuple({"node": node, "day": day} for node, day in document.get("unsettled", ()))
    note = _("The line changed on these days, and how they divide is still being worked out: no provider is charged.")
    return [Table("unsettled", _("Days still to be divided"), columns, rows, note)]


def _group_title(kind: str) -> Any:
    return {"node": _("node"), "provider": _("code"), "agency": _("code"), "kelurahan": _("code")}.get(
        kind, pgettext_lazy("column", "area")
    )


def _causes(city: Row) -> tuple[Row, ...]:
    from center.core.shares import printed, share_pct

    rows = sorted(city["causes"].items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        {"cause": cause, "seconds": seconds, "share_pct": printed(share_pct(seconds, city["down_s"]))}
        for cause, seconds in rows
        if not cause.startswith("excluded:")
    )


def _complaints(services: Row) -> list[Table]:
    columns = (
        Column("key", _("category")),
        Column("received", _("received"), "count"),
        Column("answered", _("answered"), "count"),
        Column("in_time", _("answered in time"), "count"),
        Column("open", _("waiting"), "count"),
        Column("ended", _("ended otherwise"), "count"),
    )
    return [Table("complaints", _("Complaints"), columns, tuple(services.get("complaints", ())))]


def _participation(services: Row) -> list[Table]:
    columns = (Column("key", _("code")), Column("name", _("kelurahan")), Column("received", _("complaints"), "count"))
    return [Table("participation", _("Participation"), columns, tuple(services.get("participation", ())))]


def _freshness(services: Row) -> list[Table]:
    columns = (
        Column("key", _("public site")),
        Column("state", _("state")),
        Column("fresh_date", _("newest content")),
        Column("age_days", _("age in days"), "count"),
        Column("stale", _("stale"), "flag"),
    )
    return [Table("freshness", _("Freshness of public sites"), columns, tuple(services.get("freshness", ())))]


def _information(services: Row) -> list[Table]:
    note = _(
        "Requests for public information (PPID, UU 14/2008) received in the period; in time: answered within ten "
        "working days, seventeen where extended."
    )
    rows = tuple(services.get("information", ()))
    return [Table("information", _("Requests for information"), INFORMATION, rows, note)]


def _survey(services: Row) -> list[Table]:
    from center.survey.tables import survey_table  # it is made of these tables

    return [survey_table(tuple(services.get("survey", ())))]


SERVICES: tuple[Callable[[Row], list[Table]], ...] = (_complaints, _information, _survey, _participation, _freshness)
