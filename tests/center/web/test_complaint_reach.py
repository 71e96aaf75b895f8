"""Whose complaints an agency and a lurah see, what they may do with them, and what stays hidden from them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import desk_city, wall_city

OWN, FOREIGN, AGENCY = "kel-3673011001", "kel-3673011002", "opd-dishub"
TEXT = "Pungutan liar di loket"
REASON = {"why": "handle"}


@pytest.fixture
def voices(city: Path) -> dict[str, str]:
    """Complaints by what they are to the lurah of OWN and to AGENCY."""
    for node in (OWN, FOREIGN):
        wall_city.add_node(node)
    wall_city.give_sites("lurah", OWN)
    wall_city.give_sites("agency", AGENCY)
    made = {
        "own": desk_city.voice(city, OWN, TEXT),
        "about": desk_city.voice(city, FOREIGN, TEXT, area=OWN),
        "foreign": desk_city.voice(city, FOREIGN, TEXT),
        "routed": desk_city.voice(city, FOREIGN, TEXT, agency=AGENCY, status="routed"),
        "own_routed": desk_city.voice(city, OWN, TEXT, agency=AGENCY, status="routed"),
        "confidential": desk_city.voice(city, FOREIGN, TEXT, agency=AGENCY, status="routed", identity="confidential",
                                        photos=1),
    }  # fmt: skip
    desk_city.add_photo(city, made["confidential"])
    return made


def codes(client: Any, query: str = "show=all") -> set[str]:
    return set(
        re.findall(r'class="code" href="/complaints/([0-9a-f-]{36})/"', text(client.get(f"/complaints/?{query}")))
    )


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("agency", {"routed", "own_routed", "confidential"}),
        ("lurah", {"own", "about", "own_routed"}),
        ("operator", {"own", "about", "foreign", "routed", "own_routed", "confidential"}),
    ],
)
def test_each_sees_its_own_and_a_foreign_one_is_as_if_it_were_not(
    role: str, seen: set[str], voices: dict[str, str], client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Complaint, Event

    client = client_as(role)
    mine = {voices[name] for name in seen}
    assert codes(client) == mine
    table = text(client.get("/complaints/table.csv?show=all"))
    before = Event.objects.count()
    for name, request_id in voices.items():
        code = Complaint.objects.get(pk=request_id).code
        assert (code in table) == (name in seen)
        assert client.get(f"/complaints/{request_id}/").status_code == (200 if name in seen else 404)
        if name not in seen:
            for step in ("open", "photos", "reply", "do/note", "do/take"):
                values = {**REASON, "status": "answered", "text": "x"}
                assert client.post(f"/complaints/{request_id}/{step}", values).status_code == 404, (name, step)
    assert Event.objects.count() == before


def test_an_agency_opens_takes_up_and_answers_what_was_passed_on_to_it(
    voices: dict[str, str], client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Complaint, Disclosure

    client, one = client_as("agency"), voices["routed"]
    assert codes(client, "show=mine") == {one, voices["own_routed"], voices["confidential"]}
    assert TEXT in text(client.post(f"/complaints/{one}/open", REASON))
    assert client.post(f"/complaints/{one}/do/take").status_code == 302
    assert client.post(f"/complaints/{one}/reply", {"status": "answered", "text": "Selesai."}).status_code == 302
    assert Complaint.objects.get(pk=one).status == "answered"
    assert Disclosure.objects.get().actor == "agency"


def test_the_identity_and_the_photos_of_a_confidential_one_are_for_the_desk_alone(
    voices: dict[str, str], client_as: Callable[[str], Any]
) -> None:
    one = voices["confidential"]
    agency, operator = client_as("agency"), client_as("operator")
    opened = text(agency.post(f"/complaints/{one}/open", REASON))
    assert TEXT in opened and "minta dirahasiakan" in opened
    assert "Ibu Sari" not in opened and "0812-0000-0000" not in opened
    assert agency.post(f"/complaints/{one}/photos", REASON).status_code == 403
    assert "data:image" not in text(agency.get(f"/complaints/{one}/"))
    assert "Ibu Sari" in text(operator.post(f"/complaints/{one}/open", REASON))
    assert "data:image/jpeg" in text(operator.post(f"/complaints/{one}/photos", REASON))


def test_a_lurah_sees_what_was_passed_on_elsewhere_but_does_not_open_or_answer_it(
    voices: dict[str, str], client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Complaint
    from center.complaints.notes import add_note

    client, one = client_as("lurah"), voices["own_routed"]
    add_note(one, "Warga menelepon, namanya Bu Tini", actor="operator")
    page = text(client.get(f"/complaints/{one}/"))
    assert "Sudah didisposisikan kepada" in page and "Bu Tini" not in page
    for step, values in (("open", REASON), ("photos", REASON), ("reply", {"status": "answered", "text": "x"}),
                         ("do/note", {"text": "x"})):  # fmt: skip
        assert client.post(f"/complaints/{one}/{step}", values).status_code == 403
    assert TEXT in text(client.post(f"/complaints/{voices['own']}/open", REASON))
    answered = client.post(f"/complaints/{voices['about']}/reply", {"status": "answered", "text": "Sudah."})
    assert answered.status_code == 302
    assert Complaint.objects.get(pk=voices["about"]).status == "answered"
    assert "Jaringan saat itu" not in text(client.get(f"/complaints/{voices['about']}/"))  # another site's box
    assert "Jaringan saat itu" in text(client.get(f"/complaints/{voices['own']}/"))


@pytest.mark.parametrize("role", ["agency", "lurah"])
def test_what_is_the_desks_alone_is_refused_to_agencies(
    role: str, voices: dict[str, str], client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Complaint

    client, one = client_as(role), voices["routed" if role == "agency" else "own"]
    before = Complaint.objects.get(pk=one).status
    for act in ("verify", "route", "class", "notours", "duplicate", "archive"):
        values = {"agency": AGENCY, "kind": "ghost", "text": "x", "reason": "ghost", "code": "x"}
        assert client.post(f"/complaints/{one}/do/{act}", values).status_code == 403, act
    for path in ("bulk", "bulk/do", "bulk/undo", "new", f"{one}/copy", f"{one}/erase"):
        assert client.post(f"/complaints/{path}", {"reason": "xxx"}).status_code == 403, path
    page = text(client.get(f"/complaints/{one}/"))
    assert "Siapa membuka apa" not in page and "Arsipkan" not in page
    assert Complaint.objects.get(pk=one).status == before


def test_an_agency_gives_back_what_is_not_its_matter(voices: dict[str, str], client_as: Callable[[str], Any]) -> None:
    from center.complaints.models import Complaint

    client, one = client_as("agency"), voices["routed"]
    assert client.post(f"/complaints/{one}/do/giveback", {"reason": ""}).status_code == 422
    assert client.post(f"/complaints/{one}/do/giveback", {"reason": "Itu jalan provinsi."}).status_code == 302
    row = Complaint.objects.get(pk=one)
    assert (row.status, row.agency) == ("verified", "")
    assert client.get(f"/complaints/{one}/").status_code == 404
    assert "Itu jalan provinsi." in text(client_as("operator").get(f"/complaints/{one}/"))


def test_the_filter_of_an_agency_offers_its_own_places_alone(
    voices: dict[str, str], client_as: Callable[[str], Any]
) -> None:
    page = text(client_as("lurah").get("/complaints/"))
    assert f'value="{OWN}"' in page and f'value="{FOREIGN}"' not in page
    assert codes(client_as("lurah"), f"show=all&area={FOREIGN}") == set()
