"""Complaints as numbers, for screens: how many wait, how many were answered this month, by category. Nothing else."""

from center.core import days
from center.core.complaint_cycle import WAITING_SQL
from center.web.change_reader import ChangeReader
from center.web.live import State
from center.web.words import CATEGORIES

WAITING = f"""
SELECT category, count(*), sum(CASE WHEN urgent THEN 1 ELSE 0 END), min(received_ms) FROM complaints_complaint
WHERE status IN ({WAITING_SQL}) GROUP BY category
"""  # noqa: S608 - names of our own
# By the first answer, as reports and the proof page count: closed as a duplicate or a prank is none.
ANSWERED = "SELECT category, count(*) FROM complaints_complaint WHERE first_answer_ms >= ? GROUP BY category"


def month_start(at_ms: int) -> int:
    """When the month of Asia/Jakarta began that a moment lies in, in ms."""
    first, _last = days.month(days.month_of(days.day_of(at_ms)))
    return days.bounds(first).start_ms


def complaint_counts(reader: ChangeReader, now_ms: int) -> State:
    """{waiting, answered: {category: n}, urgent, oldest: ms or None}; only the four categories, all of them."""
    waiting = reader.query(WAITING)
    answered = {row[0]: row[1] for row in reader.query(ANSWERED, (month_start(now_ms),))}
    by_category = {row[0]: row[1] for row in waiting}
    return {
        "waiting": {category: by_category.get(category, 0) for category in CATEGORIES},
        "answered": {category: answered.get(category, 0) for category in CATEGORIES},
        "urgent": sum(int(row[2] or 0) for row in waiting),
        "oldest": min((row[3] for row in waiting), default=None),
    }
