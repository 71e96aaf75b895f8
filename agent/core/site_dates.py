"""Dates as web pages write them: Indonesian, English and ISO, with or without a time.

Only whole dates count (day, month and year): a lone year or month is a copyright notice or an archive as often as news.
Every pattern has bounded repetitions and begins at a fixed letter or digit, so that its cost grows with the text's
length alone, whatever a hostile page holds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_NAMES = (
    ("januari", "january", "jan"),
    ("februari", "pebruari", "february", "feb", "peb"),
    ("maret", "march", "mar"),
    ("april", "apr"),
    ("mei", "may"),
    ("juni", "june", "jun"),
    ("juli", "july", "jul"),
    ("agustus", "august", "agust", "agt", "ags", "agu", "aug"),
    ("september", "sept", "sep"),
    ("oktober", "october", "okt", "oct"),
    ("november", "nopember", "nov", "nop"),
    ("desember", "december", "des", "dec"),
)
_MONTHS = {name: number for number, names in enumerate(_NAMES, 1) for name in names}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_GAP = r"[\s.,/\-]{1,3}"
_WRITTEN = re.compile(
    rf"(?<![\w./\-])(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?{_GAP}(?P<month>{_MONTH}){_GAP}(?P<year>\d{{4}})"
    rf"|(?P<month2>{_MONTH})\.?\s{{1,2}}(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,?\s{{1,2}}(?P<year2>\d{{4}})"
    r"|(?P<year3>\d{4})-(?P<month3>\d{2})-(?P<day3>\d{2})"
    r"|(?P<day4>\d{1,2})(?P<mark>[/.\-])(?P<month4>\d{1,2})(?P=mark)(?P<year4>\d{4}))(?!\d|[./\-]\d)",
    re.IGNORECASE | re.ASCII,
)
_AGO = re.compile(
    r"(?<![\w])(?P<count>\d{1,3})\s{1,2}"
    r"(?:(?P<id>hari|minggu|pekan|bulan|tahun)\s{1,2}(?:yang\s{1,2})?lalu|(?P<en>day|week|month|year)s?\s{1,2}ago)\b",
    re.IGNORECASE | re.ASCII,
)
_DAYS = {"hari": 1, "minggu": 7, "pekan": 7, "bulan": 30, "tahun": 365, "day": 1, "week": 7, "month": 30, "year": 365}
_COPYRIGHT = ("©", "copyright", "hak cipta", "(c)", "&copy;")
_COPYRIGHT_REACH = 20
"""Characters before a date in which a copyright sign makes it part of a legal notice."""
EARLIEST = date(1995, 1, 1)
"""The first web sites of Indonesia; what is older speaks of history, not of the page."""
MAX_FOUND = 400
"""Dates of one text that are looked at: a page holds tens."""


@dataclass(frozen=True, slots=True)
class Found:
    """One date in a text; `relative`: it was written as an age (`3 hari lalu`), so it is as the page was made."""

    day: date
    relative: bool = False


def dates_in(text: str, today: date) -> Iterator[Found]:
    """The whole dates in `text`, at most MAX_FOUND, none before EARLIEST. `today` is what ages count from."""
    for count, match in enumerate(_WRITTEN.finditer(text)):
        if count >= MAX_FOUND:
            break
        before = text[max(0, match.start() - _COPYRIGHT_REACH) : match.start()].lower()
        found = _date(match)
        if found is not None and not any(sign in before for sign in _COPYRIGHT):
            yield Found(found)
    for count, match in enumerate(_AGO.finditer(text)):
        if count >= MAX_FOUND:
            break
        unit = (match["id"] or match["en"]).lower()
        day = today - timedelta(days=int(match["count"]) * _DAYS[unit])
        if day >= EARLIEST:
            yield Found(day, relative=True)


def first_date(text: str) -> date | None:
    """The first whole date of a short text: an attribute, an element of a feed, a header."""
    match = _WRITTEN.search(text[:200])
    return _date(match) if match is not None else None


def _date(match: "re.Match[str]") -> date | None:
    if match["year"]:
        year, month, day = match["year"], _MONTHS[match["month"].lower()], match["day"]
    elif match["year2"]:
        year, month, day = match["year2"], _MONTHS[match["month2"].lower()], match["day2"]
    elif match["year3"]:
        year, month, day = match["year3"], int(match["month3"]), match["day3"]
    else:
        year, month, day = match["year4"], int(match["month4"]), match["day4"]
        if month > 12 >= int(day):  # written the American way; else the day comes first, as everywhere here
            month, day = int(day), str(month)
    try:
        found = date(int(year), month, int(day))
    except ValueError:
        return None
    return found if found >= EARLIEST else None
