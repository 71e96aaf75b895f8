"""Complaints for tests: sealed as a kiosk seals them, with a code and a PIN of their own; and survey answers."""

import secrets
import uuid
from pathlib import Path
from typing import Any

from tests.support import wall_city
from wire.tickets import make_code

PIN = "4821"  # of every complaint `wall_city.add_complaint` makes


def code() -> str:
    """A ticket code that is one."""
    return make_code(secrets.token_bytes(6))


def add_ticket(data: Path, node: str, text: str = "Lampu jalan padam", **fields: Any) -> tuple[str, str]:
    """One complaint, sealed with the key of the centre of this data directory; its id and its code."""
    from center.sealing import make_key_pair

    ticket = str(fields.pop("code", "") or code())
    return wall_city.add_complaint(node, text, make_key_pair(data / "keys"), code=ticket, **fields), ticket


def add_answers(unit: str, *answers: tuple[int, ...], at_ms: int = 0, **fields: Any) -> None:
    """One answered survey for each tuple of nine, answered now unless said otherwise."""
    from center.complaints.models import SurveyAnswer

    at_ms = at_ms or wall_city.now_ms() - 1000
    for scores in answers:
        known = str(uuid.uuid4())
        values = {
            "id": known, "node": unit, "place": unit, "unit": unit, "epoch": "epoch-1",
            "seq": SurveyAnswer.objects.count() + 1, "boot": "boot-1", "mono_ms": 1, "wall_ms": at_ms, "at_ms": at_ms,
            "at_quality": "ntp", "received_ms": at_ms, "channel": "web", "client_id": known,
            **{f"u{number}": score for number, score in enumerate(scores, 1)}, **fields,
        }  # fmt: skip
        SurveyAnswer.objects.create(**values)
