"""The survey in words: periods, elements, grades."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from center.core import days as calendar
from center.core.survey import ELEMENTS
from center.core.survey_periods import kind, months
from center.web.advice import language

GRADES = {
    "A": gettext_noop("very good"),
    "B": gettext_noop("good service"),
    "C": gettext_noop("less good"),
    "D": gettext_noop("not good"),
}


def period_name(period: str) -> str:
    """ "November 2026", "Quarter IV 2026", "Half-year 2, 2026", "2026" in the active language."""
    found = months(period)
    year, first = divmod(found[0], 100)
    values = {"year": year, "number": (first - 1) // len(found) + 1}
    match kind(period):
        case "month":
            return date_format(calendar.date_of(found[0] * 100 + 1), "F Y")
        case "quarter":
            return _("Quarter %(number)s of %(year)s") % values
        case "half":
            return _("Half-year %(number)s of %(year)s") % values
        case _:
            return str(year)


def element_names() -> list[str]:
    """The nine in the active language, in their order."""
    return [one.name_en if language() == "en" else one.name_id for one in ELEMENTS]


def grade_word(letter: str | None) -> str:
    """What the letter means."""
    return _(GRADES[letter]) if letter in GRADES else ""
