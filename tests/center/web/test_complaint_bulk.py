"""Many complaints at once: looked at before, done once, taken back; and nothing that was not looked at."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import desk_city, wall_city

NODE = "kel-3673011001"
ARCHIVE = {"step": "archived:prank"}


@pytest.fixture
def flood(city: Path) -> list[str]:
    """Six pranks of one evening, and one that is real."""
    wall_city.add_node(NODE)
    made = [desk_city.voice(city, NODE, "wkwk", classification="prank_suspect") for _ in range(6)]
    desk_city.voice(city, NODE, "Lampu padam")
    return made


def text(answer: Any) -> str:
    return str(answer.content.decode())


def hidden(page: str) -> dict[str, Any]:
    """What the form of a page would send."""
    fields: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page):
        if name in {"one"}:
            fields.setdefault(name, []).append(value)
        elif name != "csrfmiddlewaretoken":
            fields[name] = value.replace("&amp;", "&")
    return fields


def status(ids: list[str]) -> set[str]:
    from center.complaints.models import Complaint

    return set(Complaint.objects.filter(pk__in=ids).values_list("status", flat=True))


def test_a_flood_is_counted_confirmed_once_and_taken_back(flood: list[str], client_as: Callable[[str], Any]) -> None:
    from center.complaints.models import Complaint, Event

    client = client_as("operator")
    shown = text(client.post("/complaints/bulk", {**ARCHIVE, "all": "1", "query": "kind=prank_suspect"}))
    assert "Arsipkan: iseng: 6 pengaduan" in shown and "(6)" in shown
    assert status(flood) == {"received"}  # looking does nothing
    form = hidden(shown)
    assert sorted(form["one"]) == sorted(flood)
    done = text(client.post("/complaints/bulk/do", {**form, "text": "Terima kasih."}))
    assert status(flood) == {"archived"}
    assert Complaint.objects.filter(status="received").count() == 1
    assert Event.objects.filter(kind="closed", actor="operator").count() == 6
    label = hidden(done)["label"]
    assert "6" in text(client.post("/complaints/bulk/undo", {"label": label}))
    assert status(flood) == {"reopened"}
    late = client.post("/complaints/bulk/undo", {"label": label})
    assert late.status_code == 422 and "Tidak ada lagi yang dapat dikembalikan" in text(late)


def test_what_moved_while_somebody_looked_is_not_taken_along(flood: list[str], client_as: Callable[[str], Any]) -> None:
    from center.complaints import steps

    client = client_as("operator")
    form = hidden(text(client.post("/complaints/bulk", {**ARCHIVE, "one": flood[:3]})))
    steps.verify(flood[0], actor="admin")
    refused = client.post("/complaints/bulk/do", form)
    assert refused.status_code == 422
    assert "Tidak lagi seperti yang Anda lihat" in text(refused)
    assert status(flood) == {"received", "verified"}
    again = client.post("/complaints/bulk/do", hidden(text(refused)))
    assert again.status_code == 200
    assert status(flood[:3]) == {"archived"} and status(flood[3:]) == {"received"}


def test_what_somebody_else_moved_in_that_second_is_left_and_said(
    flood: list[str], client_as: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.complaints import bulk, steps

    client = client_as("operator")
    form = hidden(text(client.post("/complaints/bulk", {**ARCHIVE, "one": flood[:3]})))
    each = bulk._each

    def later(*args: Any) -> tuple[str, ...]:
        steps.verify(flood[0], actor="admin")
        return each(*args)

    monkeypatch.setattr(bulk, "_each", later)
    done = text(client.post("/complaints/bulk/do", form))
    assert "1 sementara itu sudah ditangani orang lain" in done and "<b>2</b>" in done
    assert status(flood[:1]) == {"verified"} and status(flood[1:3]) == {"archived"}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"step": "answered:"},
        {"step": "archived:resolved"},
        {**ARCHIVE},
        {**ARCHIVE, "one": ["not-an-id"]},
        {**ARCHIVE, "one": ["x" * 5000]},
        {**ARCHIVE, "all": "1", "query": "kind=nonsense"},
        {**ARCHIVE, "all": "1", "query": "x" * 3000},
        {**ARCHIVE, "one": ["a\0b"]},
    ],
)
def test_a_choice_that_does_not_fit_is_refused(
    values: dict[str, Any], flood: list[str], client_as: Callable[[str], Any]
) -> None:
    client = client_as("operator")
    for path in ("/complaints/bulk", "/complaints/bulk/do"):
        answer = client.post(path, values)
        assert answer.status_code == 422 and 'role="alert"' in text(answer), path
    assert client.post("/complaints/bulk/undo", {"label": values.get("step", "x" * 300)}).status_code == 422
    assert status(flood) == {"received"}


def test_more_than_five_hundred_are_not_done_in_one_go(flood: list[str], client_as: Callable[[str], Any]) -> None:
    from center.complaints.models import Complaint

    row = Complaint.objects.get(pk=flood[0])
    Complaint.objects.bulk_create(
        Complaint(**{**{field.attname: getattr(row, field.attname) for field in Complaint._meta.fields},
                     "service_request_id": f"00000000-0000-7000-8000-{number:012}", "code": f"B{number:09}",
                     "seq": number + 1000})
        for number in range(500)
    )  # fmt: skip
    client = client_as("operator")
    answer = client.post("/complaints/bulk", {**ARCHIVE, "all": "1", "query": "kind=prank_suspect"})
    assert answer.status_code == 422 and "500" in text(answer)
    assert status(flood) == {"received"}


def test_a_form_without_its_token_does_nothing(flood: list[str], client_as: Callable[[str], Any]) -> None:
    from django.test import Client

    strict = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    strict.cookies = client_as("operator").cookies
    for path in ("bulk", "bulk/do", "bulk/undo", "new", f"{flood[0]}/open", f"{flood[0]}/do/verify",
                 f"{flood[0]}/copy", f"{flood[0]}/photos", f"{flood[0]}/reply"):  # fmt: skip
        assert strict.post(f"/complaints/{path}", {**ARCHIVE, "one": flood}).status_code == 403, path
    assert status(flood) == {"received"}
