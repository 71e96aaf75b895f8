"""Dates as GeoReport writes them: the W3C's subset of ISO 8601, always with a zone. Pure.

https://www.w3.org/TR/NOTE-datetime; the standard wants the zone, so a day alone is refused.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_MOMENT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2})(:[0-9]{2})?(\.[0-9]{1,6})?(Z|[+ -][0-9]{2}:[0-9]{2})", re.ASCII
)
"""A blank where the zone begins is a plus sign that somebody put into an address as it is."""


def read_moment(text: str) -> int | None:
    """Milliseconds since 1970, or None when it is no moment with a zone. Parts of a millisecond are cut off."""
    found = _MOMENT.fullmatch(text)
    if found is None or (found[4] and not found[3]):
        return None
    zone = "+00:00" if found[5] == "Z" else found[5].replace(" ", "+")
    try:
        moment = datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3] or ':00'}{zone}")
        # Through a difference: a year outside of what the platform's clock knows is a number like any other.
        whole = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    except (ValueError, OverflowError):
        return None
    return whole * 1000 + int((found[4] or ".0")[1:].ljust(3, "0")[:3])


def write_moment(at_ms: int, zone: timezone) -> str:
    """2026-11-23T08:15:30+07:00; seconds, rounded down."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at_ms // 1000)
    return moment.astimezone(zone).isoformat(timespec="seconds")
