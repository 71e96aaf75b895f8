"""What operators do with incidents on their pages, and what accounts of single sites see of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city

NODE, OTHER, THIRD = "kel-3673011001", "kel-3673011002", "kel-3673011003"
Client = Callable[[str], Any]


@pytest.fixture
def line(city: Path) -> int:
    """A cut line with two members, one of them the agency's; its incident."""
    from center.sites.models import Link, Provider, Upstream

    for node in (NODE, OTHER, THIRD):
        wall_city.add_node(node, "UP" if node == THIRD else "UNREACHABLE", cause="lost")
    provider = Provider.objects.create(code="isp-a", name="Penyedia Uji", phone="0254-123")
    Upstream.objects.create(code="line-a", name="Jalur Uji", kind="line", provider=provider)
    for node in (NODE, OTHER, THIRD):
        Link.objects.create(site_id=node, upstream_id="line-a", circuit=f"SRG-{node[-4:]}")
    wall_city.give_sites("agency", NODE)
    return wall_city.add_incident("parent", "line-a", NODE, OTHER, cause="line", party="isp")


def entries(incident: int) -> list[tuple[str, str, str]]:
    from center.operations.models import IncidentEntry

    return list(IncidentEntry.objects.filter(incident=incident).order_by("id").values_list("kind", "by", "text"))


def test_the_list_says_what_is_wrong_since_when_and_that_nobody_has_taken_it_on(line: int, client_as: Client) -> None:
    page = client_as("operator").get("/incidents/").content.decode()
    assert "Jalur Uji putus sejak" in page and "2 node tidak terhubung" in page
    assert "belum diterima" in page and "tiket belum ada" in page and "1 insiden terbuka" in page
    english = client_as("operator").get("/incidents/?lang=en").content.decode()
    assert "Jalur Uji has been down since" in english


def test_an_operator_takes_on_assigns_remarks_escalates_and_gives_back(line: int, client_as: Client) -> None:
    from center.operations.models import Incident

    client = client_as("operator")
    for act, values in (
        ("acknowledge", {}),
        ("assign", {"to": "technician"}),
        ("comment", {"text": "ditelepon"}),
        ("escalate", {"text": "belum ada jawaban"}),
        ("release", {}),
    ):
        assert client.post(f"/incidents/{line}/{act}", values).status_code == 302, act
    assert entries(line)[1:] == [
        ("acknowledged", "operator", ""),
        ("assigned", "operator", "technician"),
        ("comment", "operator", "ditelepon"),
        ("escalated", "operator", "belum ada jawaban"),
        ("released", "operator", ""),
    ]
    row = Incident.objects.get(pk=line)
    assert (row.acknowledged_ms, row.assigned_to, row.level) == (None, "technician", 1)
    page = client.get(f"/incidents/{line}/").content.decode()
    assert "ditelepon" in page and "Penyedia Uji, 0254-123" in page and "SRG-1001" in page
    assert "1 dari 3 node padanya terdengar" in page


def test_the_second_who_takes_it_on_is_told_so(line: int, client_as: Client) -> None:
    client = client_as("operator")
    client.post(f"/incidents/{line}/acknowledge")
    answer = client.post(f"/incidents/{line}/acknowledge")
    assert answer.status_code == 422 and "Orang lain baru saja menerimanya" in answer.content.decode()


def test_a_ticket_is_noted_on_the_outages_of_the_members_that_have_none(line: int, client_as: Client) -> None:
    from center.availability.models import Outage

    common = {"cause": "silent", "opened_ms": 0, "changed_ms": 0}
    at_ms = wall_city.now_ms() - 13 * 60_000
    for node, ticket, start_ms in ((NODE, "", at_ms), (OTHER, "OLD", at_ms), (NODE, "", at_ms - 86_400_000)):
        Outage.objects.create(node=node, ticket=ticket, start_lo_ms=start_ms, start_hi_ms=start_ms, **common)
    answer = client_as("operator").post(
        f"/incidents/{line}/ticket", {"ticket": "INC-77", "reported": "2026-11-23T08:00"}
    )
    assert answer.status_code == 302
    assert list(Outage.objects.order_by("id").values_list("ticket", "incident")) == [
        ("INC-77", line), ("OLD", None), ("", None),
    ]  # fmt: skip
    assert entries(line)[-1] == ("ticket", "operator", "INC-77")


MISFITS = (
    ("comment", {"text": ""}),
    ("comment", {"text": "x" * 1901}),
    ("assign", {"to": "nobody-there"}),
    ("assign", {"to": "viewer"}),
    ("ticket", {"ticket": "<script>", "reported": ""}),
    ("ticket", {"ticket": "A-1", "reported": "2999-01-01T00:00"}),
    ("ticket", {"ticket": "A-1", "reported": "yesterday"}),
    ("close", {"text": "beres"}),
)


def test_what_does_not_fit_is_said_on_the_page_and_nothing_is_written(line: int, client_as: Client) -> None:
    for act, values in MISFITS:
        answer = client_as("operator").post(f"/incidents/{line}/{act}", values)
        assert answer.status_code == 422, (act, values)
        assert "errorlist" in answer.content.decode(), (act, values)
    assert len(entries(line)) == 1


def test_acts_that_are_none_and_incidents_that_are_none_are_404(line: int, client_as: Client) -> None:
    assert client_as("operator").post(f"/incidents/{line}/delete").status_code == 404
    assert client_as("operator").post("/incidents/999/acknowledge").status_code == 404
    assert client_as("operator").get("/incidents/999/").status_code == 404


def test_who_only_looks_can_do_nothing(line: int, client_as: Client) -> None:
    addresses = (
        f"/incidents/{line}/acknowledge",
        f"/nodes/{NODE}/stay/end",
        "/works/1/cancel",
        "/works/",
        "/handover/",
        "/outages/1/ticket",
    )
    for role in ("viewer", "agency", "lurah", "leadership"):
        for address in addresses:
            assert client_as(role).post(address).status_code == 403, (role, address)
    assert len(entries(line)) == 1


def test_an_agency_sees_the_incidents_of_its_own_nodes_and_neither_names_nor_other_nodes(
    line: int, client_as: Client
) -> None:
    from center.sites.models import Site

    foreign = wall_city.add_incident("node", THIRD, THIRD)
    client_as("operator").post(f"/incidents/{line}/comment", {"text": "rahasia regu"})
    client_as("operator").post(f"/incidents/{line}/acknowledge")
    client = client_as("agency")
    page = client.get("/incidents/").content.decode()
    assert f"/incidents/{line}/" in page and f"/incidents/{foreign}/" not in page
    assert client.get(f"/incidents/{foreign}/").status_code == 404
    one = client.get(f"/incidents/{line}/").content.decode()
    assert "rahasia regu" not in one and "operator" not in one.replace('"operator"', "")
    assert Site.objects.get(pk=NODE).display_name in one
    assert Site.objects.get(pk=OTHER).display_name not in one
    assert "SRG-" not in one and "0254-123" not in one


def test_planned_work_is_announced_says_how_many_nodes_and_is_cancelled(line: int, client_as: Client) -> None:
    from center.availability.models import Due
    from center.operations.models import Work
    from center.web.incident_forms import local_time

    client, now = client_as("operator"), wall_city.now_ms()
    values = {
        "scope": "upstream", "subject": "line-a", "start": local_time(now), "end": local_time(now + 3_600_000),
        "reason": "ganti perangkat", "incident": line,
    }  # fmt: skip
    assert client.post("/works/", values).status_code == 302
    page = client.get("/works/").content.decode()
    assert "ganti perangkat" in page and "3 node" in page and "Akhiri sekarang: 3 node dinilai lagi" in page
    assert entries(line)[-1] == ("maintenance", "operator", "ganti perangkat")
    assert set(Due.objects.values_list("node", flat=True)) == {NODE, OTHER, THIRD}
    assert "ganti perangkat" in client.get(f"/nodes/{NODE}/").content.decode()
    work = Work.objects.get()
    assert client.post(f"/works/{work.pk}/cancel").status_code == 302
    work.refresh_from_db()
    assert work.cancelled_by == "operator" and work.cancelled_ms is not None
    assert "diakhiri lebih awal oleh operator" in client.get("/works/").content.decode()


def test_work_on_the_second_line_counts_the_node_that_has_both_and_stands_on_its_page(
    line: int, client_as: Client
) -> None:
    from center.operations.models import Work
    from center.sites.models import Link, Upstream

    Upstream.objects.create(code="line-b", name="Jalur Kedua", kind="line")
    Link.objects.create(site_id=THIRD, upstream_id="line-b")
    now, client = wall_city.now_ms(), client_as("operator")
    until_ms = {"line-a": now + 3_600_000, "line-b": now + 7_200_000}
    for upstream, nodes, shown in (("line-a", ["2 node"], False), ("line-b", ["3 node", "1 node"], True)):
        Work.objects.create(scope="upstream", subject=upstream, from_ms=now, until_ms=until_ms[upstream],
                            reason=f"ganti {upstream}", by="operator", made_ms=now)  # fmt: skip
        page = client.get("/works/").content.decode()
        assert all(f"Akhiri sekarang: {count} dinilai lagi" in page for count in nodes)
        assert (f"ganti {upstream}" in client.get(f"/nodes/{THIRD}/").content.decode()) is shown


WRONG_WORK = (
    {"end": "2026-01-01T00:00"},
    {"subject": "no-such"},
    {"scope": "planet"},
    {"reason": ""},
    {"start": "2020-01-01T00:00"},
    {"end": "2099-01-01T00:00"},
    {"incident": "x"},
)


def test_work_that_does_not_fit_is_refused_with_the_reason(line: int, client_as: Client) -> None:
    from center.operations.models import Work
    from center.web.incident_forms import local_time

    now = wall_city.now_ms()
    fits = {"scope": "site", "subject": NODE, "start": local_time(now), "end": local_time(now + 3_600_000),
            "reason": "x"}  # fmt: skip
    for wrong in WRONG_WORK:
        answer = client_as("operator").post("/works/", fits | wrong)
        assert answer.status_code == 422, wrong
    assert not Work.objects.exists()
    assert client_as("operator").post("/works/", fits).status_code == 302


def test_a_stay_is_ended_from_the_node_page(line: int, client_as: Client) -> None:
    from center.operations.models import Maintenance, StayEnded

    Maintenance.objects.create(
        node=NODE, epoch="e", seq=1, boot="b", mono_ms=1, wall_ms=0, at_ms=wall_city.now_ms() - 60_000,
        at_quality="ntp", received_ms=0, active=True, lasts_ms=3_600_000,
    )  # fmt: skip
    client = client_as("operator")
    assert "Akhiri: node ini dinilai lagi" in client.get(f"/nodes/{NODE}/").content.decode()
    client.post(f"/nodes/{NODE}/stay/end", {"reason": "teknisi sudah pulang"})
    assert StayEnded.objects.get().by == "operator"
    assert "Akhiri: node ini dinilai lagi" not in client.get(f"/nodes/{NODE}/").content.decode()
    client.post(f"/nodes/{NODE}/stay/end")
    assert StayEnded.objects.count() == 1


def test_the_node_page_tells_of_the_incident_the_neighbours_and_takes_a_ticket_for_an_outage(
    line: int, client_as: Client
) -> None:
    from center.availability.models import Outage

    at_ms = wall_city.now_ms() - 13 * 60_000
    outage = Outage.objects.create(node=NODE, start_lo_ms=at_ms, start_hi_ms=at_ms, cause="L5b", party="isp",
                                   opened_ms=at_ms, changed_ms=at_ms)  # fmt: skip
    client = client_as("operator")
    page = client.get(f"/nodes/{NODE}/").content.decode()
    assert f"/incidents/{line}/" in page and "Jalur Uji: 1 dari 2 tetangga terdengar" in page
    assert client.post(f"/outages/{outage.pk}/ticket", {"ticket": "T-9"}).status_code == 302
    assert "T-9" in client.get(f"/nodes/{NODE}/").content.decode()
    assert client.post(f"/outages/{outage.pk}/ticket", {"ticket": ""}).status_code == 302
    outage.refresh_from_db()
    assert (outage.ticket, outage.reported_ms, outage.reported_by) == ("", None, "")
    assert client.post(f"/outages/{outage.pk}/ticket", {"ticket": "<"}).status_code == 422
    assert client.post("/outages/999/ticket", {"ticket": "T"}).status_code == 404


def test_the_handover_begins_with_what_is_open_and_is_kept(line: int, client_as: Client) -> None:
    from center.operations.models import Handover

    client = client_as("operator")
    page = client.get("/handover/").content.decode()
    assert f"#{line} Jalur Uji putus" in page and "1 insiden masih terbuka" in page
    assert client.post("/handover/", {"text": "Aman. <b>x</b>"}).status_code == 302
    assert Handover.objects.get().by == "operator"
    assert "Aman. &lt;b&gt;x&lt;/b&gt;" in client.get("/handover/").content.decode()
    assert client.post("/handover/", {"text": " "}).status_code == 422


def test_the_history_is_listed_in_pages_and_filtered(line: int, client_as: Client) -> None:
    from center.operations.models import Incident

    now = wall_city.now_ms()
    Incident.objects.bulk_create(
        Incident(kind="node", subject=NODE, severity="warning", cause="lost", started_ms=now - n * 10**6,
                 opened_ms=now - n * 10**6, resolved_ms=now - n * 10**6 + 60_000) for n in range(1, 61)
    )  # fmt: skip
    client = client_as("viewer")
    page = client.get("/incidents/?show=over").content.decode()
    assert page.count('class="what"') == 50 and "1 / 2" in page
    assert client.get("/incidents/?show=over&page=2").content.decode().count('class="what"') == 10
    assert client.get("/incidents/?show=over&severity=critical").content.decode().count('class="what"') == 0
    assert client.get("/incidents/?severity=critical").content.decode().count('class="what"') == 1
    assert client.get("/incidents/?severity=%27&kind=x&page=zz").status_code == 200
