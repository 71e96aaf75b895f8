"""The pages of enrolment: what waits and who decides, cards, strangers, and every node's certificate."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support import enrolment_city, wall_city

NODE, OTHER = "kel-3673011001", "kel-3673011002"


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def waiting(city: Path) -> Any:
    return enrolment_city.add_request(enrolment_city.add_token(NODE))


def test_a_key_that_waits_shows_where_it_asks_from_and_its_four_groups(
    waiting: Any, client_as: Callable[[str], Any]
) -> None:
    page = client_as("operator").get("/enrolment/?lang=id")
    shown = text(page)
    for group in re.findall("....", waiting.fingerprint[:16]):
        assert group in shown
    assert "Serang" in shown and NODE in shown and "10.20.30.41" in shown and "Raspberry Pi 4" in shown
    assert waiting.fingerprint[16:] not in page.content.decode()


def test_who_has_typed_the_first_group_confirms_and_it_is_noted(waiting: Any, client_as: Callable[[str], Any]) -> None:
    from center.accounts.models import Act

    client, address = client_as("operator"), f"/enrolment/requests/{waiting.pk}/confirm"
    for wrong in ("", "zzzz", waiting.fingerprint[:3], waiting.fingerprint[4:8]):
        answer = client.post(address, {"group": wrong})
        assert answer.status_code == 422
        waiting.refresh_from_db()
        assert waiting.state == "waiting"
    typed = f" {enrolment_city.first_group(waiting).upper()} "
    assert client.post(address, {"group": typed}).status_code == 302
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decided_by) == ("confirmed", "operator")
    assert Act.objects.filter(what="enrolment-confirm", subject=NODE, detail=waiting.fingerprint).count() == 1
    assert "Tidak ada kunci yang menunggu" in text(client.get("/enrolment/?lang=id"))


def test_declining_needs_no_typing_and_what_was_confirmed_is_not_declined_any_more(
    waiting: Any, client_as: Callable[[str], Any]
) -> None:
    second = enrolment_city.add_request(waiting.token, seed="copy")
    client = client_as("technician")
    assert "1 kunci lain bertanya dengan kartu yang sama" in text(client.get("/enrolment/?lang=id"))
    assert client.post(f"/enrolment/requests/{second.pk}/decline").status_code == 302
    second.refresh_from_db()
    assert second.state == "declined"
    client.post(f"/enrolment/requests/{waiting.pk}/confirm", {"group": enrolment_city.first_group(waiting)})
    answer = client.post(f"/enrolment/requests/{waiting.pk}/decline")
    assert answer.status_code == 409
    assert "sandi-center revoke" in text(answer)


def test_nobody_else_decides_and_other_acts_do_not_exist(waiting: Any, client_as: Callable[[str], Any]) -> None:
    typed = {"group": enrolment_city.first_group(waiting)}
    for role in ("viewer", "agency", "lurah", "leadership"):
        for act in ("confirm", "decline"):
            assert client_as(role).post(f"/enrolment/requests/{waiting.pk}/{act}", typed).status_code == 403
    client = client_as("admin")
    assert client.post(f"/enrolment/requests/{waiting.pk}/forget", typed).status_code == 404
    assert client.post("/enrolment/requests/999/confirm", typed).status_code == 404
    waiting.refresh_from_db()
    assert waiting.state == "waiting"


def test_cards_and_strangers_are_told_in_words(city: Path, client_as: Callable[[str], Any]) -> None:
    nodes = [f"kel-367301100{number}" for number in range(1, 6)]
    for node in nodes:
        wall_city.add_node(node)
    enrolment_city.fill(nodes)
    shown = text(client_as("technician").get("/enrolment/?lang=id"))
    for words in ("kunci menunggu", "dipakai", "kedaluwarsa tanpa dipakai", "dicabut", "pengganti", "zero-2w"):
        assert words in shown, words
    assert "kartunya sudah dipakai kotak lain: disalin atau dicuri" in shown
    assert "sertifikatnya sudah dicabut: kotak yang diganti atau dicuri" in shown
    assert "sha256" not in shown
    english = text(client_as("technician").get("/enrolment/?lang=en"))
    assert "Keys to compare" in english and "copied or stolen" in english


def expiring(node: str, days: float, **fields: Any) -> None:
    from center.sites.models import Node

    wall_city.add_node(node)
    Node.objects.filter(pk=node).update(certificate_expires_at=datetime.now(UTC) + timedelta(days=days), **fields)


def test_certificates_stand_in_order_of_their_last_day_and_filters_narrow_down(
    city: Path, client_as: Callable[[str], Any]
) -> None:
    days = {1: 400, 2: 50, 3: 10, 4: -1, 5: 700}
    for number, left in days.items():
        expiring(f"kel-367301100{number}", left, retired=number == 5)
    client = client_as("technician")

    def nodes(show: str) -> list[str]:
        found = client.get(f"/enrolment/certificates/table.csv?show={show}").content.decode("utf-8-sig")
        return [row["node"][-1] for row in csv.DictReader(io.StringIO(found))]

    assert nodes("") == ["4", "3", "2", "1"]
    assert (nodes("soon"), nodes("urgent"), nodes("expired"), nodes("gone")) == (
        ["4", "3", "2"],
        ["4", "3"],
        ["4"],
        ["5"],
    )
    assert nodes("nonsense") == nodes("")
    shown = text(client.get("/enrolment/certificates/?lang=id"))
    assert "kurang dari 14 hari" in shown and "kurang dari 60 hari" in shown and "kedaluwarsa" in shown


def test_while_the_authority_changes_the_page_says_who_has_which(
    city: Path, client_as: Callable[[str], Any], tmp_path: Path
) -> None:
    from center.authorities import take_step
    from center.pki import create_authority, open_authority

    authority = create_authority(city / "pki")
    for node in (NODE, OTHER):
        wall_city.add_node(node)
        authority.issue_node(node, tmp_path / node, seal_public_key=bytes(32))
    client = client_as("operator")
    assert "otoritas" not in text(client.get("/enrolment/certificates/?lang=id"))
    take_step(city / "pki", "prepare")
    open_authority(city / "pki").issue_node(OTHER, tmp_path / OTHER, seal_public_key=bytes(32), replace=True)
    shown = text(client.get("/enrolment/certificates/?lang=id"))
    assert "otoritas baru" in shown and "otoritas yang akan berakhir" in shown
    table = client.get("/enrolment/certificates/table.csv?show=old").content.decode("utf-8-sig")
    assert [row["node"] for row in csv.DictReader(io.StringIO(table))] == [NODE]
    open_authority(city / "pki").revoke(NODE)
    assert "dicabut" in text(client.get("/enrolment/certificates/?show=gone&lang=id"))


def test_what_waits_shows_in_the_menu_and_in_the_metrics_and_what_ends_soon_on_the_page(
    waiting: Any, client_as: Callable[[str], Any]
) -> None:
    from center.web.metrics import exposition

    expiring(OTHER, 3)
    client = client_as("operator")
    assert "Pendaftaran kotak (1)" in text(client.get("/incidents/?lang=id"))
    assert "Pendaftaran" not in text(client_as("viewer").get("/incidents/?lang=id"))
    assert "Sertifikat 1 node berakhir dalam 14 hari" in text(client.get("/enrolment/?lang=id"))
    said = dict(line.rsplit(" ", 1) for line in exposition().decode().splitlines() if not line.startswith("#"))
    assert (said["sandi_enrolment_waiting"], said["sandi_certificates_ending"]) == ("1.0", "1.0")
    assert 600 < float(said["sandi_enrolment_waiting_seconds"]) < 3600
    client.post(f"/enrolment/requests/{waiting.pk}/decline")
    assert "Pendaftaran kotak (" not in text(client.get("/incidents/?lang=id"))


def test_a_replaced_box_that_comes_back_shows_at_both_doors(
    city: Path, client_as: Callable[[str], Any], tmp_path: Path
) -> None:
    import msgspec

    from center.broker_log import FILE
    from center.core.broker_watch import CERTIFICATE, Row, Seen
    from center.pki import create_authority, open_authority

    create_authority(city / "pki").issue_node(NODE, tmp_path / "keys", seal_public_key=bytes(32))
    now = wall_city.now_ms()
    seen = Seen(now, [Row("10.20.31.7", CERTIFICATE, 12, now, now)], 0, {"10.20.31.7": {NODE: now}})
    (city / FILE).parent.mkdir()
    (city / FILE).write_bytes(msgspec.json.encode(seen))
    open_authority(city / "pki").revoke(NODE)
    enrolment_city.add_refusal("revoked", NODE, "10.20.31.7")
    shown = text(client_as("technician").get("/enrolment/?lang=id"))
    assert shown.count(f"{NODE} broker menolak sertifikatnya") == 1
    assert shown.count(f"{NODE} sertifikatnya sudah dicabut") == 1
