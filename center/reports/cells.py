"""Values of a report's tables as text: for people in their language, and for programs in one fixed form.

People read 12:34:56 (hours, minutes, seconds) and moments of Asia/Jakarta; programs read whole seconds and ISO 8601.
Both floor to whole seconds, as the arithmetic does, so all formats say the same second.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from center.core.spreadsheet import harmless
from center.reports.tables import Column, Row
from center.wall.words import PARTIES, what_words
from center.web.templatetags.sandi import iso, moment

DASH = "–"


def for_people(column: Column, row: Row) -> str:
    """One cell in the active language. Where too little is known, that stands in the place of the figure."""
    value = row.get(column.key)
    if column.key == "pct" and row.get("enough") is False:
        return _("not enough data")
    return DASH if value is None or value == "" else _PEOPLE[column.kind](value)


def for_programs(column: Column, row: Row) -> str:
    """One cell of a CSV file. A text that a spreadsheet would run as a formula is made harmless."""
    value = row.get(column.key)
    if value is None:
        return ""
    text = _PROGRAMS.get(column.kind, str)(value)
    return harmless(text) if column.kind == "text" else text


def clock(seconds: int) -> str:
    """Whole seconds as hours:minutes:seconds; hours are not cut at a day."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def _moment(at_ms: int) -> str:
    return moment(at_ms - at_ms % 1000)


def _between(bounds: list[int]) -> str:
    earliest, latest = (_moment(at_ms) for at_ms in bounds)
    return earliest if earliest == latest else f"{earliest} … {latest}"


def _stretch(edges: list[int | None]) -> str:
    """From when until when, where one side may be open."""
    from_ms, until_ms = edges
    if from_ms is None or until_ms is None:
        at_ms = until_ms if from_ms is None else from_ms
        words = _("until %(moment)s") if from_ms is None else _("from %(moment)s")
        return words % {"moment": _moment(at_ms or 0)}
    return f"{_moment(from_ms)} – {_moment(until_ms)}"


def _iso(at_ms: int) -> str:
    return iso(at_ms - at_ms % 1000)


def percent(text: str | None) -> str:
    """A percentage as the document writes it, for people; a dash where there is none."""
    if text is None:
        return DASH
    whole, point, rest = str(text).partition(".")
    return f"{number_format(f'{whole}{point}{rest}', use_l10n=True)} %"


def _cause(code: str) -> str:
    return _OWN_WORDS[code]() if code in _OWN_WORDS else f"{code} {what_words(code)}".strip()


_OWN_WORDS: Mapping[str, Callable[[], str]] = {
    "planned": lambda: _("switched off on purpose"),
    "restart": lambda: _("restarted, cause unknown"),
    "silent": lambda: _("not heard, cause unknown"),
    "maintenance": lambda: _("planned work"),
}
_PEOPLE: Mapping[str, Callable[[Any], str]] = {
    "text": str,
    "count": lambda value: number_format(value, 0, force_grouping=True),
    "seconds": clock,
    "pct": percent,
    "moment": _moment,
    "between": _between,
    "stretch": _stretch,
    "flag": lambda value: _("yes") if value else _("no"),
    "cause": _cause,
    "party": lambda party: _(PARTIES[party]) if PARTIES.get(party) else DASH,
}
_PROGRAMS: Mapping[str, Callable[[Any], str]] = {
    "moment": _iso,
    "between": lambda bounds: "/".join(_iso(at_ms) for at_ms in bounds),
    "stretch": lambda edges: "/".join("" if at_ms is None else _iso(at_ms) for at_ms in edges),
    "flag": lambda value: "1" if value else "0",
}
