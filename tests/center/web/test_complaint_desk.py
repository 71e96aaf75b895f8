"""Complaints at the desk: sealed until opened by name, answered through the downlink."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city

NODE = "kel-3673011001"
SECRET = "Lampu jalan padam tiga malam"


@pytest.fixture
def sealed(city: Path) -> str:
    """The id of a complaint sealed with this centre's key."""
    from center.sealing import make_key_pair

    wall_city.add_node(NODE)
    return wall_city.add_complaint(NODE, SECRET, make_key_pair(city / "keys"), urgent=True)


def test_the_text_stays_sealed_until_somebody_opens_it_and_the_log_says_who(
    sealed: str, client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Event

    client = client_as("operator")
    assert SECRET not in client.get(f"/complaints/{sealed}/").content.decode()
    assert SECRET not in client.get("/complaints/").content.decode()
    opened = client.post(f"/complaints/{sealed}/open", headers={"hx-request": "true"})
    assert SECRET in opened.content.decode()
    assert "<html" not in opened.content.decode()
    assert "4821" not in opened.content.decode()
    assert [(event.kind, event.actor) for event in Event.objects.all()] == [("opened", "operator")]
    whole = client.post(f"/complaints/{sealed}/open").content.decode()
    assert SECRET in whole
    assert "<html" in whole
    assert "no-store" in opened.headers["Cache-Control"]


def test_a_missing_key_is_said_with_its_name(sealed: str, city: Path, client_as: Callable[[str], Any]) -> None:
    (city / "keys" / "seal.key").unlink()
    page = client_as("operator").post(f"/complaints/{sealed}/open").content.decode()
    assert "no sealing key" in page
    assert SECRET not in page


def test_an_answer_moves_the_complaint_on_and_is_owed_to_its_kiosk(
    sealed: str, client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Complaint, Event
    from center.operations.models import Downlink

    client = client_as("operator")
    answer = client.post(f"/complaints/{sealed}/reply", {"status": "answered", "text": "Sudah diperbaiki."})
    assert answer.status_code == 302
    complaint = Complaint.objects.get(pk=sealed)
    assert complaint.status == "answered"
    owed = Downlink.objects.get()
    assert (owed.node, owed.leaf) == (NODE, "reply")
    assert json.loads(owed.body)["text"] == "Sudah diperbaiki."
    assert json.loads(owed.body)["service_request_id"] == sealed
    last = Event.objects.last()
    assert last is not None
    assert (last.actor, last.status) == ("operator", "answered")
    page = client.get(f"/complaints/{sealed}/").content.decode()
    assert "1 jawaban masih dalam perjalanan" in page


def test_closing_needs_a_reason(sealed: str, client_as: Callable[[str], Any]) -> None:
    from center.complaints.models import Complaint
    from center.operations.models import Downlink

    client = client_as("operator")
    refused = client.post(f"/complaints/{sealed}/reply", {"status": "closed", "text": "Selesai."})
    assert refused.status_code == 422
    assert "Penutupan perlu alasan" in refused.content.decode()
    assert not Downlink.objects.exists()
    done = client.post(
        f"/complaints/{sealed}/reply", {"status": "closed", "closed_reason": "resolved", "text": "Selesai."}
    )
    assert done.status_code == 302
    assert Complaint.objects.get(pk=sealed).closed_reason == "resolved"


def test_a_status_that_cannot_be_reached_is_refused(sealed: str, client_as: Callable[[str], Any]) -> None:
    from center.complaints.models import Complaint

    Complaint.objects.update(status="closed", closed_reason="resolved")
    answer = client_as("operator").post(f"/complaints/{sealed}/reply", {"status": "verified", "text": "x"})
    assert answer.status_code == 422


def test_the_list_shows_waiting_ones_urgent_first_and_the_rest_on_request(
    sealed: str, client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Complaint

    urgent = Complaint.objects.get().code
    older = {"received_ms": 1, "at_ms": 1}
    wall_city.add_complaint(NODE, code="AAAAAAAAAA", **older)
    wall_city.add_complaint(NODE, code="BBBBBBBBBB", status="answered", **older)
    client = client_as("operator")
    page = client.get("/complaints/").content.decode()
    assert page.index(urgent) < page.index("AAAAAAAAAA")
    assert "BBBBBBBBBB" not in page
    assert "BBBBBBBBBB" in client.get("/complaints/?status=all").content.decode()
    assert "2 menunggu, 1 mendesak" in page
