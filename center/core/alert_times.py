"""Moments and lengths of time as messages and commands say them, in Indonesian or English. Pure."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from center.core.alert_words import MONTHS, UNITS, column, line

_WIB: Final = timezone(timedelta(hours=7), "WIB")


def moment(at_ms: int, language: str) -> str:
    """23 Nov 2026 14.05 WIB; what no calendar holds is said so: a node's clock may claim anything."""
    try:
        local = datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(_WIB)
    except (ValueError, OverflowError, OSError):
        return line("no_time", language)
    return f"{local.day} {MONTHS[column(language)].split()[local.month - 1]} {local.year} {local:%H.%M} WIB"


def length(span_ms: int, language: str) -> str:
    """How long, in the two largest units that say something."""
    minutes = max(0, span_ms) // 60_000
    parts = [(minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute")]
    said = [_units(number, unit, language) for number, unit in parts if number][:2]
    return " ".join(said) or _units(max(0, span_ms) // 1000, "second", language)


def _units(number: int, unit: str, language: str) -> str:
    return f"{number} {UNITS[unit][column(language)]}"
