"""Who works at a box now, and who said so before: read for the node's page."""

from dataclasses import dataclass

from center.core import maintenance
from center.operations.models import Maintenance
from center.operations.works import stays_now
from center.web.live import now_ms

STAYS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class StayRow:
    """One notice of a box: work goes on until `until_ms`, or (`active` false) is over. Times are the centre's."""

    active: bool
    at_ms: int
    until_ms: int
    by: str
    ticket: str
    note: str
    received_ms: int


def stay_now(node: str) -> StayRow | None:
    """The work that goes on now, as far as it counts (`center.core.stays`); None when there is none."""
    if node not in stays_now(now_ms()):
        return None
    newest = Maintenance.objects.filter(node=node).order_by("-at_ms", "active", "-lasts_ms").first()
    return _row(newest) if newest else None


def last_stays(node: str) -> list[StayRow]:
    """The newest notices, newest first: who worked here, when, and on what."""
    return [_row(row) for row in Maintenance.objects.filter(node=node).order_by("-at_ms", "-id")[:STAYS_SHOWN]]


def _notice(row: Maintenance) -> maintenance.Notice:
    return maintenance.Notice(row.node, row.at_ms, row.active, row.lasts_ms)


def _row(row: Maintenance) -> StayRow:
    until_ms = maintenance.until_ms(_notice(row))
    return StayRow(row.active, row.at_ms, until_ms, row.by, row.ticket, row.note, row.received_ms)
