"""Overdue and urgent complaints call for somebody: begun, grown, worse and over, one trouble per agency and place."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.desk import DAY_MS, NODE, complaint, file_complaint, site

OTHER = "kel-3673011002"


def ms(text: str) -> int:
    return int((datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=7)).timestamp() * 1000)


FILED = ms("2026-11-16 09:00")
"""A Monday without holidays around it: to be verified until Thursday, 19 November."""
LATE = ms("2026-11-20 08:00")


@pytest.fixture
def told(center_data: Path) -> Path:
    """The city's channel for everything, and an agency whose officer has one of his own."""
    from center.alerts.models import Channel, Route
    from center.sites.models import Person

    site(NODE, "Serang", kecamatan="Serang")
    site("opd-dlh", "Dinas Lingkungan Hidup")
    Channel.objects.create(name="kota", kind="file")
    Channel.objects.create(name="dinas", kind="email", language="en")
    Route.objects.create(name="semua", channel_id="kota")
    Route.objects.create(name="dinas sendiri", channel_id="dinas", to_site=True)
    Person.objects.create(site_id="opd-dlh", name="Budi", email="budi@serangkota.go.id")
    return center_data


def incidents() -> list[tuple[str, str, str, str, bool]]:
    from center.operations.models import Incident

    rows = Incident.objects.filter(kind__in=("overdue", "urgent")).order_by("id")
    return [(row.kind, row.subject, row.severity, row.cause, row.resolved_ms is None) for row in rows]


def messages(channel: str) -> list[tuple[str, str]]:
    from center.alerts.models import Delivery

    return list(Delivery.objects.filter(channel=channel).order_by("id").values_list("what", "text"))


def test_three_overdue_complaints_of_the_desk_are_one_incident_that_ends_when_they_are_read(told: Path) -> None:
    from center.complaints import steps
    from center.complaints.watching import watch

    ids = [file_complaint(told, FILED) for _ in range(3)]
    assert watch(ms("2026-11-17 08:00")) == 0
    assert watch(LATE) == 1
    assert watch(LATE + 60_000) == 0
    assert incidents() == [("overdue", "", "warning", "late", True)]
    (what, text) = messages("kota")[0]
    assert what == "opened"
    assert "Meja pengaduan: 3 pengaduan melewati tenggat, yang terlama sejak 19 Nov 2026" in text
    for one in ids:
        steps.move(one, "answered", actor="sari", text="Sudah.", now_ms=LATE)
    assert watch(LATE + DAY_MS) == 1
    assert incidents()[0][-1] is False


def test_the_last_day_is_reminded_of_and_days_late_are_escalated(told: Path) -> None:
    from center.complaints.watching import watch
    from center.operations.models import Incident

    file_complaint(told, FILED)
    watch(ms("2026-11-18 08:00"))
    assert incidents() == [("overdue", "", "warning", "soon", True)]
    assert "1 pengaduan segera jatuh tempo, yang pertama 19 Nov 2026" in messages("kota")[0][1]
    watch(LATE)
    assert incidents() == [("overdue", "", "warning", "late", True)]
    assert watch(ms("2026-11-25 08:00")) == 0
    assert watch(ms("2026-11-26 08:00")) == 1
    assert incidents() == [("overdue", "", "critical", "late", True)]
    assert Incident.objects.get().level == 1


def test_more_of_one_agency_is_told_once_a_day_and_its_people_are_reminded_in_their_language(told: Path) -> None:
    from center.complaints import steps
    from center.complaints.watching import watch
    from center.operations.models import IncidentEntry

    def routed(filed_ms: int) -> None:
        one = file_complaint(told, filed_ms)
        steps.move(one, "routed", agency="opd-dlh", actor="sari", now_ms=filed_ms)

    routed(FILED)
    after = ms("2026-11-24 08:00")
    watch(after)
    routed(FILED)
    assert watch(after + 3_600_000) == 0
    assert watch(after + DAY_MS) == 1
    assert [(row.kind, row.text) for row in IncidentEntry.objects.order_by("id")] == [("opened", "1"), ("grew", "2")]
    reminders = [text for _what, text in messages("dinas") if "overdue" in text]
    assert len(reminders) == 2
    assert reminders[1].startswith("Dinas Lingkungan Hidup: 2 complaints are overdue, the oldest since 23 Nov 2026")
    assert not any("Jaringan" in text or "network" in text for _what, text in messages("dinas"))


def test_an_urgent_complaint_calls_at_once_with_the_moment_it_was_filed_however_late_it_comes(told: Path) -> None:
    from center.complaints import steps
    from center.complaints.watching import watch

    now = ms("2026-11-20 10:00")
    one = file_complaint(told, now, urgent=True, at_ms=ms("2026-11-17 21:14"))
    assert watch(now) == 1
    assert incidents() == [("urgent", NODE, "critical", "", True)]
    assert (
        "Pengaduan mendesak dari Serang: 1 belum dibaca, yang pertama diajukan 17 Nov 2026 21.14 WIB"
        in (messages("kota")[0][1])
    )
    file_complaint(told, now, urgent=True)
    file_complaint(told, now, urgent=True, node=OTHER)
    assert watch(now + 20_000) == 2
    assert len(incidents()) == 2
    steps.move(one, "verified", actor="sari", now_ms=now)
    steps.move(one, "closed", closed_reason="resolved", actor="sari", now_ms=now)
    assert watch(now + 40_000) == 0
    assert [row[-1] for row in incidents()] == [True, True]


def test_a_new_urgent_complaint_calls_also_when_as_many_or_more_were_read_meanwhile(told: Path) -> None:
    from center.complaints import steps
    from center.complaints.watching import watch
    from center.operations.models import IncidentEntry

    now = ms("2026-11-20 10:00")
    first, second = (file_complaint(told, now, urgent=True) for _ in range(2))
    watch(now)
    steps.move(first, "verified", actor="sari", now_ms=now + 10_000)
    steps.move(second, "closed", closed_reason="resolved", actor="sari", now_ms=now + 10_000)
    third = file_complaint(told, now + 15_000, urgent=True)
    assert watch(now + 20_000) == 1
    assert watch(now + 30_000) == 0
    steps.move(second, "reopened", actor="sari", now_ms=now + 35_000)
    steps.move(third, "verified", actor="sari", now_ms=now + 35_000)
    assert watch(now + 40_000) == 1
    assert watch(now + 50_000) == 0
    entries = IncidentEntry.objects.order_by("id").values_list("kind", "text")
    assert list(entries) == [("opened", "2"), ("grew", "1"), ("grew", "1")]


def test_routing_tells_the_agencys_own_people_and_names_neither_citizen_nor_text(told: Path) -> None:
    from center.complaints import steps

    one = file_complaint(told, subject="sampah")
    steps.route(one, "opd-dlh", actor="sari", text="Diteruskan.", note="rahasia")
    steps.answer(one, "Diangkut.", actor="budi")
    steps.reopen(one, actor="sari")
    said = messages("dinas")
    code = complaint(one).code
    assert [what for what, _text in said] == ["complaint", "complaint"]
    assert said[0][1].startswith(f"[COMPLAINT] Complaint {code} (Waste) has been given to you. Answer by ")
    assert said[1][1].startswith(f"[COMPLAINT] Complaint {code} (Waste) was reopened and waits for you.")
    assert not any(word in text for _what, text in said for word in ("rahasia", "Wiryo", "Diteruskan"))
    assert messages("kota") == []


def test_what_correlation_makes_of_nodes_leaves_these_incidents_alone(told: Path) -> None:
    from center.complaints.watching import watch
    from center.worker.incidents import correlate

    file_complaint(told, FILED, urgent=True)
    watch(LATE)
    assert correlate(LATE + 5000) == 0
    assert [row[-1] for row in incidents()] == [True, True]


def test_people_may_take_such_an_incident_on_escalate_it_and_give_it_back(told: Path) -> None:
    from center.complaints.watching import watch
    from center.operations import desk
    from center.operations.models import Incident

    file_complaint(told, FILED)
    watch(LATE)
    one = Incident.objects.get().pk
    desk.acknowledge(one, "sari", LATE + 1000)
    desk.escalate(one, "sudah tiga hari", "sari", LATE + 2000)
    desk.release(one, "sari", LATE + 3000)
    assert watch(LATE + 4000) == 0
    assert Incident.objects.get().level == 1


def test_terms_are_counted_anew_when_the_city_adds_a_holiday(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    from center.complaints.deadlines import note_terms, recompute_all, terms_changed

    one = file_complaint(told, FILED)
    assert complaint(one).due_ms == ms("2026-11-20 00:00")
    assert terms_changed()
    note_terms()
    assert not terms_changed()
    center = settings.CENTER
    local = replace(center.complaints, holidays=("2026-11-18",))
    monkeypatch.setattr(settings, "CENTER", replace(center, complaints=local))
    assert terms_changed()
    assert recompute_all() == 1
    assert complaint(one).due_ms == ms("2026-11-21 00:00")
    assert not terms_changed()
    assert recompute_all() == 0
    working = replace(center.complaints, working_days=("2026-12-25",))
    monkeypatch.setattr(settings, "CENTER", replace(center, complaints=working))
    assert recompute_all() == 1


def test_national_holidays_and_joint_leave_are_no_working_days(told: Path) -> None:
    from datetime import date

    from center.complaints.holiday_calendar import calendar_at
    from center.config import ComplaintsConfig

    known = calendar_at(ComplaintsConfig(), ms("2026-06-01 12:00"))
    assert not known.works(date(2026, 8, 17)) and not known.works(date(2026, 12, 25))
    assert known.works(date(2026, 8, 18))
    leave = calendar_at(ComplaintsConfig(joint_leave=False), ms("2026-06-01 12:00"))
    assert leave.holidays < known.holidays


def test_one_round_of_the_worker_closes_what_nobody_objected_to_and_tells_it(told: Path) -> None:
    from center.complaints import steps
    from center.complaints.deadlines import terms_changed
    from center.complaints.upkeep import Upkeep
    from center.operations.models import Downlink

    answered, asked, fresh = (file_complaint(told, FILED) for _ in range(3))
    steps.move(answered, "answered", actor="sari", text="Sudah.", now_ms=FILED)
    steps.move(asked, "on_hold", actor="sari", text="Di mana?", asking=True, now_ms=FILED)
    ppid = file_complaint(told, FILED, category="ppid")
    steps.move(ppid, "answered", actor="sari", text="Terlampir.", now_ms=FILED)
    from center.complaints.closing import close_silent

    assert close_silent(ms("2026-11-30 23:59")) == 0
    assert close_silent(ms("2026-12-01 00:00")) == 2
    assert close_silent(ms("2026-12-01 00:00")) == 0
    assert [(complaint(one).status, complaint(one).closed_reason) for one in (answered, asked, fresh, ppid)] == [
        ("closed", "resolved"), ("closed", "no_reply"), ("received", ""), ("answered", ""),
    ]  # fmt: skip
    assert Downlink.objects.filter(body__contains='"closed_reason":"no_reply"').count() == 1
    assert terms_changed()
    upkeep = Upkeep(told)
    while upkeep.step():
        pass
    assert not upkeep.step()
    assert not terms_changed()


class Until(threading.Event):
    """Set once something is so, or (the test fails then) after two minutes."""

    def __init__(self, so: Callable[[], bool]) -> None:
        super().__init__()
        self._so, self._until_s = so, time.monotonic() + 120

    def is_set(self) -> bool:
        return self._so() or time.monotonic() > self._until_s


def test_the_worker_itself_tells_an_urgent_complaint_and_erases_what_is_over(told: Path) -> None:
    from center.complaints import steps
    from center.complaints.models import Complaint
    from center.worker.service import Worker

    old = file_complaint(told, FILED)
    steps.move(old, "closed", closed_reason="resolved", actor="sari", now_ms=FILED)
    Complaint.objects.filter(pk=old).update(closed_ms=1_700_000_000_000)
    file_complaint(told, urgent=True)

    def done() -> bool:
        return any(row[0] == "urgent" for row in incidents()) and complaint(old).erased_ms is not None

    Worker(told, Until(done), lambda: None).run()
    assert done()
