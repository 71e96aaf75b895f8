"""Which complaints call for somebody: those past their term or nearly so per agency, and urgent ones nobody has read.
Pure.

One trouble per agency (or the desk itself, "") however many complaints, and one per place for urgent ones: a flood is
one message that grows. A trouble begins, grows, gets worse and ends; `changes` says which of these happened.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from center.core.complaint_deadlines import days_late, is_soon
from center.core.working_days import Calendar

OVERDUE: Final = "overdue"
URGENT: Final = "urgent"
AGAIN_MS: Final = 20 * 3_600_000
"""More overdue complaints of one agency are told once a day, in the morning's first round after this pause."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is so now with (kind, subject). `late` complaints (of urgent ones: unread), `soon` more on the way; the
    first is since `since_ms`: the end of its term, or the moment it was filed. `cause`: "late", "soon" or "".
    `newest_ms`: when the last of urgent ones came, or was taken up again."""

    kind: str
    subject: str
    severity: str
    cause: str
    late: int
    soon: int
    since_ms: int
    newest_ms: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """An open incident as it was told last: `late` complaints, at `told_ms`."""

    severity: str
    cause: str
    late: int
    told_ms: int


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a trouble: opened | grew | escalated | resolved. `trouble` None: it is over."""

    what: str
    kind: str
    subject: str
    trouble: Trouble | None


def overdue(
    rows: Iterable[tuple[str, int]], now_ms: int, *, reminder_days: int, escalation_days: int, calendar: Calendar
) -> list[Trouble]:
    """By agency, from (agency, due_ms) of everything that waits for the city."""
    terms: dict[str, list[int]] = {}
    for agency, due_ms in rows:
        terms.setdefault(agency, []).append(due_ms)
    found = []
    for agency, dues in sorted(terms.items()):
        late = sorted(due_ms for due_ms in dues if due_ms <= now_ms)
        soon = sorted(due_ms for due_ms in dues if is_soon(due_ms, now_ms, reminder_days, calendar))
        if not late and not soon:
            continue
        worst = days_late(late[0], now_ms, calendar) if late else 0
        severity = "critical" if late and worst > escalation_days else "warning"
        cause = "late" if late else "soon"
        found.append(Trouble(OVERDUE, agency, severity, cause, len(late), len(soon), (late or soon)[0]))
    return found


def urgent(rows: Iterable[tuple[str, int, int]]) -> list[Trouble]:
    """By place, from (place, filed_ms, came_ms) of urgent complaints nobody has read yet."""
    unread: dict[str, list[tuple[int, int]]] = {}
    for place, filed_ms, came_ms in rows:
        unread.setdefault(place, []).append((filed_ms, came_ms))
    return [
        Trouble(URGENT, place, "critical", "", len(of), 0, min(of)[0], max(came_ms for _filed_ms, came_ms in of))
        for place, of in sorted(unread.items())
    ]


def changes(troubles: Iterable[Trouble], open_ones: Mapping[tuple[str, str], Standing], now_ms: int) -> list[Change]:
    """What is to be written and told, given the open incidents of both kinds."""
    now = {(one.kind, one.subject): one for one in troubles}
    found = [Change("resolved", *key, None) for key in sorted(open_ones.keys() - now.keys())]
    for key, trouble in now.items():
        standing = open_ones.get(key)
        if standing is None:
            found.append(Change("opened", *key, trouble))
        elif trouble.severity == "critical" and standing.severity != "critical":
            found.append(Change("escalated", *key, trouble))
        elif _is_more(trouble, standing, now_ms):
            found.append(Change("grew", *key, trouble))
    return found


def _is_more(trouble: Trouble, standing: Standing, now_ms: int) -> bool:
    if trouble.cause != standing.cause and trouble.cause == "late":
        return True
    if trouble.kind == URGENT:  # a new one calls also while others have been read meanwhile
        return trouble.late > standing.late or trouble.newest_ms > standing.told_ms
    return trouble.late > standing.late and now_ms - standing.told_ms >= AGAIN_MS
