"""How pages say availability: `{{ pct|percent }}`, `{{ 20261123|day_word }}`, `{{ seconds|hours_word }}`,
`{{ "83.33"|decimal_text }}`."""

from datetime import date
from math import floor

from django import template
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def percent(value: float | None, decimals: int = 2) -> str:
    """Cut, never rounded up: 99.999 of a promised 100 is not kept, and must not look so."""
    if value is None:
        return "–"
    scale = 10**decimals
    return f"{number_format(floor(value * scale + 1e-9) / scale, decimals)}\N{NO-BREAK SPACE}%"


@register.filter
def decimal_text(text: str | None) -> str:
    """A number that was printed as text ("83.33") as the language writes it; a dash where there is none."""
    return "–" if text is None else str(number_format(text))


@register.filter
def day_word(day: int) -> str:
    """20261123 as 23 Nov 2026."""
    return str(date_format(date(day // 10_000, day // 100 % 100, day % 100), "j M Y"))


@register.filter
def hours_word(seconds: int) -> str:
    """Seconds as "3 h 20 min", as people say how long something was away."""
    minutes = seconds // 60
    if minutes < 1:
        return f"{seconds} {_('s')}"
    hours, rest = divmod(minutes, 60)
    return f"{hours} {_('h')} {rest} {_('min')}" if hours else f"{rest} {_('min')}"
