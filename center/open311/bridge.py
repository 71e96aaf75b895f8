"""What other channels have collected, taken into the desk: shown first, taken once, taken back by its number.

Each row is a transaction of its own, and a row that is here already (same channel, same external id) is passed over: a
file that was broken off is simply taken again. Nothing is deleted when an import is taken back: what nobody has worked
on is archived as withdrawn.
"""

import re
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from django.db import transaction

from center.complaints.classes import CLASSES
from center.complaints.errors import EntryError
from center.complaints.log import write_log
from center.complaints.manual import IDENTITIES, Entered, Entry, check, enter
from center.complaints.models import Complaint, Event
from center.complaints.outside_names import hashed
from center.complaints.steps import archive
from center.core.complaint_cycle import LifeCycleError
from center.open311.bridge_file import Line, Problem
from center.open311.places import area_of
from center.open311.terms import CATEGORIES
from wire.subjects import BY_CODE

NOTE: Final = "note"
COLUMNS: Final = {"at_ms": "at", "classification": "class"}
"""What the file calls a field of the desk, where that is another name."""
_KNOWN: Final = {"category": CATEGORIES, "subject": BY_CODE, "identity": IDENTITIES, "class": CLASSES}
_NUMBER: Final = re.compile(r"[a-z0-9]+-[0-9]{8}-[0-9]{6}-[0-9a-f]{4}", re.ASCII)


@dataclass(slots=True)
class Outcome:
    """What came of an import. `number` names it for taking it back."""

    number: str
    new: list[Entered] = field(default_factory=list)
    known: int = 0
    problems: list[Problem] = field(default_factory=list)


def problems_of(channel: str, rows: Iterable[Line]) -> list[Problem]:
    """What the desk would not take as it is. Reads the registry; changes nothing."""
    areas: dict[str, bool] = {}
    found: list[Problem] = []
    for row in rows:
        wrong = [name for name, known in _KNOWN.items() if name in row.cells and row.cells[name] not in known]
        code = row.cells.get("area", "")
        if code and not areas.setdefault(code, bool(area_of(code))):
            wrong.append("area")
        found += [Problem(row.line, name, "unknown_word") for name in wrong]
        if not wrong:
            try:
                check(_entry(channel, row))
            except EntryError as error:
                found.append(_refused(row, error))
    return found


def known_count(channel: str, rows: Iterable[Line]) -> int:
    """How many of them are here already."""
    names = [name for row in rows for name in (row.cells["external_id"], hashed(row.cells["external_id"]))]
    parts = [names[start : start + 500] for start in range(0, len(names), 500)]
    return sum(Complaint.objects.filter(channel=channel, external_id__in=part).count() for part in parts)


def take(channel: str, rows: Iterable[Line], *, actor: str, outcome: Outcome) -> Iterator[tuple[Line, Entered]]:
    """Take the rows in, one by one; yields the new ones, with the PIN that is told this once."""
    for row in rows:
        try:
            with transaction.atomic():
                entered = enter(_entry(channel, row), actor=actor)
                if not entered.duplicate:
                    now_ms = time.time_ns() // 1_000_000
                    write_log(
                        entered.service_request_id, NOTE, actor, now_ms, status="received", about=outcome.number
                    )  # fmt: skip
        except EntryError as error:
            outcome.problems.append(_refused(row, error))
            continue
        if entered.duplicate:
            outcome.known += 1
        else:
            outcome.new.append(entered)
            yield row, entered


def take_back(number: str, *, actor: str) -> tuple[int, int]:
    """Archive what an import brought, unless somebody has worked on it: (archived, left as they are)."""
    if not _NUMBER.fullmatch(number):  # a colleague's note is about no import
        return 0, 0
    ids = list(Event.objects.filter(kind=NOTE, about=number).order_by("pk").values_list("complaint_id", flat=True))
    done = 0
    for complaint_id in ids:
        try:
            archive(complaint_id, "withdrawn", actor=actor, seen="received")
        except LifeCycleError:
            continue
        done += 1
    return done, len(ids) - done


def new_number(channel: str, now_s: float) -> str:
    """What an import is called: channel, moment, and four characters so that two of one second differ."""
    return f"{channel}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now_s))}-{secrets.token_hex(2)}"


def _refused(row: Line, error: EntryError) -> Problem:
    return Problem(row.line, COLUMNS.get(error.field, error.field), "refused")


def _entry(channel: str, row: Line) -> Entry:
    cells = row.cells
    area = area_of(cells["area"]) if "area" in cells else ""
    return Entry(
        channel=channel,
        category=cells.get("category", CATEGORIES[0]),
        text=cells["text"],
        subject=cells.get("subject", ""),
        place=area,
        area=area,
        rt_rw=cells.get("rt_rw", ""),
        name=cells.get("name", ""),
        contact=cells.get("contact", ""),
        address=cells.get("address", ""),
        identity=cells.get("identity", ""),
        external_id=cells["external_id"],
        at_ms=row.at_ms,
        classification=cells.get("class", "real"),
        sure="class" in cells,
    )
