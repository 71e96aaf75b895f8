"""How the public pages say codes and dates: `{{ code|spaced }}`, `{{ due_ms|due_day }}`, `{{ at_ms|minute_word }}`,
`{{ 2.5|working_days }}`, `{{ 41.2|hours_text }}`."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def spaced(code: str) -> str:
    """A ticket code in two halves, as it is read aloud."""
    return f"{code[:5]} {code[5:]}" if len(code) == 10 else code


@register.filter
def due_day(due_ms: int) -> str:
    """The last day of a term: terms end with the midnight after it."""
    return str(date_format(_local(due_ms - 1), "j F Y"))


@register.filter
def minute_word(at_ms: int) -> str:
    """23 November 2026 14.32."""
    local = _local(at_ms)
    return f"{date_format(local, 'j F Y')} {date_format(local, 'H.i')}"


def _local(at_ms: int) -> datetime:
    bounded_s = min(max(at_ms, 0), 4_102_444_800_000) / 1000  # a clock may say anything
    return datetime.fromtimestamp(bounded_s, ZoneInfo(settings.TIME_ZONE))


@register.filter
def working_days(count: float) -> str:
    """2.5 as "2,5 working days"; 0 is the day itself."""
    if count == 0:
        return _("the same day")
    shown = number_format(count, 0 if float(count).is_integer() else 1)
    return ngettext("%(shown)s working day", "%(shown)s working days", 1 if count == 1 else 2) % {"shown": shown}


@register.filter
def hours_text(hours: float) -> str:
    """Hours of the clock, nights and holidays included."""
    return _("%(hours)s hours") % {"hours": number_format(hours, 0 if hours >= 10 else 1)}
