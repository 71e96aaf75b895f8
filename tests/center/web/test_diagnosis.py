"""The node page and the interface say which part is broken, on what evidence, what to do, and what happened before."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import node_told, wall_city
from wire.verdicts import RUNGS, VERDICTS

NODE = "kel-3673011001"


@pytest.fixture
def page(client_as: Callable[[str], Any], city: Path) -> Callable[..., str]:
    """The text of the node page."""

    def read(language: str = "id") -> str:
        return str(client_as("technician").get(f"/nodes/{NODE}/?lang={language}").content.decode()).replace(
            "&#x27;", "'"
        )

    return read


def part(text: str, name: str) -> str:
    """One section of the page."""
    found = re.search(rf'<section id="{name}".*?</section>', text, re.DOTALL)
    return found[0] if found else ""


def test_the_block_on_top_says_what_to_do_by_the_verdicts_own_action(page: Callable[..., str]) -> None:
    wall_city.add_node(NODE, "DEGRADED", cause="verdict", verdict="L5b")
    text = page()
    assert VERDICTS["L5b"].action_id in text
    assert text.index(VERDICTS["L5b"].action_id) < text.index('id="ladder"')
    assert VERDICTS["L5b"].action_en in page("en")


def test_the_failing_rung_is_open_with_its_evidence_and_the_others_stand_in_order(page: Callable[..., str]) -> None:
    wall_city.add_node(NODE, "DEGRADED", cause="verdict", verdict="L5b")
    node_told.add_verdict(NODE, "L5b", 5, 1, also=["N1", "I2"])
    ladder = part(page(), "ladder")
    places = [ladder.index(f"<b>{word}</b>") for word, _english in RUNGS.values()]
    assert places == sorted(places)
    named = re.search(r'<li data-state="failed" class="named">.*?</ul>', ladder, re.DOTALL)
    assert named is not None
    assert "ISP diam di belakang router" in named[0]
    assert "yakin 92 %" in named[0]
    assert "0 dari 20 ping ke pusat 103.28.12.9 dijawab" in named[0]
    assert "Tegangan listrik kurang" in ladder
    assert "Selain itu" in ladder
    assert "0 of 20 pings to centre 103.28.12.9 answered" in part(page("en"), "ladder")


def test_a_mere_note_on_a_node_that_is_up_says_its_next_action_at_its_rung(page: Callable[..., str]) -> None:
    wall_city.add_node(NODE, "UP", verdict="W1")
    node_told.add_verdict(NODE, "W1", 5, 1, rungs=[{"name": "sites", "state": "failed", "code": "W1"}])
    text = page()
    assert text.count(VERDICTS["W1"].action_id) == 1
    assert VERDICTS["W1"].action_id in part(text, "ladder")


def test_faults_beside_the_verdict_say_what_to_do_about_them(page: Callable[..., str]) -> None:
    wall_city.add_node(NODE, "DEGRADED", cause="verdict", verdict="L5b")
    node_told.add_verdict(NODE, "L5b", 5, 1, also=["N1"])
    ladder = part(page(), "ladder")
    assert VERDICTS["N1"].action_id in ladder
    assert VERDICTS["L5b"].action_id not in ladder  # it stands on top


def test_a_report_newer_than_the_last_event_is_shown_without_that_events_evidence(page: Callable[..., str]) -> None:
    wall_city.add_node(NODE, "DEGRADED", cause="verdict", verdict="B1")
    node_told.add_verdict(NODE, "L5b", 5, 1)
    ladder = part(page(), "ladder")
    assert "Broker mati" in ladder
    assert "103.28.12.9" not in ladder
    assert "buktinya belum sampai" in ladder


def test_after_contact_was_lost_the_ladder_says_that_it_is_of_before(page: Callable[..., str]) -> None:
    wall_city.add_node(NODE, "DOWN", cause="lost", verdict="OK")
    assert "sebelum kontak hilang" in part(page(), "ladder")


def test_a_node_that_never_said_anything_has_no_ladder_and_no_history(page: Callable[..., str]) -> None:
    wall_city.add_node(NODE, "UNKNOWN", cause="never_seen", verdict="")
    text = page()
    assert part(text, "ladder") == part(text, "history") == part(text, "path") == ""
    assert "belum pernah menceritakan" in part(text, "outages")


def test_the_strip_shows_a_fault_and_the_gap_beside_it(page: Callable[..., str]) -> None:
    from center.connectivity.models import Report

    wall_city.add_node(NODE)
    wall_city.add_reports(NODE, 240, gap=(60, 120))
    Report.objects.filter(seq__gt=200, seq__lte=220).update(verdict="L5d")
    history = part(page(), "history")
    assert history.count("<svg") == 2
    day = re.findall(r'<rect data-severity="(\w+)" x="(\d+)" width="(\d+)"', history.partition("</svg>")[0])
    assert [severity for severity, _x, _width in day] == ["gap", "ok", "gap", "ok", "down", "ok"]
    assert sum(int(width) for _severity, _x, width in day) == 1000
    assert "Tidak ada jawaban setelah gateway" in history


def test_changes_of_the_verdict_say_how_long_each_held(page: Callable[..., str]) -> None:
    wall_city.add_node(NODE)
    for seq, (code, ago_min) in enumerate((("OK", 170), ("Q2", 130), ("OK", 115)), 1):
        node_told.add_verdict(NODE, code, ago_min, seq)
    changes = re.findall(r"<b>([^<]*)</b> <span class=\"dim\">([^<·]*)", part(page(), "history"))
    assert [(label, said.strip()) for label, said in changes] == [
        ("Baik", "sampai sekarang"), ("Paket hilang", "15 menit"), ("Baik", "40 menit"),
    ]  # fmt: skip


def test_an_outage_is_told_with_onset_end_duration_evidence_and_steps(page: Callable[..., str]) -> None:
    wall_city.add_node(NODE)
    node_told.add_outage(NODE, "out-1", 600, 12, 1, "L4")
    node_told.add_outage(NODE, "out-2", 5, None, 2)
    outages = part(page(), "outages")
    newest, older = outages.split('<li id="outage-')[1:]
    assert "akhirnya belum diceritakan" in newest
    assert "<b>12 menit</b>" in older
    assert "Gateway diam" in older
    assert "0 dari 20 ping ke pusat 103.28.12.9 dijawab" in older
    assert "288 dari 300 ping ke pusat hilang" in older
    assert "3 langkah" in older
    assert older.index("Belum dapat disimpulkan") < older.index("Tidak ada jawaban setelah gateway")
    assert "diceritakan sesudahnya" in outages


def test_the_way_to_the_centre_marks_the_router_that_changed(page: Callable[..., str]) -> None:
    wall_city.add_node(NODE)
    node_told.add_path(NODE, 120, 1)
    node_told.add_path(NODE, 60, 2, "180.252.9.77")
    path = part(page(), "path")
    changed = re.findall(r'<li class="changed">.*?</li>', path)
    assert len(changed) == 1
    assert "180.252.9.77" in changed[0]
    assert "tadinya 180.252.4.1" in changed[0]
    assert "tidak menjawab" in path
    assert "Jejak sampai ke pusat" in path


def test_what_a_node_sends_is_shown_as_text_never_as_markup(page: Callable[..., str]) -> None:
    evil = "<script>alert(1)</script>\x1b[2J"
    item = {"probe": "icmp", "target": evil, "ok": False, "reason": evil[:60], "detail": {"address": evil}}
    wall_city.add_node(NODE, "DEGRADED", cause="verdict", verdict="Z9")
    node_told.add_verdict(NODE, "Z9", 5, 1, also=["<b>x"], evidence=[item], rungs=[{"name": "<i>", "state": "failed"}])
    text = page()
    assert "<script>alert" not in text
    assert "<b>x" not in text
    assert "\x1b" not in text
    assert "&lt;i&gt;" in part(text, "ladder")


@pytest.mark.parametrize("code", [*VERDICTS, "Z9"])
def test_every_verdict_has_a_page(page: Callable[..., str], code: str) -> None:
    wall_city.add_node(NODE, "DEGRADED", cause="verdict", verdict=code)
    node_told.add_verdict(NODE, code, 5, 1)
    text = page()
    assert (VERDICTS[code].action_id if code in VERDICTS else 'id="ladder"') in text


def test_a_body_of_another_schema_in_the_table_breaks_no_page(page: Callable[..., str]) -> None:
    from center.connectivity.models import NodePath, Outage, VerdictChange

    wall_city.add_node(NODE, "DEGRADED", cause="verdict", verdict="L5b")
    node_told.add_verdict(NODE, "L5b", 5, 1)
    node_told.add_outage(NODE, "out-1", 60, 5, 2)
    node_told.add_path(NODE, 60, 3)
    for model in (VerdictChange, Outage, NodePath):
        model.objects.update(json='{"code": 1}')
    assert "ISP diam di belakang router" in page()


def test_the_interface_gives_out_finding_outages_and_path(client_as: Callable[[str], Any], city: Path) -> None:
    wall_city.add_node(NODE, "DEGRADED", cause="verdict", verdict="L5b")
    node_told.add_verdict(NODE, "L5b", 5, 1, also=["I2"])
    for seq in range(2, 14):
        node_told.add_outage(NODE, f"out-{seq}", 60 * seq, 5, seq)
    node_told.add_path(NODE, 60, 20)
    client = client_as("viewer")
    found = client.get(f"/api/v1/nodes/{NODE}").json()
    finding = found["finding"]
    assert (finding["code"], finding["party"], finding["also"]) == ("L5b", "isp", ["I2"])
    assert finding["action_id"] == VERDICTS["L5b"].action_id
    assert [rung["name"] for rung in finding["rungs"]][: len(RUNGS)] == list(RUNGS)
    assert finding["evidence"][0]["words_id"] == "0 dari 20 ping ke pusat 103.28.12.9 dijawab"
    assert finding["evidence"][0]["detail"] == {"address": "103.28.12.9"}
    assert len(found["outages"]) == 8
    assert found["outages"][0]["end_ms"] - found["outages"][0]["onset_ms"] == 300_000
    assert found["path"]["hops"][2]["address"] == "180.252.4.1"
    every = client.get(f"/api/v1/nodes/{NODE}/outages").json()["items"]
    assert [row["id"] for row in every] == [f"out-{seq}" for seq in range(13, 1, -1)]
    assert len(client.get(f"/api/v1/nodes/{NODE}/outages?limit=3").json()["items"]) == 3
    first = client.get(f"/api/v1/nodes/{NODE}/outages?limit=5").json()
    rest = client.get(f"/api/v1/nodes/{NODE}/outages?cursor={first['next']}").json()
    assert [row["id"] for row in (*first["items"], *rest["items"])] == [row["id"] for row in every]
    assert client.get(f"/api/v1/nodes/{NODE}/outages?limit=0").status_code == 422
    assert client.get("/api/v1/nodes/kel-3673011099/outages").status_code == 404


def test_a_week_of_reports_is_read_for_the_charts(client_as: Callable[[str], Any], city: Path) -> None:
    from center.connectivity.models import Report

    wall_city.add_node(NODE)
    wall_city.add_reports(NODE, 3)
    first = Report.objects.get(seq=1)
    body = json.loads(first.json)
    body["probes"][1] |= {"hist": [[76, 6]], "suspect": 3}
    Report.objects.filter(seq=1).update(at_ms=wall_city.now_ms() - 6 * 86_400_000, json=json.dumps(body))
    client = client_as("viewer")
    assert len(client.get(f"/api/v1/nodes/{NODE}/series?hours=24").json()["t"]) == 2
    week = client.get(f"/api/v1/nodes/{NODE}/series?hours=168").json()
    assert len(week["t"]) == 4  # with a row of nulls for the gap
    assert week["suspect_pct"]["icmp gateway"][0] == 50.0
    assert client.get(f"/api/v1/nodes/{NODE}/series?hours=43921").status_code == 422


def test_who_is_responsible_is_whom_the_node_found_and_not_only_what_the_code_says(page: Callable[..., str]) -> None:
    wall_city.add_node(NODE, "DEGRADED", cause="verdict", verdict="Q2")
    assert re.search(r"Penanggung jawab</dt><dd>ISP<", page())
    node_told.add_verdict(NODE, "Q2", 5, 1, party="site")
    assert re.search(r"Penanggung jawab</dt><dd>lokasi<", page())


@pytest.mark.parametrize("code", ["U0", "A1", "Z9"])
def test_a_verdict_that_lies_on_no_rung_is_said_with_its_evidence_all_the_same(
    page: Callable[..., str], code: str
) -> None:
    wall_city.add_node(NODE, "UP", verdict=code)
    unknown = [{"name": name, "state": "unknown"} for name in RUNGS]
    node_told.add_verdict(NODE, code, 5, 1, rungs=unknown)
    ladder = part(page(), "ladder")
    assert "0 dari 20 ping ke pusat 103.28.12.9 dijawab" in ladder
    assert "yakin 92 %" in ladder
    if code in VERDICTS:
        assert VERDICTS[code].action_id in ladder


def test_reports_that_name_other_targets_each_time_neither_fill_the_charts_nor_hide_the_two_that_matter(
    client_as: Callable[[str], Any], city: Path
) -> None:
    from center.connectivity.models import Report
    from center.web.reports import MOST_TARGETS

    wall_city.add_node(NODE)
    wall_city.add_reports(NODE, 20)
    for row in Report.objects.all():
        body = json.loads(row.json)
        made_up = [
            {"probe": "tcp", "target": f"{row.seq}-{n}", "state": "up", "sent": 5, "lost": 2**53 - 1}
            for n in range(196)
        ]
        pings = [one for one in body["probes"] if one["probe"] == "icmp"]
        Report.objects.filter(pk=row.pk).update(json=json.dumps({**body, "probes": [*made_up, *pings]}))
    client = client_as("viewer")
    series = client.get(f"/api/v1/nodes/{NODE}/series").json()
    assert len(series["rtt_ms"]) == MOST_TARGETS
    assert all(value is not None for value in series["rtt_ms"]["icmp center"])
    assert max(value for column in series["loss_pct"].values() for value in column if value is not None) == 100
    assert "-9007" not in client.get(f"/nodes/{NODE}/").content.decode()


@pytest.mark.parametrize("name", ["VerdictChange", "Outage", "NodePath"])
def test_the_newest_rows_are_found_without_reading_the_thousands_a_box_may_have_told(city: Path, name: str) -> None:
    from django.apps import apps

    rows = apps.get_model("connectivity", name).objects.filter(node=NODE, epoch="epoch-1").order_by("-seq")[:8]
    plan = rows.explain()
    assert "USING INDEX" in plan
    assert "TEMP B-TREE" not in plan
