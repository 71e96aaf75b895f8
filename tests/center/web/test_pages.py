"""What the pages say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import node_told, wall_city
from wire.verdicts import VERDICTS

NODE = "kel-3673011001"


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def test_pages_speak_indonesian_whatever_the_browser_prefers_until_asked(client_as: Callable[[str], Any]) -> None:
    client = client_as("viewer")
    assert '<html lang="id"' in text_of(client.get("/nodes/", headers={"accept-language": "en"}))
    english = client.get("/nodes/?lang=en")
    assert '<html lang="en"' in text_of(english)
    assert "Sign out<" in text_of(english)
    assert '<html lang="en"' in text_of(client.get("/nodes/"))
    assert '<html lang="id"' in text_of(client.get("/nodes/?lang=id"))
    assert '<html lang="id"' in text_of(client.get("/nodes/?lang=xx"))


def test_a_node_that_is_down_says_since_when_why_and_what_to_do(client_as: Callable[[str], Any], city: Path) -> None:
    wall_city.add_node(NODE, "DOWN", 31, cause="lost", verdict="Q2")
    page = text_of(client_as("technician").get(f"/nodes/{NODE}/"))
    for said in ("putus", "Sambungan putus", "31 menit lalu", "Telepon lokasi", "Temuan terakhirnya sendiri"):
        assert said in page
    assert page.index("Telepon lokasi") < page.index("Laporan terakhir")


def test_a_verdict_names_the_responsible_party(client_as: Callable[[str], Any], city: Path) -> None:
    wall_city.add_node(NODE, "DEGRADED", 5, cause="verdict", verdict="Q2")
    page = text_of(client_as("viewer").get(f"/nodes/{NODE}/"))
    assert "Paket hilang" in page
    assert "Penanggung jawab" in page
    assert VERDICTS["Q2"].action_id in page


def test_a_wrong_clock_warnings_and_gaps_are_said(client_as: Callable[[str], Any], city: Path) -> None:

    wall_city.add_node(NODE, "DEGRADED", 5, cause="warnings", clock_off=True, warnings='["undervoltage", "new_code"]')
    node_told.add_gap(NODE, 5, 9, "disk")
    page = text_of(client_as("viewer").get(f"/nodes/{NODE}/"))
    assert "Jam kotak ini salah" in page
    assert "Gangguan: Tegangan listrik kurang" in page
    assert "new_code" in page
    assert "5 × laporan (5–9)" in page


def test_times_show_their_quality_and_an_unsigned_picture_is_no_evidence(
    client_as: Callable[[str], Any], city: Path
) -> None:
    wall_city.add_node(NODE)
    wall_city.add_reports(NODE, 10)
    wall_city.add_picture(city, NODE, signature_ok=False)
    page = text_of(client_as("viewer").get(f"/nodes/{NODE}/"))
    assert "waktu perkiraan" in page
    assert "tanda tangan tidak cocok" in page


def test_an_enrolled_node_that_never_spoke_has_a_page(client_as: Callable[[str], Any], city: Path) -> None:
    from center.connectivity.models import NodeState

    wall_city.add_node(NODE)
    NodeState.objects.all().delete()
    page = text_of(client_as("viewer").get(f"/nodes/{NODE}/"))
    assert "Belum pernah melapor" in page
    assert "Nyalakan kotak" in page


def test_the_list_puts_trouble_first_and_can_be_narrowed(client_as: Callable[[str], Any], city: Path) -> None:
    wall_city.add_node("kel-3673011002")
    wall_city.add_node("kel-3673011003", "DOWN", cause="silent")
    client = client_as("viewer")
    page = text_of(client.get("/nodes/"))
    assert page.index("kel-3673011003") < page.index("kel-3673011002")
    assert "98 lokasi tanpa kotak" in page
    assert "kel-3673011002" not in text_of(client.get("/nodes/?state=DOWN"))
    assert "Tidak ada node untuk pilihan ini" in text_of(client.get("/nodes/?state=MAINT"))


def test_an_empty_city_says_how_to_begin(client_as: Callable[[str], Any]) -> None:
    assert "sandi-center enroll NODE" in text_of(client_as("viewer").get("/nodes/"))


def test_unknown_addresses_get_a_designed_page_in_the_readers_language(client_as: Callable[[str], Any]) -> None:
    client = client_as("")
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "Halaman tidak ada" in answer.content.decode()
    assert "There is no such page" in client.get("/nowhere?lang=en").content.decode()
    assert client_as("viewer").get("/nodes/kel-0/").status_code == 404


def test_a_fault_of_ours_is_a_designed_page_too(
    client_as: Callable[[str], Any], city: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.web.views import nodes

    def fail(*_args: object) -> None:
        raise RuntimeError("broken on purpose")

    wall_city.add_node(NODE)
    client = client_as("viewer")
    client.raise_request_exception = False
    monkeypatch.setattr(nodes, "newest_body", fail)
    answer = client.get(f"/nodes/{NODE}/")
    assert answer.status_code == 500
    assert "Pusat mengalami kesalahan" in answer.content.decode()
    assert "broken on purpose" not in answer.content.decode()
