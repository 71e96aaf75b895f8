"""What the wall is told of incidents, pictures and services; and that its shape has no room for anything personal."""

import json
from pathlib import Path
from typing import Any

from tests.support import wall_city, wall_screens

FIRST, SECOND, THIRD = "kel-3673011001", "kel-3673011002", "kel-3673011003"
BOTH = {"id", "en"}
TEXTS = ("where", "who", "what", "party")
# Every key of every section; "*" stands for codes of sites, ids of rows and the four categories.
INCIDENT = {
    "id", "kind", "fill", "severity", "calls", "acknowledged", "since", "opened", "until", "count", "members", "ticket",
    "ticketed", *TEXTS, *(f"{name}.{language}" for name in TEXTS for language in BOTH),
}  # fmt: skip
PICTURE = {"url", "site", "camera", "at", "period", "verdict"}
KEYS = {
    "sites": {"*"},
    "problems": {"fill", "since", "count", *(
        key for name in ("where", "what", "party") for key in (name, f"{name}.id", f"{name}.en"))},
    "picture": PICTURE,
    "pictures": PICTURE,
    "complaints": {"today", "open", "urgent"},
    "incidents": {
        "open", "total", "ended", "load", "loadFrom",
        *(f"{part}.{key}" for part in ("open", "ended") for key in INCIDENT),
    },
    "services": {
        "rows",
        *(f"rows.{key}" for key in ("name", "fill", "reason", "reason.id", "reason.en", "since", "days", "stale")),
        "total", "well", "stale", "at", "complaints", "complaints.waiting", "complaints.answered", "complaints.urgent",
        "complaints.oldest", *(f"complaints.{part}.{name}" for part in ("waiting", "answered")
                               for name in ("aduan", "laporan", "saran", "pendapat")),
    },
    "center": {"ingest", "since", "commit", "alarms"},
    "operations": {"*"},  # numbers of changes
}  # fmt: skip


def told() -> dict[str, Any]:
    from center.wall.payload import read_wall
    from center.web.change_reader import open_reader

    reader = open_reader()
    try:
        return read_wall(reader)
    finally:
        reader.close()


def keys(value: Any, before: str = "") -> set[str]:
    """Dotted names of everything below; lists count as what is in them."""
    if isinstance(value, list):
        return {key for one in value for key in keys(one, before)}
    if not isinstance(value, dict):
        return set()
    found = set()
    for name, below in value.items():
        dotted = f"{before}{name}"
        found |= {dotted} | keys(below, f"{dotted}.")
    return found


def everything(city: Path) -> None:
    """A city in which everything personal there could be is there."""
    for node in (FIRST, SECOND):
        wall_city.add_node(node, "DOWN", 8, cause="lost")
    wall_city.add_node(THIRD, "DEGRADED", 3, cause="verdict", verdict="Q2")
    wall_city.add_node("opd-dinkes")
    line = wall_screens.add_line()
    fields = {"party": "isp", "cause": "L5b", "acknowledged_by": "budi", "assigned_to": "siti"}
    ticket = "SRG-0412 atas nama Ibu Sari 0812-77"
    wall_screens.add_incident("parent", line, [FIRST, SECOND], 8, ticket=ticket, **fields)
    wall_screens.add_incident("node", THIRD, [THIRD], 90, resolved_ms=wall_city.now_ms() - 60_000, **fields)
    wall_city.add_picture(city, "opd-dinkes", count=2)
    wall_city.add_look("opd-dinkes", "Portal", ok=False, reason="timeout")
    wall_city.add_complaint(FIRST, "Nama saya Sari", urgent=True)


def test_the_shape_has_no_room_for_people_and_no_name_gets_in(city: Path) -> None:
    everything(city)
    state = told()
    assert set(state) == set(KEYS)
    for section, allowed in KEYS.items():
        found = keys(state[section])
        assert found <= allowed or "*" in allowed, (section, found - allowed)
    text = json.dumps(state)
    for secret in ("budi", "siti", "Sari", "0812-77", "sealed"):
        assert secret not in text


def test_a_cut_line_is_one_incident_with_its_members_and_no_line_for_each(city: Path) -> None:
    everything(city)
    state = told()
    (one,) = state["incidents"]["open"]
    assert one["where"]["id"] == "Tautan ISP utara"
    assert one["who"] == {"id": "Serang, Cipare", "en": "Serang, Cipare"}
    assert one["members"] == ["Serang", "Cipare"]
    assert one["party"]["id"] == "ISP"
    assert (one["ticket"], one["calls"], one["fill"]) == ("SRG-0412", True, "down")
    assert [problem["fill"] for problem in state["problems"]] == ["degraded"]
    assert [ended["where"]["id"] for ended in state["incidents"]["ended"]] == ["Sumur Pecung"]


def test_a_member_that_left_is_told_by_itself_again(city: Path) -> None:
    from center.operations.models import IncidentMember

    everything(city)
    IncidentMember.objects.filter(node=SECOND).update(left_ms=wall_city.now_ms())
    state = told()
    assert state["incidents"]["open"][0]["members"] == ["Serang"]
    assert [problem["where"]["id"] for problem in state["problems"] if problem["fill"] == "down"] == ["Cipare"]


def test_alarms_are_counted_as_they_were_presented_once_there_are_any(city: Path) -> None:
    from center.operations.models import Alarm

    wall_city.add_node(FIRST, "DOWN", 2, cause="lost")
    assert told()["center"]["alarms"] == 1
    now = wall_city.now_ms()
    for age_min, suppressed in ((1, False), (2, False), (3, True), (50, False)):
        Alarm.objects.create(at_ms=now - age_min * 60_000, severity="critical", suppressed=suppressed)
    state = told()
    assert state["center"]["alarms"] == 2
    assert sum(state["incidents"]["load"]) == 3


def test_every_camera_keeps_its_place_with_its_newest_exposure(city: Path) -> None:
    for node in (FIRST, SECOND):
        wall_city.add_node(node)
    newest = wall_city.add_picture(city, FIRST, age_s=5)
    wall_city.add_picture(city, FIRST, age_s=9000)
    old = wall_city.add_picture(city, SECOND, age_s=40_000)
    wall_city.add_picture(city, SECOND, age_s=1, signature_ok=False)
    found = {one["site"]: one["url"] for one in told()["pictures"]}
    assert found == {"Serang": f"/wall/pictures/{newest}.jpg", "Cipare": f"/wall/pictures/{old}.jpg"}


def test_a_camera_that_fell_silent_is_remembered_when_others_sent_much_since(city: Path) -> None:
    from center.wall import payload
    from center.wall.scenes import pictures
    from center.web.change_reader import open_reader

    for node in (FIRST, SECOND):
        wall_city.add_node(node)
    wall_city.add_picture(city, FIRST, age_s=500)
    reader, read = open_reader(), payload.WallReader()
    assert [one["site"] for one in read(reader)["pictures"]] == ["Serang"]
    wall_city.add_picture(city, SECOND, count=pictures.NEXT_LOOKS + 1)
    state = read(reader)
    reader.close()
    assert [one["site"] for one in state["pictures"]] == ["Cipare", "Serang"]
    assert state["picture"]["site"] == "Cipare"


def test_services_say_which_public_sites_are_down_or_stale_and_how_many_complaints_wait(city: Path) -> None:
    for node in (FIRST, SECOND):
        wall_city.add_node(node)
        wall_city.add_look(node, "Dinas A", ok=False, reason="timeout")
        wall_city.add_look(node, "Dinas B", fresh_date="2020-01-01", stale_after_days=30)
    wall_city.add_complaint(FIRST)
    wall_city.add_complaint(FIRST, category="saran", status="answered")
    for status, reason in (("answered", ""), ("closed", "resolved")):  # last month, though touched today
        before = wall_city.now_ms() - 40 * 86_400_000
        wall_city.add_complaint(FIRST, category="saran", status=status, closed_reason=reason, first_answer_ms=before)
    services = told()["services"]
    assert [(row["name"], row["fill"], row["stale"]) for row in services["rows"]] == [
        ("Dinas A", "down", False),
        ("Dinas B", "up", True),
    ]
    assert (services["total"], services["well"], services["stale"]) == (2, 0, 1)
    assert services["complaints"]["waiting"] == {"aduan": 1, "laporan": 0, "saran": 0, "pendapat": 0}
    assert services["complaints"]["answered"]["saran"] == 1


def test_every_cause_of_an_incident_has_words_in_both_languages(city: Path) -> None:
    wall_city.add_node(FIRST, "DOWN", 5, cause="lost")
    causes = ("line", "feeder", "area", "core", "flapping", "silent", "lost", "planned", "L5b", "N0")
    for cause in causes:
        wall_screens.add_incident("parent", f"up-{cause}", [FIRST], cause=cause)
    for kind in ("clone", "integrity", "certificate", "degraded"):
        wall_screens.add_incident(kind, FIRST, [FIRST], cause="")
    found = [one["what"] for one in told()["incidents"]["open"]]
    assert len(found) == len(causes) + 4
    for words in found:
        assert words["id"] != words["en"]
        assert words["id"] not in causes


def test_a_blind_centre_is_one_line_in_words(city: Path) -> None:
    for node in (FIRST, SECOND):
        wall_city.add_node(node, "UNKNOWN", 5, cause="blind")
    wall_screens.add_incident("blind", "", [], 5, cause="blind", party="center")
    state = told()
    assert state["problems"] == []
    assert state["incidents"]["open"][0]["where"] == {"id": "Pusat sendiri", "en": "The centre itself"}
    assert state["incidents"]["open"][0]["fill"] == "unknown"
