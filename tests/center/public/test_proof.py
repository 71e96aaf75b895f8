"""The proof page: the reports' own figures, nothing about fewer than five, and honest where there is nothing."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.small_numbers import LEAST, hidden
from tests.support import voices, wall_city

NODE = "kel-3673011001"
HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture
def document(city: Path) -> Callable[..., dict[str, Any]]:
    from center.core import days as calendar
    from center.public import proof

    def made(month: int = 0) -> dict[str, Any]:
        now = wall_city.now_ms()
        return proof.document(month or calendar.month_of(calendar.day_of(now)), now)

    return made


def add(received_ms: int, answered_ms: int | None = None, *, reason: str = "", **fields: Any) -> str:
    """A complaint with the log entries the desk would have written."""
    from center.complaints.log import write_log
    from center.complaints.models import Complaint
    from center.core.complaint_cycle import ANSWERED_REASONS

    key = wall_city.add_complaint(NODE, code=voices.code(), received_ms=received_ms, at_ms=received_ms, **fields)
    write_log(key, "received", NODE, received_ms, status="received")
    if answered_ms is not None and not reason:
        write_log(key, "status", "operator", answered_ms, status="answered", detail="RAHASIA-JAWABAN")
        Complaint.objects.filter(pk=key).update(status="answered", first_answer_ms=answered_ms)
    if reason:
        write_log(key, "closed", "operator", answered_ms or received_ms, status="closed", about=reason)
        Complaint.objects.filter(pk=key).update(status="closed", closed_reason=reason, closed_ms=answered_ms)
        if reason in ANSWERED_REASONS:
            Complaint.objects.filter(pk=key).update(first_answer_ms=answered_ms)
    return key


def this_month(before_ms: int) -> int:
    """So long ago, or as the month began: in its first hours what came earlier belongs to the month before."""
    from center.core import days as calendar

    now = wall_city.now_ms()
    first = calendar.day_of(now) // 100 * 100 + 1
    return max(calendar.bounds(first).start_ms, now - before_ms)


def monday() -> int:
    """09.00 of the first Monday of last October: no holiday within two weeks of it."""
    from center.core import days as calendar

    day = next(day for day in range(20261005, 20261012) if calendar.weekday(day) == 0)
    return calendar.bounds(day).start_ms + 9 * HOUR


def test_received_answered_and_the_median_are_those_counted_by_hand(
    document: Callable[..., dict[str, Any]], city: Path
) -> None:
    # Monday 09.00; answered after 2, 26, 50, 98 and 170 hours: Monday, Tuesday, Wednesday, Friday, Monday week.
    for hours in (2, 26, 50, 98, 170):
        add(monday(), monday() + hours * HOUR, agency="opd-dishub")
    add(monday(), None, agency="opd-dishub")
    add(monday(), monday() + HOUR, reason="prank", agency="opd-dishub")
    found = document(202610)
    expected = {
        "hidden": False, "received": 7, "answered": 5, "waiting": 1, "median_hours": 50.0, "median_working_days": 2.0,
    }  # fmt: skip
    assert found["city"] == {"key": "", **expected}
    assert [{key: row[key] for key in expected} for row in found["agencies"]] == [expected]
    assert found["channels"][0]["key"] == "kiosk"
    assert found["months"][0] == {"month": 202610, **expected}


def test_closing_as_settled_is_an_answer_and_the_first_one_counts(document: Callable[..., dict[str, Any]]) -> None:
    from center.complaints.log import write_log

    for _ in range(6):
        key = add(monday(), monday() + 3 * HOUR, reason="resolved")
        write_log(key, "status", "operator", monday() + 90 * HOUR, status="answered")
    assert document(202610)["city"]["median_hours"] == 3.0


def test_the_proof_page_and_the_report_say_the_same(document: Callable[..., dict[str, Any]], city: Path) -> None:
    from center.reports.build import month_document

    dice = random.Random(7)
    for number in range(40):
        end = monday() + dice.randrange(1, 300) * HOUR if dice.random() < 0.7 else None
        add(monday() + number * HOUR, end, category=dice.choice(["aduan", "saran"]),
            reason=dice.choice(["", "", "resolved", "prank"]) if end else "")  # fmt: skip
    shown, report = document(202610), month_document(202610, wall_city.now_ms())
    for name, word in (("received", "received"), ("answered", "answered"), ("waiting", "open")):
        assert shown["city"][name] == sum(row[word] for row in report["services"]["complaints"])


def test_small_numbers_are_nowhere_and_cannot_be_reckoned(document: Callable[..., dict[str, Any]]) -> None:
    for agency, count in (("opd-dishub", 9), ("opd-dlh", 6), ("opd-dinkes", 2)):
        for _ in range(count):
            add(monday(), monday() + HOUR, agency=agency)
    found = document(202610)
    assert {row["key"]: row["hidden"] for row in found["agencies"]} == {
        "opd-dishub": False, "opd-dlh": True, "opd-dinkes": True,
    }  # fmt: skip
    assert all(row["received"] is None and row["median_hours"] is None for row in found["agencies"] if row["hidden"])
    assert found["city"]["received"] == 17


@given(st.dictionaries(st.text(max_size=6), st.integers(0, 30), max_size=12))
def test_what_is_hidden_is_never_one_row_nor_a_small_sum_unless_there_is_no_other(counts: dict[str, int]) -> None:
    covered = hidden(counts)
    shown = {key for key, count in counts.items() if count and key not in covered}
    assert all(counts[key] >= LEAST for key in shown)
    if covered and shown:
        assert len(covered) > 1
        assert sum(counts[key] for key in covered) >= LEAST
    assert hidden(dict(reversed(list(counts.items())))) == covered


def test_fewer_than_five_in_a_month_are_not_said(document: Callable[..., dict[str, Any]], client_as: Any) -> None:
    for _ in range(3):
        add(this_month(HOUR))
    found = document()
    assert found["city"]["hidden"] and found["city"]["received"] is None
    page = client_as("").get("/pelayanan/").content.decode()
    assert "Kurang dari 5" in page


def test_requests_for_information_are_granted_refused_in_time_and_late(document: Callable[..., dict[str, Any]]) -> None:
    start = monday()
    add(start, start + 10 * DAY, category="ppid")  # within ten working days
    add(start, start + 18 * DAY, category="ppid")  # late: the eleventh working day and more
    add(start, start + 18 * DAY, category="ppid", extended=True)  # seventeen
    add(start, start + 5 * DAY, category="ppid", reason="refused")
    add(start, start + DAY, category="ppid", reason="withdrawn")
    add(start, None, category="ppid")
    found = document(202610)
    assert found["information"] == {
        "period": "2026", "received": 6, "granted": 3, "refused": 1, "ended": 1, "open": 1, "in_time": 3, "late": 1,
        "extended": 1,
    }  # fmt: skip
    assert found["city"]["received"] == 0


def test_what_is_missing_of_complaints_is_said(document: Callable[..., dict[str, Any]], city: Path) -> None:
    from center.connectivity.models import GapLedger, HeldStatement, Integrity

    assert document()["integrity"] == {"known": False, "missing": 0, "checking": 0, "lost": 0}
    HeldStatement.objects.create(node=NODE, epoch="e", newest_seq=1, newest="{}", newest_ms=1, asked_seq=0, asked="{}")
    for number, (stream, kind, count) in enumerate(
        (("complaint", "fault", 2), ("attachment", "checking", 1), ("health", "fault", 900), ("complaint", "card", 3))
    ):
        Integrity.objects.create(node=NODE, epoch=f"e{number}", stream=stream, kind=kind, count=count, ranges="[]",
                                 since_ms=1, changed_ms=1)  # fmt: skip
    for seq, reason in ((1, "corrupt"), (2, "numbers of the epoch before")):
        GapLedger.objects.create(node=NODE, epoch="e", seq=seq, of_epoch="e", stream="complaint", first=1, last=4,
                                 count=4, reason=reason, received_ms=1)  # fmt: skip
    assert document()["integrity"] == {"known": True, "missing": 2, "checking": 1, "lost": 7}


def test_an_empty_city_says_that_it_is_empty(city: Path, client_as: Callable[[str], Any]) -> None:
    page = client_as("").get("/pelayanan/")
    text = page.content.decode()
    assert page.status_code == 200
    assert not page.cookies
    assert "Belum ada yang masuk" in text
    assert "Belum diketahui" in text
    assert "tidak mendengar kios" in text
    assert page.headers["Cache-Control"] == "public, max-age=60"


def test_the_page_and_its_json_hold_no_person(city: Path, client_as: Callable[[str], Any]) -> None:
    client = client_as("")
    for _ in range(6):
        key = add(this_month(2 * HOUR), this_month(HOUR), agency="opd-dishub")
    from center.complaints.models import Complaint

    code = Complaint.objects.get(pk=key).code
    page, raw = client.get("/pelayanan/").content.decode(), client.get("/pelayanan/data.json").content.decode()
    assert json.loads(raw)["city"]["received"] == 6
    for secret in ("RAHASIA", code, key, "operator", NODE, "Ibu Sari"):
        assert secret not in page and secret not in raw


def test_a_minute_old_is_new_enough_and_older_is_not(city: Path) -> None:
    from django.core.cache import cache

    from center.core import days as calendar
    from center.public import proof

    cache.clear()
    now = wall_city.now_ms()
    month = calendar.month_of(calendar.day_of(now))
    first = proof.proof(month, now)
    assert proof.proof(month, now + 1000)["made_ms"] == first["made_ms"]
    cache.clear()
    assert proof.proof(month, now + 1000)["made_ms"] == now + 1000


@pytest.mark.parametrize("month", ["209912", "2026", "202613", "x", "2026-q1", "%00", "२०२६"])
def test_what_is_no_month_that_has_begun_is_no_page(month: str, city: Path, client_as: Callable[[str], Any]) -> None:
    for path in ("/pelayanan/", "/pelayanan/data.json"):
        assert client_as("").get(f"{path}?month={month}").status_code in {400, 404}


@pytest.fixture(autouse=True)
def fresh_cache(city: Path) -> None:
    from django.core.cache import cache

    cache.clear()
