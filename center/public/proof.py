"""How the city answers, as numbers everybody may read: one document a month, the page and its JSON alike.

Made of the same reading as the reports (`center.reports.answering`). No figure of complaints concerns fewer than five
people; what is hidden is null, and `hidden` says so. Two are shown however small: requests for information of a year in
the whole city, which the law wants published, and how many answered the survey (its index needs as many answers as in
the reports). No row of a person, no text, no code.
"""

from collections.abc import Callable
from typing import Any

from django.core.cache import cache

from center.connectivity.findings import findings
from center.connectivity.models import GapLedger, HeldStatement
from center.core import days as calendar
from center.core.facts import Span
from center.core.gap_reasons import gap_class
from center.core.small_numbers import LEAST, hidden, is_small
from center.core.survey_periods import around, bounds, months
from center.ingest.models import Listener
from center.reports.answering import Voice, information, medians, of_people, voices
from center.sites.models import Site
from center.survey.reading import survey_rows

KEPT_S = 60
MONTHS_SHOWN = 12
LISTENING_MS = 15_000
KIOSK = frozenset({"cli", "web", "serial"})
STREAMS = ("complaint", "attachment")
NOT_LOST = frozenset({"renumbered", "epoch"})
"""Entries of the ledger by which nothing went missing."""
Row = dict[str, Any]


def proof(month: int, now_ms: int) -> Row:
    """The document of a month (202611), at most a minute old. DayError for a number that is no month."""
    key = f"public-proof-{month}"
    kept = cache.get(key)
    if kept is None or kept["made_ms"] > now_ms:
        kept = document(month, now_ms)
        cache.set(key, kept, KEPT_S)
    return dict(kept)


def document(month: int, now_ms: int) -> Row:
    """The same, made now."""
    first, last = calendar.month(month)
    whole = _window(first, last)
    own = of_people(voices(whole))
    quarter, year = around(month)["quarter"], around(month)["year"]
    return {
        "month": month,
        "made_ms": now_ms,
        "runs": whole.end_ms > now_ms,
        "least": LEAST,
        "city": {"key": "", **_figures(own)},
        "agencies": _named(_grouped(own, lambda one: one.agency)),
        "channels": _grouped(own, lambda one: "kiosk" if one.channel in KIOSK else one.channel),
        "months": [_of_month(one) for one in _months_before(month)],
        "information": {"period": year, **information(voices(bounds(year)))},
        "survey": {"period": quarter, "units": survey_rows(bounds(quarter))},
        "integrity": _integrity(),
        "freshness": _freshness(now_ms),
    }


def _window(first: int, last: int) -> Span:
    return Span(calendar.bounds(first).start_ms, calendar.bounds(last).end_ms)


def _figures(found: list[Voice], *, covered: bool = False) -> Row:
    """What is said of some complaints. `covered`: hidden although it is no small number, to cover another row."""
    answered = [one for one in found if one.answered_ms is not None]
    if covered or is_small(len(found)):
        return {"hidden": True, "received": None, "answered": None, "waiting": None, "median_hours": None,
                "median_working_days": None}  # fmt: skip
    enough = answered if len(answered) >= LEAST else []
    return {
        "hidden": False,
        "received": len(found),
        "answered": len(answered),
        "waiting": sum(one.waits for one in found),
        **medians(enough),
    }


def _grouped(found: list[Voice], key_of: Callable[[Voice], str]) -> list[Row]:
    """A row per key, the most asked first; small ones hidden, and what would give them away."""
    groups: dict[str, list[Voice]] = {}
    for one in found:
        groups.setdefault(key_of(one), []).append(one)
    covered = hidden({key: len(rows) for key, rows in groups.items()})
    rows = [{"key": key, **_figures(rows, covered=key in covered)} for key, rows in groups.items()]
    return sorted(rows, key=lambda row: (-(row["received"] or 0), row["key"]))


def _named(rows: list[Row]) -> list[Row]:
    names = {site.code: site.display_name for site in Site.objects.filter(code__in=[row["key"] for row in rows])}
    return [{**row, "name": names.get(row["key"], row["key"])} for row in rows]


def _of_month(month: int) -> Row:
    return {"month": month, **_figures(of_people(voices(_window(*calendar.month(month)))))}


def _months_before(month: int) -> list[int]:
    """The twelve months that end with this one, the newest first."""
    year, number = divmod(month, 100)
    at = year * 12 + number - 1
    return [one // 12 * 100 + one % 12 + 1 for one in range(at, at - MONTHS_SHOWN, -1)]


def _integrity() -> Row:
    """What is known to be missing of what citizens handed in at kiosks, all time: complaints and their photographs."""
    found = [row for row in findings() if row.stream in STREAMS]
    declared = GapLedger.objects.filter(stream__in=STREAMS, count__gt=0).values_list("reason", "count")
    return {
        "known": HeldStatement.objects.exists(),
        "missing": sum(row.count for row in found if row.kind == "fault"),
        "checking": sum(row.count for row in found if row.kind == "checking"),
        "lost": sum(row.count for row in found if row.kind in {"card", "restore"})
        + sum(count for reason, count in declared if gap_class(reason) not in NOT_LOST),
    }


def _freshness(now_ms: int) -> Row:
    """Whether the centre hears the kiosks at all, and the day a complaint last came: no moment, it is somebody's."""
    from center.complaints.models import Complaint

    newest = Complaint.objects.order_by("-received_ms").values_list("received_ms", flat=True).first()
    return {
        "hears": Listener.objects.filter(connected=True, alive_ms__gt=now_ms - LISTENING_MS).exists(),
        "newest_day": None if newest is None else calendar.day_of(newest),
    }


def month_shown(text: str, now_ms: int) -> int:
    """The month asked for ("" = this one). PeriodError or DayError for what is none, or has not begun."""
    this = calendar.month_of(calendar.day_of(now_ms))
    if not text:
        return this
    found = months(text)
    if len(found) != 1 or found[0] > this:
        raise calendar.DayError(f"{text!r} is no month that has begun")
    return found[0]
