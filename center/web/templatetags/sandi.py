"""How pages say moments, ages, states and numbers: `{{ at_ms|moment }}`, `{% age at_ms %}`, `{% badge "DOWN" %}`."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from center.alerts.deadman import dead_since_ms
from center.core.days import DayError, date_of
from center.core.wall_view import FILL_OF_STATE
from center.enrolment.deciding import pending
from center.operations.models import Operation
from center.wall.words import STATES, letters, what_words
from center.web.advice import language, party_word
from center.web.live import now_ms
from center.web.operation_words import CODE_NEXT
from center.web.words import word
from wire.verdicts import RUNGS, VERDICTS

register = template.Library()


@register.filter
def moment(at_ms: int | None, form: str = "full") -> str:
    """Milliseconds since 1970 as 23 Nov 2026 14.32.07 WIB; "time" leaves the date out; "" when there is none."""
    if at_ms is None:
        return "–"
    local = local_moment(at_ms)
    if local is None:
        return _("no possible date")
    if form == "time":
        return date_format(local, "H.i.s")
    return f"{date_format(local, 'j M Y')} {date_format(local, 'H.i.s')} WIB"


@register.simple_tag
def age(at_ms: int | None) -> SafeString:
    """The age of a moment; the page's script keeps it current."""
    if at_ms is None:
        return format_html('<span class="age">{}</span>', _("never"))
    text = _("%(age)s ago") % {"age": duration(now_ms() - at_ms)}
    local = local_moment(at_ms)
    if local is None:
        return format_html('<span class="age">{}</span>', moment(at_ms))
    iso = local.isoformat(timespec="seconds")
    return format_html(
        '<time class="age" data-at="{}" datetime="{}" title="{}">{}</time>', at_ms, iso, moment(at_ms), text
    )


def iso(at_ms: int | None) -> str:
    """Milliseconds since 1970 as ISO 8601 in the city's zone, for tables that programs read; "" when there is none."""
    local = None if at_ms is None else local_moment(at_ms)
    return "" if local is None else local.isoformat(timespec="seconds")


def local_moment(at_ms: int) -> datetime | None:
    """Local time; None for what no calendar holds: a node's clock may say anything."""
    try:
        return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(settings.TIME_ZONE))
    except (ValueError, OverflowError, OSError):
        return None


@register.filter
def day(at_ms: int | None) -> str:
    """The day of a moment in the city, 23 Nov 2026; a dash when there is none."""
    local = None if at_ms is None else local_moment(at_ms)
    return "–" if local is None else date_format(local, "j M Y")


@register.filter
def day_name(number: int) -> str:
    """A day written 20261123 as 23 Nov 2026; what is none, as it is."""
    try:
        return date_format(date_of(number), "j M Y")
    except DayError:
        return str(number)


@register.filter
def weekday_name(number: int) -> str:
    """Mon 23 of a day written 20261123."""
    return date_format(date_of(number), "D j")


@register.filter
def size(count: int | None) -> str:
    """Bytes as people say them: 61 kB, 1.2 GB (powers of ten, like the makers of disks)."""
    value = float(count or 0)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(value) < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{number_format(round(value, 1), 0 if value >= 10 or value.is_integer() else 1)} {unit}"


@register.filter
def of(table: dict[Any, Any], key: Any) -> Any:
    """What a table holds for a key; None for none."""
    return table.get(key)


@register.filter
def ranges(pairs: list[tuple[int, int]], shown: int = 5) -> str:
    """Inclusive ranges as 3, 7–12 …"""
    told = ", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in pairs[:shown])
    return f"{told} …" if len(pairs) > shown else told


@register.simple_tag
def ago_pattern() -> str:
    """How an age is said, for the page's script to fill in."""
    return _("%(age)s ago")


@register.filter
def duration(ms: int) -> str:
    """A duration in one unit."""
    seconds = max(0, round(ms / 1000))
    if seconds < 90:
        return f"{seconds} {_('s')}"
    if seconds < 5400:
        return f"{round(seconds / 60)} {_('min')}"
    if seconds < 172_800:
        return f"{round(seconds / 3600)} {_('h')}"
    return f"{round(seconds / 86_400)} {_('d')}"


@register.filter
def number(value: float | str | None, unit: str = "") -> str:
    """A measured number with at most one decimal and its unit; a dash when it was not measured (absent: "")."""
    if value is None or isinstance(value, str):
        return "–"
    text = number_format(round(value, 1), 0 if value >= 100 or float(value).is_integer() else 1)
    return f"{text} {unit}" if unit else text


@register.filter
def state_word(state: str) -> str:
    """A node's state in words."""
    return _(STATES[state]) if state in STATES else state


@register.filter
def what(code: str) -> str:
    """A verdict's or cause's label in the page's language."""
    return what_words(code) if code else ""


@register.filter
def rung_word(name: str) -> str:
    """What people call a rung of the ladder."""
    known = RUNGS.get(name)
    return known[language() == "en"] if known else name


@register.filter
def next_step(code: str) -> str:
    """The next action of a verdict, in the page's language."""
    known = VERDICTS.get(code)
    return known.action(language()) if known else ""


@register.simple_tag
def badge(state: str, size: int = 28) -> SafeString:
    """The mark of a state: fill, shape and letter, the same as on the wall."""
    fill = FILL_OF_STATE.get(state, "absent")
    context: dict[str, Any] = {"fill": fill, "letter": letters().get(fill, ""), "size": size}
    return SafeString(render_to_string("web/badge.html", context))


@register.filter
def said(code: str, table: str) -> str:
    """A code of one of the tables of `center.web.words` in words: `{{ row.status|said:"status" }}`."""
    return word(table, code)


@register.filter
def next_of(code: str) -> str:
    """What to do about the code a command ended with; "" when nothing is known of it."""
    return _(CODE_NEXT[code]) if code in CODE_NEXT else ""


@register.simple_tag
def answered(probe: dict[str, Any]) -> str:
    """How many of the sent were answered; a dash for probes that read a state instead of sending."""
    sent, lost = probe.get("sent", 0), probe.get("lost", 0)
    return f"{max(0, sent - lost)} / {sent}" if sent else "–"


@register.simple_tag
def picture_age(snapshot: Any) -> SafeString:
    """The age of a picture since its exposure, not since its arrival."""
    return age(snapshot.at_ms - snapshot.age_ms)


@register.simple_tag
def alerts_dead() -> str:
    """Since when the alerts process, which has worked before, does not; "" while all is well."""
    dead_ms = dead_since_ms(now_ms())
    return moment(dead_ms) if dead_ms else ""


@register.simple_tag
def keys_waiting() -> int:
    """How many keys of boxes wait for an operator."""
    return len(pending())


@register.simple_tag
def approvals_waiting() -> int:
    """How many orders to boxes wait for a second person."""
    return Operation.objects.filter(state="waiting").count()


@register.filter
def party_name(party: str) -> str:
    """Whose it is, in words; "" when it is nobody's."""
    return party_word(party)


@register.filter
def resolution(text: str) -> str:
    """Why an incident is over: the timeline's code, and what a person added."""
    code, _sep, added = text.partition(": ")
    return f"{word('resolution', code)}: {added}" if added else word("resolution", code)


@register.simple_tag
def lasted(start_ms: int, end_ms: int) -> str:
    """How long something took."""
    return duration(end_ms - start_ms)


LOAD_HEIGHT = 80
LOAD_MOST = 12
"""Alarms per ten minutes at the chart's upper edge: a little more than a flood."""


@register.simple_tag
def load_height(count: int) -> int:
    """Pixels of the alarm load's chart."""
    return round(min(count, LOAD_MOST) / LOAD_MOST * LOAD_HEIGHT)


@register.simple_tag
def load_top(count: int) -> int:
    """Where a bar of this many alarms begins, from above."""
    return LOAD_HEIGHT + 2 - load_height(count)


@register.simple_tag
def load_left(index: int) -> int:
    """Where the bar of this stretch stands."""
    return index * 5
