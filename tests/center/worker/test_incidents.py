"""Incidents out of the worker: one cut, one incident, one page; a broken node inside, blindness, works, restarts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.incident_town import HOUR_MS, Town

ISP = [f"kel-a{number:02}" for number in range(30)]
REST = [f"kel-b{number:02}" for number in range(40)]


@pytest.fixture
def town(center_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """70 nodes: 30 on one ISP's line, 40 on another's. What the alerts are told is kept in `told`."""
    from center.operations import incidents

    town = Town()
    town.nodes(ISP, ["line:isp-a"])
    town.nodes(REST, ["line:isp-b"])
    monkeypatch.setattr(incidents, "incident_changed", town.told.append)
    town.look()
    return town


def test_cutting_one_isp_makes_one_incident_with_thirty_members_and_one_page_and_recovery_says_so(town: Town) -> None:
    from center.operations.models import Alarm, Incident, IncidentEntry

    town.cut(ISP)
    town.run(180)
    assert town.open() == {("parent", "isp-a"): set(ISP)}
    assert town.states() == {"UP": 40, "UNREACHABLE": 30}
    assert (town.calls(), Alarm.objects.filter(suppressed=True).count()) == (1, 30)
    town.run(600, 60)
    town.back(ISP)
    town.run(90)
    assert town.open() == {} and town.states() == {"UP": 70}
    assert town.said() == [
        ("opened", "parent", "Jalur isp-a putus sejak 08.00 WIB: 30 node tidak terhubung."),
        ("resolved", "parent", "Jalur isp-a pulih, 14 menit setelah mulai."),
    ]
    assert len(town.told[0].nodes) == len(town.told[1].nodes) == 30
    assert [one.kind for one in IncidentEntry.objects.order_by("id")] == ["opened", "left", "resolved"]
    assert Incident.objects.get().party == "isp"


def test_one_really_broken_node_inside_pages_after_the_line_is_back(town: Town) -> None:
    town.cut(ISP)
    town.run(600)
    town.back(ISP[1:])
    town.run(80)
    assert town.open() == {}
    town.run(120)
    assert town.open() == {("node", ISP[0]): {ISP[0]}}
    assert [(what, kind) for what, kind, _text in town.said()] == [
        ("opened", "parent"), ("resolved", "parent"), ("opened", "node"),
    ]  # fmt: skip
    assert town.states() == {"UP": 69, "DOWN": 1}


def test_a_fleet_that_falls_silent_is_one_blind_incident_and_no_alarm_of_a_node(town: Town) -> None:
    town.cut([*ISP, *REST])
    town.run(300)
    assert town.open() == {("blind", ""): {*ISP, *REST}}
    assert town.states() == {"UNKNOWN": 70}
    assert [(what, kind) for what, kind, _text in town.said()] == [("opened", "blind")]
    assert town.calls() == 1
    town.back([*ISP, *REST[5:]])
    town.run(30)
    assert town.open() == {}
    town.run(400)
    assert set(town.open()) == {("node", node) for node in REST[:5]}


def test_an_ingest_that_does_not_listen_is_one_blind_incident_that_ends_by_itself(town: Town) -> None:
    town.listening = False
    town.run(600, 30)
    assert list(town.open()) == [("blind", "")]
    assert town.states() == {"UNKNOWN": 70}
    town.listening = True
    town.run(400)
    assert town.open() == {} and town.states() == {"UP": 70}
    assert [(what, kind) for what, kind, _text in town.said()] == [("opened", "blind"), ("resolved", "blind")]


def test_a_worker_that_starts_again_in_the_middle_changes_nothing(town: Town) -> None:
    """Nothing is kept in the process: whatever another worker would do at the same moment was done."""
    from center.operations.models import Incident, IncidentEntry

    town.cut(ISP)
    for _ in range(12):
        town.run(20)
        before = Incident.objects.count(), IncidentEntry.objects.count(), len(town.told)
        assert town.look() == 0
        assert (Incident.objects.count(), IncidentEntry.objects.count(), len(town.told)) == before


def test_a_flapping_node_pages_once(town: Town) -> None:
    for _ in range(8):
        town.cut(REST[:1])
        town.run(40)
        town.back(REST[:1])
        town.run(40)
    assert [(what, kind) for what, kind, _text in town.said()] == [("opened", "node")]
    assert "putus-nyambung" in town.said()[0][2]


def test_a_site_with_two_lines_stays_out_of_the_incident_of_one(town: Town) -> None:
    double = town.nodes([f"kel-c{number:02}" for number in range(4)], ["line:isp-a", "line:isp-c"])
    town.nodes([f"kel-d{number:02}" for number in range(30)], ["line:isp-c"])
    town.cut(ISP)
    town.run(180)
    town.cut(double[:1])
    town.run(180)
    assert town.open() == {("parent", "isp-a"): set(ISP), ("node", double[0]): {double[0]}}


def test_a_feeder_and_the_core_above_two_lines_are_named_by_the_registry(town: Town) -> None:
    from center.sites.models import Upstream

    dark = town.nodes([f"kel-e{number:02}" for number in range(3)], ["line:isp-b", "feeder:gi-2"])
    town.cut(dark)
    town.run(180)
    assert town.open() == {("parent", "gi-2"): set(dark)}
    assert town.told[0].party == "pln" and "Listrik Jalur gi-2 diduga padam" in town.told[0].text_id
    town.back(dark)
    town.run(900, 60)

    below = [town.nodes([f"kel-{name}{number}" for number in range(5)], [f"line:{name}"]) for name in ("f", "g")]
    Upstream.objects.create(code="core", name="Inti", kind="core")
    Upstream.objects.filter(code__in=("f", "g")).update(above="core")
    town.cut([*below[0], *below[1]])
    town.run(180)
    assert town.open() == {("parent", "core"): {*below[0], *below[1]}}


def test_planned_work_on_a_line_hides_what_falls_with_it_and_opens_when_it_is_over(town: Town) -> None:
    from center.operations.models import Work

    double = town.nodes(["kel-c00"], ["line:isp-a", "line:isp-b"])
    Work.objects.create(scope="upstream", subject="isp-a", from_ms=town.now_ms, until_ms=town.now_ms + HOUR_MS,
                        reason="ganti perangkat", by="operator", made_ms=town.now_ms)  # fmt: skip
    town.cut(ISP)
    town.run(1200, 60)
    assert town.states() == {"MAINT": 30, "UP": 41} and town.open() == {}
    assert double[0] not in town.silent
    town.run(HOUR_MS // 1000 - 600, 60)
    assert set(town.open()) == {("parent", "isp-a")}


def test_a_stay_that_a_box_renews_for_ever_hides_nothing_after_a_day(town: Town) -> None:
    from center.operations.models import Maintenance

    for hour in range(0, 48, 6):
        Maintenance.objects.create(
            node=REST[0], epoch="e", seq=hour + 1, boot="b", mono_ms=hour, wall_ms=0,
            at_ms=town.now_ms + hour * HOUR_MS,
            at_quality="ntp", received_ms=town.now_ms, active=True, lasts_ms=8 * HOUR_MS,
        )  # fmt: skip
    town.run(600, 60)
    assert town.states()["MAINT"] == 1
    town.now_ms += 24 * HOUR_MS
    town.cut(REST[:1])
    town.run(300, 60)
    assert town.open() == {("node", REST[0]): {REST[0]}}


def test_a_person_ends_a_stay_and_no_renewal_brings_it_back(town: Town) -> None:
    from center.operations.models import Maintenance, StayEnded

    common = {"node": REST[0], "epoch": "e", "boot": "b", "wall_ms": 0, "at_quality": "ntp", "received_ms": 0}

    def says(seq: int, active: bool) -> None:
        lasts_ms = HOUR_MS if active else 0
        Maintenance.objects.create(seq=seq, mono_ms=seq, at_ms=town.now_ms, active=active, lasts_ms=lasts_ms, **common)
        town.run(60)

    says(1, True)
    assert town.states()["MAINT"] == 1
    StayEnded.objects.create(node=REST[0], at_ms=town.now_ms, by="operator")
    town.run(60)
    assert "MAINT" not in town.states()
    says(2, True)
    assert "MAINT" not in town.states()
    says(3, False)
    says(4, True)
    assert town.states()["MAINT"] == 1


def test_a_cloned_card_and_missing_records_are_incidents_until_closed_or_explained(town: Town) -> None:
    from center.connectivity.models import Integrity
    from center.ingest.models import Epoch
    from center.operations.incidents import resolve
    from center.operations.models import Incident

    Epoch.objects.create(node=REST[0], epoch="e", first_seen_ms=town.now_ms - HOUR_MS, conflict=True)
    Integrity.objects.create(node=REST[1], epoch="e", stream="event", kind="fault", count=2, ranges="[[1, 2]]",
                             since_ms=town.now_ms, changed_ms=town.now_ms)  # fmt: skip
    town.run(60)
    assert set(town.open()) == {("clone", REST[0]), ("integrity", REST[1])}
    assert resolve(Incident.objects.get(kind="clone").pk, "closed", town.now_ms, by="operator", text="kartu diganti")
    Integrity.objects.all().delete()
    town.run(60)
    assert town.open() == {}
    Epoch.objects.create(node=REST[0], epoch="f", first_seen_ms=town.now_ms, conflict=True)
    town.run(60)
    assert set(town.open()) == {("clone", REST[0])}


def test_a_box_that_does_not_renew_its_certificate_is_an_incident_until_it_has(town: Town) -> None:
    from center.operations.models import Incident
    from center.sites.models import Node

    now = datetime.fromtimestamp(town.now_ms / 1000, UTC)
    known = Node.objects.filter(pk=REST[0])
    known.update(certificate_expires_at=now + timedelta(days=15))
    Node.objects.filter(pk=REST[1]).update(certificate_expires_at=now - timedelta(days=1), retired=True)
    town.run(60)
    assert town.open() == {}
    known.update(certificate_expires_at=now + timedelta(days=13, hours=12))
    town.run(60)
    assert set(town.open()) == {("certificate", REST[0])}
    opened = Incident.objects.get()
    assert (opened.severity, opened.party) == ("warning", "city")
    assert opened.started_ms == int((now - timedelta(hours=12)).timestamp() * 1000)
    known.update(certificate_expires_at=now + timedelta(days=730))
    town.run(60)
    assert town.open() == {}


def test_an_impaired_node_is_listed_and_nobody_is_told(town: Town) -> None:
    from center.connectivity.models import NodeState
    from center.operations.models import Incident

    NodeState.objects.filter(node=REST[0]).update(verdict="D1")
    town.run(600, 60)
    assert Incident.objects.get().severity == "info"
    assert (town.calls(), town.told) == (0, [])


def test_every_change_of_an_incident_is_announced_to_live_pages(town: Town) -> None:
    from center.ingest.models import Change
    from center.operations.models import Incident

    town.cut(REST[:1])
    town.run(180)
    assert list(Change.objects.filter(kind="incident").values_list("node", flat=True)) == [
        str(Incident.objects.get().pk)
    ]


def test_an_outage_concluded_later_belongs_to_its_incident_and_carries_its_ticket(town: Town) -> None:
    from center.availability.models import Outage
    from center.operations.desk import set_ticket
    from center.operations.linking import link_outages
    from center.operations.models import Incident

    start_ms = town.now_ms
    town.cut(ISP)
    town.run(180)
    incident = Incident.objects.get().pk
    set_ticket(incident, "INC-7", town.now_ms, "operator", town.now_ms)
    common = {"cause": "silent", "opened_ms": 0, "changed_ms": 0}
    mine, early, other = (
        Outage.objects.create(node=node, start_lo_ms=at, start_hi_ms=at, end_lo_ms=end, end_hi_ms=end, **common).pk
        for node, at, end in (
            (ISP[0], start_ms, None),
            (ISP[1], start_ms - HOUR_MS, start_ms - HOUR_MS + 60_000),
            (REST[0], start_ms, None),
        )
    )
    assert link_outages(town.now_ms) == 1
    assert link_outages(town.now_ms) == 0
    found = {row.pk: (row.incident, row.ticket, row.reported_by) for row in Outage.objects.all()}
    assert found == {mine: (incident, "INC-7", "operator"), early: (None, "", ""), other: (None, "", "")}
