"""A centre of before learns from its log when each complaint was first answered."""

from importlib import import_module
from pathlib import Path

import pytest

from tests.support import wall_city

NODE = "kel-3673011009"
pytestmark = pytest.mark.usefixtures("center_data")


def add(status: str, entries: list[tuple[str, str, str, int]] | None = None, closed_reason: str = "") -> str:
    """A row as the centre of before left it; entries of (kind, status, about, at_ms)."""
    from center.complaints.log import write_log

    key = wall_city.add_complaint(
        NODE, status=status, closed_reason=closed_reason, changed_ms=9000, first_answer_ms=None
    )
    for kind, state, about, at_ms in entries or []:
        write_log(key, kind, "operator", at_ms, status=state, about=about)
    return key


def test_the_first_answer_is_read_from_the_log_and_else_from_the_last_step(center_data: Path) -> None:
    from django.db import connection

    from center.complaints.models import Complaint

    answered = [("received", "received", "", 1), ("status", "answered", "", 300), ("status", "answered", "", 500)]
    closed = [("received", "received", "", 1), ("closed", "closed", "resolved", 700)]
    expected = {
        add("answered", answered): 300,
        add("reopened", [*answered, ("reopened", "reopened", "", 600)]): 300,
        add("closed", closed, "resolved"): 700,
        add("closed", [("closed", "closed", "", 800)], "information"): 800,
        add("closed", [("closed", "closed", "prank", 700)], "prank"): None,
        add("answered"): 9000,
        add("closed", None, "resolved"): 9000,
        add("closed", None, "no_reply"): None,
        add("received"): None,
    }
    known = wall_city.add_complaint(NODE, status="answered", first_answer_ms=42)
    with connection.cursor() as cursor:
        cursor.execute(import_module("center.complaints.migrations.0004_first_answers").FILL)
    assert dict(Complaint.objects.values_list("pk", "first_answer_ms")) == {**expected, known: 42}
