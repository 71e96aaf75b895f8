"""Days, as pages ask for them: a field for one that a calendar can reckon with, and its midnight."""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator

FIRST, LAST = date(2000, 1, 1), date(2999, 12, 31)


def day_field(label: Any) -> forms.DateField:
    """A day between FIRST and LAST, or none: a day more or a month less is a day too."""
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput({"type": "date"}),
        validators=[MinValueValidator(FIRST), MaxValueValidator(LAST)],
    )  # fmt: skip


def midnight_ms(day: date) -> int:
    """When a day begins in the city, as Unix ms."""
    return int(datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE)).timestamp() * 1000)
