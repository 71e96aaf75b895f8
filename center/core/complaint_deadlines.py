"""By when something has to happen to a complaint: a table of terms per kind and status, counted over its log. Pure.

    aduan, laporan,   received, reopened               verification   from filing, or from being taken up again
    saran, pendapat   verified, routed, in_progress    follow_up      from when it was first worked on
                      on_hold                          held           until the date given, else like follow_up
                      on_hold, asked for more          asked          then it closes: no word came
                      answered                         auto_close     then it closes: no word against it
    ppid              whatever is not answered         ppid           from filing, longer when extended; the law's
                                                                      clock does not stop
                      the same, after reopening        objection      from the objection
                      answered                         auto_close     as long as the applicant may object

Handing a complaint from one agency to another does not begin a new term; time on hold is added to it. What has ended
has no term. All terms are working days of a `Calendar`; those of the city count from when the centre has the complaint.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from center.core.complaint_cycle import ENDED
from center.core.working_days import Calendar

WORK: Final = ("verified", "routed", "in_progress")
FRESH: Final = ("received", "reopened")
CLOSING: Final = {"asked": "no_reply", "auto_close": "resolved"}
"""Terms of the citizen's, not the city's: when they end the complaint closes by itself, for this reason."""
CITYS: Final = ("verification", "follow_up", "held", "ppid", "objection")
"""Terms of the city's: what goes past them is overdue."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Working days. Of the national system: 3, 5, 10; of UU 14/2008: 10 + 7, and 30 for an objection."""

    verification_days: int = 3
    follow_up_days: int = 5
    auto_close_days: int = 10
    ppid_days: int = 10
    ppid_extension_days: int = 7
    objection_days: int = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """What a log entry says about time: `kind` happened at `at_ms`, the complaint was `status` then. `until_ms`: of
    one that is held."""

    at_ms: int
    kind: str
    status: str
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """Something has to happen before `at_ms` (Unix ms); `term` is a word of the table above."""

    at_ms: int
    term: str


def due(
    category: str, log: Sequence[Entry], *, extended: bool, asked: bool, terms: Terms, calendar: Calendar
) -> Due | None:
    """The term a complaint is in, by its log (in order, the first entry is its arrival); None when it has ended."""
    moves = _moves(log)
    status, since_ms = moves[-1].status, moves[-1].at_ms
    if status in ENDED:
        return None
    if status == "answered":
        said = (one.at_ms for one in log if one.status == "answered" and one.kind in {"status", "told"})
        days = terms.objection_days if category == "ppid" else terms.auto_close_days
        return Due(calendar.end_of_term(max((since_ms, *said)), days), "auto_close")
    lap = _lap(moves)
    if category == "ppid":
        return _ppid(lap, extended=extended, terms=terms, calendar=calendar)
    if status == "on_hold":
        return _on_hold(log, moves[-1], asked=asked, terms=terms, calendar=calendar)
    if status in FRESH:
        return Due(calendar.end_of_term(lap[0].at_ms, terms.verification_days), "verification")
    start_ms = next((one.at_ms for one in lap if one.status in WORK), since_ms)
    rested = _rested(lap, start_ms, calendar)
    return Due(calendar.end_of_term(start_ms, terms.follow_up_days + rested), "follow_up")


def _ppid(lap: Sequence[Entry], *, extended: bool, terms: Terms, calendar: Calendar) -> Due:
    if lap[0].status == "received":
        more = terms.ppid_extension_days if extended else 0
        return Due(calendar.end_of_term(lap[0].at_ms, terms.ppid_days + more), "ppid")
    return Due(calendar.end_of_term(lap[0].at_ms, terms.objection_days), "objection")


def _on_hold(log: Sequence[Entry], held: Entry, *, asked: bool, terms: Terms, calendar: Calendar) -> Due:
    if asked:
        asked_ms = max((one.at_ms for one in log if one.kind == "asked"), default=held.at_ms)
        return Due(calendar.end_of_term(asked_ms, terms.auto_close_days), "asked")
    if held.until_ms is not None:
        return Due(held.until_ms, "held")
    return Due(calendar.end_of_term(held.at_ms, terms.follow_up_days), "held")


def _moves(log: Sequence[Entry]) -> list[Entry]:
    """The entries at which the status became another one, the arrival first."""
    found = [log[0]]
    for one in log[1:]:
        if one.status != found[-1].status:
            found.append(one)
    return found


def _lap(moves: Sequence[Entry]) -> Sequence[Entry]:
    """From the last time it was new or taken up again: what comes after an end is a lap of its own."""
    begins = 0
    for number, one in enumerate(moves):
        if one.status in FRESH or (number and moves[number - 1].status in (*ENDED, "answered")):
            begins = number
    return moves[begins:]


def _rested(lap: Sequence[Entry], start_ms: int, calendar: Calendar) -> int:
    """Working days on hold since `start_ms`."""
    return sum(
        calendar.between(one.at_ms, after.at_ms)
        for one, after in pairwise(lap)
        if one.status == "on_hold" and one.at_ms >= start_ms
    )


def is_soon(due_ms: int, now_ms: int, days: int, calendar: Calendar) -> bool:
    """Whether a term that has not ended yet ends within so many working days."""
    return now_ms < due_ms and calendar.between(now_ms, due_ms - 1) <= days


def days_late(due_ms: int, now_ms: int, calendar: Calendar) -> int:
    """Whole working days since a term has ended; 0 before, and on the first day after."""
    return max(0, calendar.between(due_ms - 1, now_ms) - 1) if now_ms >= due_ms else 0
