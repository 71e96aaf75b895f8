"""Complaints as numbers, for screens: how many wait, how many were answered this month, by category. Nothing else."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from center.core.complaint_cycle import WAITING_SQL
from center.web.change_reader import ChangeReader
from center.web.live import State
from center.web.words import CATEGORIES

WAITING = f"""
SELECT category, count(*), sum(CASE WHEN urgent THEN 1 ELSE 0 END), min(received_ms) FROM complaints_complaint
WHERE status IN ({WAITING_SQL}) GROUP BY category
"""  # noqa: S608 - names of our own
# Closed as a duplicate or a prank is no answer.
ANSWERED = """
SELECT category, count(*) FROM complaints_complaint
WHERE (status = 'answered' OR (status = 'closed' AND closed_reason IN ('resolved', 'information')))
AND changed_ms >= ? GROUP BY category
"""


def complaint_counts(reader: ChangeReader, now_ms: int) -> State:
    """{waiting, answered: {category: n}, urgent, oldest: ms or None}; only the four categories, all of them."""
    month = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(settings.TIME_ZONE)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    waiting = reader.query(WAITING)
    answered = {row[0]: row[1] for row in reader.query(ANSWERED, (int(month.timestamp() * 1000),))}
    by_category = {row[0]: row[1] for row in waiting}
    return {
        "waiting": {category: by_category.get(category, 0) for category in CATEGORIES},
        "answered": {category: answered.get(category, 0) for category in CATEGORIES},
        "urgent": sum(int(row[2] or 0) for row in waiting),
        "oldest": min((row[3] for row in waiting), default=None),
    }
