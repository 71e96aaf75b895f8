"""The answers of a period, added up per unit by the database. Each counts once, however often it was handed in."""

from collections.abc import Collection
from typing import Any

from django.conf import settings

from center.complaints.models import SurveyAnswer
from center.core import days as calendar
from center.core.facts import Span
from center.core.survey import ELEMENTS, Index, Sums, index
from center.ingest.database import select
from center.sites.models import Site

_TOTAL = " + ".join(one.code for one in ELEMENTS)
_SUMS = ", ".join(f"sum({one.code})" for one in ELEMENTS)
# The identity of an answer is its id. A kiosk that lost its memory of an answer and takes the same form again makes
# another id of the same client's id: that is one answer too, the first.
_UNITS = f"""
SELECT unit, count(*), {_SUMS}, sum(({_TOTAL}) * ({_TOTAL})) FROM complaints_surveyanswer
WHERE at_ms >= %s AND at_ms < %s AND id IN (
  SELECT min(id) FROM complaints_surveyanswer GROUP BY node, CASE client_id WHEN '' THEN id ELSE client_id END)
GROUP BY unit ORDER BY unit
"""  # noqa: S608 - columns of our own


def sums_of_units(window: Span, within: Collection[str] | None = None) -> dict[str, Sums]:
    """Unit (the code of a site) -> what was answered about it in [start, end). `within`: these units only."""
    rows = select(_UNITS, (window.start_ms, window.end_ms))
    return {
        unit: Sums(int(n), tuple(int(value) for value in rest[:-1]), int(rest[-1]))
        for unit, n, *rest in rows
        if within is None or unit in within
    }


def survey_rows(window: Span, within: Collection[str] | None = None) -> list[dict[str, Any]]:
    """A row of plain values per unit, and behind them one of all (key ""), where anything was answered."""
    found = sums_of_units(window, within)
    names = {site.code: site.display_name for site in Site.objects.filter(code__in=found)}
    rows = [unit_row(unit, names.get(unit, unit), sums) for unit, sums in found.items()]
    return [*rows, unit_row("", "", sum(found.values(), Sums()))] if rows else []


def unit_row(key: str, name: str, sums: Sums) -> dict[str, Any]:
    """One unit's figures, as report, file and page print them."""
    found = index(sums, least_answers())
    return {"key": key, "name": name, **_plain(found)}


def least_answers() -> int:
    """How many answers a figure needs here (`reports.survey_least_answers`)."""
    return int(settings.CENTER.reports.survey_least_answers)


def months_answered() -> tuple[int, int] | None:
    """The first and the last month with an answer; None before the first."""
    found = SurveyAnswer.objects.order_by("at_ms").values_list("at_ms", flat=True)
    first, last = found.first(), found.last()
    if first is None or last is None:
        return None
    return calendar.month_of(calendar.day_of(first)), calendar.month_of(calendar.day_of(last))


def _plain(found: Index) -> dict[str, Any]:
    return {
        "n": found.n,
        "enough": found.enough,
        "value": found.value,
        "grade": found.grade,
        "low": found.low,
        "high": found.high,
        **{one.code: value for one, value in zip(ELEMENTS, found.elements, strict=True)},
    }
