"""Asking what became of requests: the standard's filters and bounds, and nothing that was typed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city

KELURAHAN = "kel-3673011001"
DAY_MS = 86_400_000


def listed(answer: Any) -> list[Any]:
    assert answer.status_code == 200, answer.content
    found: list[Any] = json.loads(answer.content)
    return found


def ids(answer: Any) -> set[str]:
    return {one["service_request_id"] for one in listed(answer)}


def moment(ms: int) -> str:
    from center.open311.moments import write_moment
    from center.open311.rows import ZONE

    return write_moment(ms, ZONE)


def test_a_request_tells_state_times_and_kelurahan(get: Callable[..., Any], city: Path) -> None:
    received_ms = 1_795_569_330_000
    request_id = wall_city.add_complaint(
        KELURAHAN, subject="jalan", status="routed", agency="opd-dpupr", at_ms=received_ms, received_ms=received_ms,
        changed_ms=received_ms + 60_000, due_ms=received_ms + DAY_MS,
    )  # fmt: skip
    (one,) = listed(get(f"requests/{request_id}.json"))
    name = one.pop("agency_responsible")
    assert name and "opd-" not in name
    assert one == {
        "service_request_id": request_id,
        "status": "open",
        "status_notes": "didisposisikan",
        "service_name": "Jalan",
        "service_code": "jalan",
        "description": "aduan",
        "service_notice": None,
        "requested_datetime": "2026-11-25T08:15:30+07:00",
        "updated_datetime": "2026-11-25T08:16:30+07:00",
        "expected_datetime": "2026-11-26T08:15:30+07:00",
        "address": "Serang, Kec. Serang, Kota Serang, 42116",
        "address_id": "3673011001",
        "zipcode": "42116",
        "lat": one["lat"],
        "long": one["long"],
        "media_url": None,
    }
    assert round(one["lat"], 3) == one["lat"] and round(one["long"], 3) == one["long"]
    english = listed(get(f"requests/{request_id}.json", {"lang": "en"}))[0]
    assert (english["service_name"], english["status_notes"]) == ("Roads", "passed on")


def test_what_has_ended_says_why_and_when(get: Callable[..., Any], city: Path) -> None:
    now_ms = wall_city.now_ms()
    request_id = wall_city.add_complaint(
        KELURAHAN, status="closed", closed_reason="resolved", closed_ms=now_ms - 5000, changed_ms=now_ms, due_ms=now_ms
    )
    (one,) = listed(get(f"requests/{request_id}"))
    assert one["status"] == "closed" and ":" in one["status_notes"]
    assert one["updated_datetime"] == moment(now_ms - 5000) and one["expected_datetime"] is None


@pytest.mark.parametrize(
    "status", ["received", "answered", "on_hold", "reopened", "closed", "not_ours", "duplicate", "archived"]
)
def test_every_status_is_open_or_closed_and_found_by_it(status: str, get: Callable[..., Any], city: Path) -> None:
    from center.core.complaint_cycle import ENDED

    request_id = wall_city.add_complaint(KELURAHAN, status=status)
    right, wrong = ("closed", "open") if status in ENDED else ("open", "closed")
    assert [one["status"] for one in listed(get("requests", {"status": right}))] == [right]
    assert ids(get("requests", {"status": wrong})) == set()
    assert ids(get("requests", {"status": "open,closed"})) == {request_id}


def test_filters_choose_by_service_time_and_number(get: Callable[..., Any], city: Path) -> None:
    now_ms = wall_city.now_ms()
    road = wall_city.add_complaint(KELURAHAN, subject="jalan", at_ms=now_ms - 10 * DAY_MS)
    lamp = wall_city.add_complaint(KELURAHAN, subject="lampu", at_ms=now_ms - 20 * DAY_MS)
    old = wall_city.add_complaint(KELURAHAN, subject="", at_ms=now_ms - 100 * DAY_MS)
    assert ids(get("requests")) == {road, lamp}
    assert [one["service_code"] for one in listed(get("requests"))] == ["jalan", "lampu"]  # newest first
    assert ids(get("requests", {"service_code": "lampu"})) == {lamp}
    assert ids(get("requests", {"service_code": "lampu,jalan"})) == {road, lamp}
    early = {"start_date": moment(now_ms - 109 * DAY_MS)}
    assert ids(get("requests", early)) == {old, lamp}  # ninety days from there
    assert ids(get("requests", early | {"service_code": "lainnya"})) == {old}
    assert ids(get("requests", {"end_date": moment(now_ms - 15 * DAY_MS)})) == {lamp, old}  # ninety days to there
    assert ids(get("requests", {"start_date": moment(now_ms - 15 * DAY_MS), "end_date": moment(now_ms)})) == {road}
    some = {"service_request_id": f"{old},{road},00000000-0000-0000-0000-000000000000,x", "status": "closed"}
    assert ids(get("requests", some)) == {old, road}  # overrides the others
    assert ids(get("requests", {"start_date": "", "status": "", "unknown": "1"})) == {road, lamp}


def test_the_bounds_of_a_span_are_inside(get: Callable[..., Any], city: Path) -> None:
    at_ms = wall_city.now_ms() // 1000 * 1000 - DAY_MS
    request_id = wall_city.add_complaint(KELURAHAN, at_ms=at_ms)
    exact = {"start_date": moment(at_ms), "end_date": moment(at_ms)}
    assert ids(get("requests", exact)) == {request_id}
    assert ids(get("requests", {"end_date": moment(at_ms - 1000)})) == set()


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({"status": "done"}, 400, "status"),
        ({"start_date": "2026-11-01"}, 400, "start_date"),
        ({"end_date": "yesterday"}, 400, "end_date"),
        ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-04-02T00:00:00Z"}, 400, "start_date, end_date"),
        ({"service_code": "001"}, 404, "service_code"),
        ({"service_code": ",".join(f"s{one}" for one in range(20))}, 400, "service_code"),
        ({"service_request_id": ",".join(map(str, range(1001)))}, 400, "service_request_id"),
        ({"jurisdiction_id": "sfgov.org"}, 404, "jurisdiction_id"),
        ({"status": "a\0b"}, 400, "The request was not understood."),
    ],
)
def test_known_filters_are_read_strictly(
    query: dict[str, str], status: int, field: str, get: Callable[..., Any], city: Path
) -> None:
    answer = get("requests.json", query)
    assert answer.status_code == status
    assert json.loads(answer.content)[0]["description"].startswith(field)


def test_at_most_a_thousand_are_answered_the_newest(get: Callable[..., Any], city: Path) -> None:
    from center.complaints.models import Complaint

    first = wall_city.add_complaint(KELURAHAN, at_ms=wall_city.now_ms() - DAY_MS)
    row = Complaint.objects.get()
    copies = []
    for number in range(1000):
        values = {field.attname: getattr(row, field.attname) for field in Complaint._meta.fields}
        values |= {"service_request_id": f"{number:036d}", "code": f"C{number:09d}", "at_ms": row.at_ms + 1 + number}
        copies.append(Complaint(**values))
    Complaint.objects.bulk_create(copies)
    found = ids(get("requests"))
    assert len(found) == 1000 and first not in found


def test_requests_for_information_are_none_of_these(get: Callable[..., Any], city: Path) -> None:
    request_id = wall_city.add_complaint(KELURAHAN, category="ppid")
    assert ids(get("requests")) == ids(get("requests", {"service_request_id": request_id})) == set()
    assert get(f"requests/{request_id}.json").status_code == 404


def test_a_request_at_an_agency_names_no_place(get: Callable[..., Any], city: Path) -> None:
    wall_city.add_complaint("opd-dinkes")
    (one,) = listed(get("requests"))
    assert [one[name] for name in ("address", "address_id", "zipcode", "lat", "long")] == [None] * 5


def test_the_answer_goes_to_the_system_that_handed_the_request_over_and_to_no_other(
    get: Callable[..., Any], post: Callable[..., Any], client: Any, city: Path
) -> None:
    from center.accounts.tokens import EXCHANGE, add_token
    from center.complaints import erasure, steps

    fields = {"service_code": "lampu", "address_id": "3673011001", "description": "Lampu padam"}
    request_id = json.loads(post(fields).content)[0]["service_request_id"]
    steps.verify(request_id, actor="operator")
    steps.answer(request_id, "Lampu sudah diganti, Ibu Sari", actor="operator")
    steps.close(request_id, "resolved", actor="operator")
    (own,) = listed(get(f"requests/{request_id}.json"))
    assert own["status_notes"] == "Lampu sudah diganti, Ibu Sari" and own["status"] == "closed"
    other = add_token("lapor", EXCHANGE, made_by="test")
    for path in (f"requests/{request_id}.json", "requests.json"):
        answer = client.get(f"/open311/v2/{path}", headers={"authorization": f"Bearer {other}"})
        assert "Sari" not in answer.content.decode() and listed(answer)[0]["status"] == "closed"
    kiosk = wall_city.add_complaint(KELURAHAN)
    steps.answer(kiosk, "Rahasia warga lain", actor="operator")
    assert "Rahasia" not in get("requests").content.decode()
    erasure.erase(request_id, actor="operator", reason="diminta warga")
    assert "Sari" not in get(f"requests/{request_id}.json").content.decode()


def test_nothing_that_was_typed_is_ever_told(get: Callable[..., Any], post: Callable[..., Any], city: Path) -> None:
    fields = {"service_code": "lampu", "address_string": "Gang Rahasia 3", "description": "Rahasia", "phone": "0812-9",
              "first_name": "Rahasia", "media_url": "https://example.org/rahasia.jpg"}  # fmt: skip
    request_id = json.loads(post(fields).content)[0]["service_request_id"]
    for path in ("requests.json", "requests.xml", f"requests/{request_id}.json", f"requests/{request_id}.xml"):
        text = get(path).content.decode()
        assert request_id in text and "ahasia" not in text and "0812-9" not in text
