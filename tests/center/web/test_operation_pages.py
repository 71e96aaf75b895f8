"""Ordering commands from the pages before a real commander: forms, last words, two persons, and what is shown."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city
from tests.support.commander_alone import Phones, commander
from tests.support.operations import add_operation, tell

NODES = ("kel-3673011001", "kel-3673011002", "kel-3673011003", "kel-3673011004")
NODE, OTHER = NODES[:2]
Client = Callable[[str], Any]


@pytest.fixture
def boxes(city: Path) -> Path:
    for node in NODES:
        wall_city.add_node(node, "DOWN" if node == NODES[3] else "UP", cause="lost")
    return city


@pytest.fixture
def phones(boxes: Path) -> Iterator[Phones]:
    with commander(boxes, "technician", "admin") as found:
        yield found


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def form(command: str, *nodes: str, **more: Any) -> dict[str, Any]:
    roll = {"canary": 1, "batch_size": 2, "pause_min": 1, "abort_pct": 20}
    return {"command": command, "how": "nodes", "node": list(nodes), "note": "uji", **roll, **more}


def held(answer: Any) -> str:
    """The order as the page of the last word holds it."""
    found = re.search(r'name="order" value="([^"]*)"', answer.content.decode())
    assert found, text(answer)
    return found[1].replace("&quot;", '"').replace("&#x27;", "'").replace("&amp;", "&")


def only() -> Any:
    from center.operations.models import Operation

    return Operation.objects.get()


def test_a_look_at_one_box_is_one_press_and_shown_as_it_happens(phones: Phones, client_as: Client) -> None:
    from center.accounts.models import Act

    client = client_as("operator")
    page = client.get(f"/nodes/{NODE}/?lang=id").content.decode()
    assert f"/nodes/{NODE}/ask/diagnose" in page and "Ping gateway" in page
    assert "command=reboot" not in page  # an operator looks only
    answer = client.post(f"/nodes/{NODE}/ask/ping")
    assert answer.status_code == 302 and answer.headers["Location"] == f"/operations/{only().pk}/"
    assert (only().command, json.loads(only().arguments)["host"], only().made_by) == ("ping", "gateway", "operator")
    assert "Ping · Serang" in text(client.get(answer.headers["Location"]))
    noted = Act.objects.get(what="operation-order")
    assert noted.who == "operator" and noted.subject == f"operation:{only().pk} {NODE}"
    audit = text(client_as("admin").get("/audit/?lang=id"))
    assert f"Memerintahkan sesuatu ke kotak operation-order Ping · {NODE}" in audit and f"1 kotak · {NODE}" in audit


def test_what_changes_something_needs_the_code_of_the_one_who_orders_it(phones: Phones, client_as: Client) -> None:
    from center.operations.models import Operation

    client = client_as("technician")
    last = client.post("/operations/new/?lang=id", form("restart-agent", NODE, OTHER))
    said = text(last)
    assert "Mulai ulang agen di 2 kotak: Cipare, Serang. Mula-mula 1 sendirian, lalu 2 sekaligus" in said
    assert "Sekitar sepuluh detik tanpa pengukuran" in said and "one-time-code" in last.content.decode()
    for wrong in ("", "12345", "abcdef", "000000"):
        refused = client.post("/operations/new/", {"order": held(last), "otp": wrong})
        assert refused.status_code == 422 and "Cipare, Serang" in text(refused)
    assert not Operation.objects.exists()
    code = phones.code("technician")
    answer = client.post("/operations/new/", {"order": held(last), "otp": f"{code[:3]} {code[3:]}"})
    assert answer.status_code == 302
    assert (only().state, only().canary, only().batch_size, only().pause_s) == ("running", 1, 2, 60)
    assert list(only().targets.values_list("node", flat=True)) == [OTHER, NODE]
    again = client.post("/operations/new/", {"order": held(last), "otp": code})
    assert again.headers["Location"] == answer.headers["Location"]  # a second press is the same order
    assert Operation.objects.count() == 1


def test_a_grave_order_waits_for_another_person(phones: Phones, client_as: Client) -> None:
    from center.accounts.models import Act

    first, second = client_as("technician"), client_as("admin")
    last = first.post("/operations/new/", form("reboot", NODE))
    assert first.post("/operations/new/", {"order": held(last), "otp": phones.code("technician")}).status_code == 302
    page = f"/operations/{only().pk}/"
    assert only().state == "waiting"
    assert "Jarak jauh (1)" in text(second.get("/nodes/?lang=id"))  # whoever may approve it sees that one waits
    own = first.get(f"{page}?lang=id")
    assert "Anda sendiri tidak dapat" in text(own) and 'name="otp"' not in own.content.decode()
    refused = first.post(f"{page}do/approve", {"otp": phones.code("technician")})
    assert refused.status_code == 422 and "harus orang lain" in text(refused)
    assert "technician meminta ini untuk 1 kotak: Nyalakan ulang kotak" in text(second.get(f"{page}?lang=id"))
    assert second.post(f"{page}do/approve", {"otp": "123"}).status_code == 422
    assert only().state == "waiting"
    assert second.post(f"{page}do/approve", {"otp": phones.code("admin")}).status_code == 302
    assert (only().state, only().second_by) == ("running", "admin")
    assert Act.objects.filter(what="operation-approve", who="admin", subject=f"operation:{only().pk}").exists()
    assert Act.objects.filter(what="operation-refused", who="technician").exists()


def test_groups_of_boxes_are_those_that_are_connected(phones: Phones, client_as: Client) -> None:
    client = client_as("technician")
    kecamatan = client.post("/operations/new/", form("diagnose", how="kecamatan", kecamatan="Serang", heard_only="on"))
    assert held(kecamatan) and NODES[3] not in held(kecamatan)
    assert set(json.loads(held(kecamatan))["nodes"]) == set(NODES[:3])
    everything = client.post("/operations/new/", form("diagnose", how="all"))
    assert set(json.loads(held(everything))["nodes"]) == set(NODES)
    kind = client.post("/operations/new/", form("diagnose", how="kind", kind="kel", heard_only="on"))
    assert set(json.loads(held(kind))["nodes"]) == set(NODES[:3])
    nobody = client.post("/operations/new/?lang=id", form("diagnose", how="kecamatan", kecamatan="", heard_only="on"))
    assert nobody.status_code == 422 and "Belum ada kotak yang dipilih" in text(nobody)
    wall_city.add_node("kec-367301")
    wall_city.add_node("opd-dinkes")
    order = json.loads(held(client.post("/operations/new/", form("diagnose", how="all"))))["nodes"]
    assert set(order[:-2]) == set(NODES) and set(order[-2:]) == {"kec-367301", "opd-dinkes"}  # offices come last
    silent = client.post("/operations/new/", form("diagnose", NODES[3], heard_only="on"))
    assert silent.status_code == 302  # one that was chosen by name is asked, heard or not


@pytest.mark.parametrize(
    ("command", "values", "wrong"),
    [
        ("ping", {"arg_host": "center", "arg_count": 3}, {"arg_host": "a b", "arg_count": 3}),
        ("trace", {"arg_host": "8.8.8.8"}, {"arg_host": "; reboot"}),
        ("dns", {"arg_name": "serangkota.go.id"}, {"arg_name": ""}),
        ("site", {"arg_url": "https://serangkota.go.id/"}, {"arg_url": "file:///etc/passwd"}),
        ("snapshot", {"arg_camera": ""}, {"arg_camera": "../depan"}),
        ("logs", {"arg_unit": "camera", "arg_lines": 20}, {"arg_unit": "shadow", "arg_lines": 20}),
        ("bundle", {}, {"how": "none"}),
    ],
)
def test_each_command_takes_its_own_details_and_no_others(
    command: str, values: dict[str, Any], wrong: dict[str, Any], phones: Phones, client_as: Client
) -> None:
    from wire.commands import decode_arguments

    client = client_as("operator")
    assert client.get(f"/operations/new/?command={command}&node={NODE}").status_code == 200
    assert client.post("/operations/new/", form(command, NODE, **wrong)).status_code == 422
    assert client.post("/operations/new/", form(command, NODE, **values)).status_code == 302
    arguments = json.loads(only().arguments)
    assert decode_arguments(command, arguments) is not None
    assert only().command == command


def test_work_at_a_box_is_announced_and_ended_from_here(phones: Phones, client_as: Client) -> None:
    client = client_as("technician")
    values = {"arg_lasts_s": "7200", "arg_ticket": "T-7", "arg_note": "ganti kabel"}
    begun = client.post("/operations/new/?lang=id", form("maintenance", NODE, **values))
    assert json.loads(held(begun))["arguments"] == {"lasts_s": 7200, "ticket": "T-7", "note": "ganti kabel"}
    assert "Berapa lama: 2 jam, Tiket: T-7, Catatan: ganti kabel" in text(begun)
    ended = client.post("/operations/new/?lang=id", form("maintenance", NODE, arg_lasts_s="0"))
    assert "Berapa lama: akhiri sekarang" in text(ended)
    assert client.post("/operations/new/", form("maintenance", NODE, arg_lasts_s="99")).status_code == 422


def test_an_update_goes_to_a_release_that_is_handed_out(phones: Phones, client_as: Client) -> None:
    from center.fleet.models import Release

    client = client_as("technician")
    none = client.get("/operations/new/?command=update&lang=id")
    assert "sandi-center release add" in text(none)
    old, new = (
        Release.objects.create(
            digest=letter * 64, version=version, floor="0.1.0", size_bytes=9_000_000, manifest="{}", added_by="x",
            added_ms=1, withdrawn_ms=withdrawn,
        )
        for letter, version, withdrawn in (("a", "0.2.0", 1), ("b", "0.3.0", None))
    )  # fmt: skip
    assert client.post("/operations/new/", form("update", NODE, arg_digest=old.pk)).status_code == 422
    last = client.post("/operations/new/?lang=id", form("update", *NODES[:3], arg_digest=new.pk))
    assert json.loads(held(last))["arguments"] == {
        "digest": new.pk, "forced": False, "size_bytes": 9_000_000, "version": "0.3.0",
    }  # fmt: skip
    assert "Perbarui ke versi lain" in text(last) and "Versi: 0.3.0" in text(last) and new.pk not in text(last)
    sent = client.post("/operations/new/", {"order": held(last), "otp": phones.code("technician")})
    assert sent.status_code == 302 and only().state == "waiting"


def test_an_operator_orders_nothing_that_changes_a_box(phones: Phones, client_as: Client) -> None:
    from center.operations.models import Operation

    technician, operator = client_as("technician"), client_as("operator")
    last = technician.post("/operations/new/", form("restart-agent", NODE))
    assert "command=restart-agent" not in operator.get("/operations/new/").content.decode()
    assert operator.get("/operations/new/?command=reboot").status_code == 403
    assert operator.post("/operations/new/", form("restart-agent", NODE)).status_code == 403
    stolen = operator.post("/operations/new/", {"order": held(last), "otp": phones.code("technician")})
    assert stolen.status_code == 403
    for forged in ("", "{}", held(last).replace("restart-agent", "keys"), held(last).replace("restart-agent", "rm")):
        assert technician.post("/operations/new/", {"order": forged, "otp": "123456"}).status_code == 403
    waiting = add_operation("reboot", {NODE: "queued"}, "waiting")
    assert operator.post(f"/operations/{waiting}/do/cancel").status_code == 403
    assert list(Operation.objects.values_list("pk", flat=True)) == [waiting]


def test_without_a_commander_nothing_is_sent_and_the_page_says_what_to_do(boxes: Path, client_as: Client) -> None:
    answer = client_as("operator").post(f"/nodes/{NODE}/ask/diagnose?lang=id")
    assert answer.status_code == 422
    assert "Tidak ada yang dikirim" in text(answer) and "sandi-center up" in text(answer)


def test_it_is_paused_goes_on_and_is_cancelled_by_who_may_order_it(phones: Phones, client_as: Client) -> None:
    client = client_as("technician")
    last = client.post("/operations/new/", form("restart-agent", *NODES[:3], pause_min=60))
    client.post("/operations/new/", {"order": held(last), "otp": phones.code("technician")})
    page = f"/operations/{only().pk}/"
    assert "Batalkan: 3 kotak tidak diminta lagi" in text(client.get(f"{page}?lang=id"))
    for act, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        assert client.post(f"{page}do/{act}").status_code == 302
        assert only().state == state
    assert client.post(f"{page}do/resume").status_code == 422
    assert client.post(f"{page}do/burn").status_code == 404
    assert "Dibatalkan oleh technician" in text(client.get(page))


def test_the_list_begins_with_what_runs_and_says_why_others_stopped(boxes: Path, client_as: Client) -> None:
    now = wall_city.now_ms()
    stopped = add_operation(
        "update", {NODE: "failed", OTHER: "skipped"}, "aborted", made_ms=now - 1000, canary=1, why="canary",
        why_facts='{"bad": 1, "total": 2, "code": "timeout"}',
    )  # fmt: skip
    running = add_operation("restart-agent", {NODE: "done", OTHER: "running"}, made_ms=now - 90_000)
    shown = client_as("operator").get("/operations/?lang=id").content.decode()
    assert shown.index(running) < shown.index(stopped)
    assert "Salah satu dari 1 kotak pertama gagal (1 dari 2 sejauh ini). Paling sering: terlalu lama." in shown
    assert "1 dari 2 berhasil, 0 gagal, 1 belum" in shown
    assert stopped not in client_as("operator").get("/operations/?state=open").content.decode()
    assert "/operations/new/" in shown
    table = client_as("operator").get("/operations/table.csv?state=aborted").content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(table))
    assert (row["id"], row["command"], row["boxes"], row["failed"], row["skipped"]) == (
        stopped,
        "update",
        "2",
        "1",
        "1",
    )


def test_a_page_of_one_operation_shows_output_figures_code_and_picture(boxes: Path, client_as: Client) -> None:
    from center.cctv.models import Snapshot

    asked = add_operation("snapshot", {NODE: "accepted", OTHER: "accepted"})
    target = tell(asked, NODE, "done", "depan: ok <b>\n", result={"pictures": 1, "missed": 0, "request_1": "r-7"})
    tell(asked, OTHER, "failed", code="no_cameras", detail="no camera is configured on this box")
    picture, foreign = wall_city.add_picture(boxes, NODE), wall_city.add_picture(boxes, NODE, age_s=200)
    Snapshot.objects.filter(pk=picture).update(request_id=target)
    client = client_as("operator")
    page = client.get(f"/operations/{asked}/?lang=id").content.decode()
    assert f"/pictures/{picture}.jpg" in page and f"/pictures/{foreign}.jpg" not in page
    assert "depan: ok &lt;b&gt;" in page and "kotak ini tidak punya kamera" in page and "Pilih kotak lain" in page
    rows = list(csv.DictReader(io.StringIO(client.get(f"/operations/{asked}/table.csv").content.decode("utf-8-sig"))))
    assert [(row["node"], row["state"], row["code"]) for row in rows] == [
        (NODE, "done", ""), (OTHER, "failed", "no_cameras"),
    ]  # fmt: skip
    told = client.get(f"/operations/{asked}/index.json").json()
    assert told["nodes"][0]["output"] == "depan: ok <b>\n" and told["nodes"][0]["result"]["pictures"] == 1
    assert client.get("/operations/none/").status_code == 404


def test_of_many_boxes_each_has_a_page_of_its_own_and_filters(boxes: Path, client_as: Client) -> None:
    asked = add_operation("diagnose", {NODE: "done", OTHER: "expired", NODES[2]: "running", NODES[3]: "done"})
    tell(asked, NODE, "done", "semua baik\n")
    client = client_as("operator")
    bad = client.get(f"/operations/{asked}/?show=bad").content.decode()
    assert OTHER in bad and NODES[2] not in bad
    assert "semua baik" not in client.get(f"/operations/{asked}/").content.decode()
    assert "semua baik" in client.get(f"/operations/{asked}/?node={NODE}").content.decode()


def test_neighbours_of_a_cut_box_are_asked_and_say_it_in_a_sentence(phones: Phones, client_as: Client) -> None:
    from center.connectivity.models import Report

    client, cut = client_as("operator"), NODES[3]
    page = client.get(f"/nodes/{cut}/?lang=id").content.decode()
    assert (
        f"/nodes/{cut}/witness" in page
        and f"/nodes/{NODE}/witness" not in client.get(f"/nodes/{NODE}/").content.decode()
    )
    nowhere = client.post(f"/nodes/{cut}/witness?lang=id")
    assert nowhere.status_code == 422 and "belum mengetahui alamat" in text(nowhere)
    wall_city.add_reports(cut, 1)
    address = json.dumps({"probes": [{"probe": "address", "detail": {"ipv4": "10.20.3.7/24"}}]})
    Report.objects.filter(node=cut).update(json=address)
    answer = client.post(f"/nodes/{cut}/witness")
    assert answer.status_code == 302 and only().command == "witness"
    for asked in only().targets.values_list("node", flat=True):
        tell(only().pk, asked, "done", result={"sent": 5, "lost": 5, "reached": False, "last": "10.9.0.1"})
    shown = text(client.get(f"{answer.headers['Location']}?lang=id"))
    assert "mencapai kotak ini: salurannya putus, listrik lokasi padam" in shown
