"""The survey's table: what page, CSV file and monthly report draw alike, and the bars beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from center.core.survey import ELEMENTS
from center.reports.tables import Column, Table

ALL_UNITS = gettext_noop("All units")
WIDTH, HIGHEST, LOWEST = 300, 100, 25
"""Of a bar, in units of its own drawing: from 25 to 100."""
LIMITS = (65.0, 76.61, 88.31)
COLUMNS = (
    Column("key", _("code")),
    Column("name", _("unit")),
    Column("n", _("answers"), "count"),
    Column("value", _("index (IKM)")),
    Column("grade", _("grade")),
    Column("low", _("95 % from")),
    Column("high", _("to")),
    *(Column(one.code, one.code.upper()) for one in ELEMENTS),
)


def survey_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """A row per unit, the last of all of them."""
    named = tuple({**row, "name": row["name"] or gettext(ALL_UNITS)} for row in rows)
    note = _(
        "Satisfaction survey by Permen PANRB 14/2017: nine elements (U1 to U9) from 1 to 4; the index is their mean "
        "times 25. The interval is Student's t over those who answered. Too few answers give no figure."
    )
    return Table("survey", _("Satisfaction survey"), COLUMNS, named, note)


def bar(row: Mapping[str, Any]) -> dict[str, float] | None:
    """Where a unit's bar ends and its interval lies, in units of the drawing; None without a figure."""
    if not row["enough"]:
        return None
    return {"end": _x(row["value"]), "low": _x(row["low"]), "high": _x(row["high"]),
            "span": round(_x(row["high"]) - _x(row["low"]), 1)}  # fmt: skip


def limits() -> list[float]:
    """Where the grades C, B and A begin, in units of the drawing."""
    return [_x(value) for value in LIMITS]


def element_end(value: str) -> float:
    """Where the bar of an element (1 to 4) ends."""
    return round((float(value) - 1) / 3 * WIDTH, 1)


def _x(value: str | float) -> float:
    return round((float(value) - LOWEST) / (HIGHEST - LOWEST) * WIDTH, 1)
