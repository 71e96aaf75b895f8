"""A report's document as texts in the active language, and as the page that stands alone: mailed, printed, or PDF."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from center.core import days as calendar
from center.core.amendments import Change
from center.reports.cells import DASH, for_people, percent
from center.reports.tables import FIGURES, LINES, OUTAGES, Table, shortened, tables
from center.reports.widths import columns_em

KINDS = {"node": gettext_noop("Node"), "outage": gettext_noop("Outage"), "provider": gettext_noop("Provider"),
         "line": gettext_noop("Line")}  # fmt: skip
NUMERIC = frozenset({"count", "seconds", "pct"})


def draw(document: dict[str, Any], title: str, *, for_print: bool = False) -> str:
    """The whole page in the active language. `for_print`: with the vendored fonts, for the PDF."""
    shown = context(document, title, longest_only=for_print) | {"for_print": for_print}
    if for_print:
        shown["tables"] = [table | _widths(table) for table in shown["tables"]]
    return render_to_string("reports/document.html", shown)


def context(document: dict[str, Any], title: str, *, longest_only: bool = False) -> dict[str, Any]:
    """What page and file show alike: the city's figure, a sentence per provider, and every table as texts.

    `longest_only`: of long lists of outages the longest; the whole lists are in the files.
    """
    city, period = document["city"], document["period"]
    found = tables(document)
    return {
        "title": title,
        "footer": title.replace('"', "'").replace("\\", "/"),
        "city": city,
        "city_pct": percent(city["pct"]),
        "city_worst": percent(city["worst_pct"]),
        "city_best": percent(city["best_pct"]),
        "city_coverage": percent(city["coverage_pct"]),
        "until_ms": period["until_ms"],
        "is_running": period["until_ms"] < calendar.bounds(period["last"]).end_ms,
        "sheets_said": [_sheet_said(sheet) for sheet in document["sla"] if sheet["lines"]],
        "tables": [texts(table) for table in (shortened(found) if longest_only else found)],
        "numeric": NUMERIC,
    }


def texts(table: Table) -> dict[str, Any]:
    """A table as texts, and its body as markup, where numbers stand right and names are headings of their rows."""
    rows = [[for_people(column, row) for column in table.columns] for row in table.rows]
    body = _body(rows, [column.kind in NUMERIC for column in table.columns])
    return {
        "id": table.id, "title": table.title, "note": table.note, "columns": table.columns, "rows": rows, "body": body,
    }  # fmt: skip


def _body(rows: Sequence[Sequence[str]], numeric: Sequence[bool]) -> SafeString:
    """Written here and not by the template, which takes four times as long: 30 ms for the 6,000 cells of a month."""
    marks = [
        ('<td class="num">', "</td>") if is_number else ("<td>", "</td>") if at else ('<th scope="row">', "</th>")
        for at, is_number in enumerate(numeric)
    ]
    lines = (
        "".join(f"{mark}{escape(text)}{end}" for text, (mark, end) in zip(row, marks, strict=True)) for row in rows
    )
    return mark_safe("".join(f"<tr>{line}</tr>\n" for line in lines))  # noqa: S308 - every text is escaped


def _widths(table: dict[str, Any]) -> dict[str, Any]:
    """The widths of the columns and of the whole, as style sheets write them in every language."""
    columns = table["columns"]
    widths = columns_em(
        [str(column.title) for column in columns], table["rows"], [one.kind not in NUMERIC for one in columns]
    )
    return {"widths": [f"{width:.2f}em" for width in widths], "width": f"{sum(widths):.2f}em"}


def change_said(change: Change) -> str:
    """One thing an amendment would change, in words."""
    titles = {column.key: str(column.title) for column in (*FIGURES, *OUTAGES, *LINES)}
    what = f", {titles.get(change.what, change.what)}" if change.what else ""
    return f"{_(KINDS[change.kind])} {change.key}{what}: {_plain(change.before)} → {_plain(change.after)}"


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(part)}" for key, part in value.items())
    return DASH if value is None or value == "" else str(value)


def _sheet_said(sheet: Mapping[str, Any]) -> dict[str, Any]:
    """One provider's month in a sentence: kept or not, by what figure, and what credit follows."""
    credit = sheet["credit_pct"]
    known = {"pct": percent(sheet["pct"]), "promised": percent(sheet["promised_pct"]), "lines": len(sheet["lines"])}
    if sheet["kept"] is None:
        sentence = _("nothing is known of its %(lines)s lines in this period.") % known
    elif sheet["kept"]:
        sentence = _("%(pct)s on %(lines)s lines; promised were %(promised)s. Kept.") % known
    else:
        sentence = _("%(pct)s on %(lines)s lines; promised were %(promised)s. Not kept.") % known
    if credit["most"] != "0":
        owed = {"known": percent(credit["known"]), "least": percent(credit["least"]), "most": percent(credit["most"])}
        same = credit["least"] == credit["most"]
        sentence += " " + (
            _("Credit: %(known)s of the month's fee.") % owed
            if same
            else _("Credit: %(known)s of the month's fee (%(least)s to %(most)s with what nobody knows).") % owed
        )
    kept = {True: "yes", False: "no"}.get(sheet["kept"], "unknown")
    return {"provider": sheet["provider"], "name": sheet["name"], "kept_code": kept, "sentence": sentence}
