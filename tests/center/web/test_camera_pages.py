"""The pages of cameras: what they show to whom, that every look is noted, and that odd addresses find nothing."""

import asyncio
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support import camera_city, wall_city

NODE, OTHER = "kel-3673011002", "opd-dinkes"
FIRST = "kel-3673011001"
"""By name before both."""
PAGE = f"/cameras/{NODE}/depan/"


@pytest.fixture
def filled(city: Path) -> list[int]:
    """Three days of one camera, and one picture of another box; an agency reaches the first alone."""
    for node in (NODE, OTHER):
        wall_city.add_node(node)
    wall_city.give_sites("agency", NODE)
    wall_city.add_picture(city, OTHER, verdict="covered")
    return camera_city.fill(city, NODE)


def said(client: Any, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


def acts(**which: object) -> list[tuple[str, str, str]]:
    from center.accounts.models import Act

    return list(Act.objects.filter(**which).order_by("id").values_list("who", "what", "subject"))


def test_the_list_shows_each_camera_with_its_newest_picture_and_what_is_wrong(
    filled: list[int], client_as: Callable[[str], Any]
) -> None:
    page = said(client_as("viewer"), "/cameras/")
    assert f"/pictures/{filled[-1]}.jpg" in page and "tertutup" in page
    bad = said(client_as("viewer"), "/cameras/?show=bad")
    assert f"/cameras/{OTHER}/depan/" in bad and PAGE not in bad


def test_an_agency_sees_its_own_cameras_alone(filled: list[int], client_as: Callable[[str], Any]) -> None:
    client = client_as("agency")
    page = said(client, "/cameras/")
    assert PAGE in page and OTHER not in page
    assert client.get(f"/cameras/{OTHER}/depan/").status_code == 404
    assert client.get("/cameras/storage/").status_code == 403
    assert "Bawa sebagai bukti" not in said(client, PAGE)


def test_cameras_of_others_take_no_room_on_the_list_of_an_agency(
    filled: list[int], city: Path, client_as: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.web import camera_rows

    wall_city.add_node(FIRST)
    wall_city.add_picture(city, FIRST)
    monkeypatch.setattr(camera_rows, "MOST_CAMERAS", 1)
    assert FIRST in said(client_as("viewer"), "/cameras/")
    assert PAGE in said(client_as("agency"), "/cameras/")


def test_the_page_shows_the_newest_picture_its_facts_and_the_days(
    filled: list[int], client_as: Callable[[str], Any]
) -> None:
    page = said(client_as("operator"), PAGE)
    assert f'id="shown" src="/pictures/{filled[-1]}.jpg"' in page
    for text in ("menyambung gambar sebelumnya", "5f0c9a1be2d47788", "sesuai jadwal", "sah: diambil kotak ini"):
        assert text in page
    assert len(re.findall(r'href="\?day=\d{8}"(?: aria-current="date")?', page)) >= 4
    assert page.count('href="?day=') and f'href="?at={filled[-2]}"' in page


def test_hours_and_verdicts_narrow_the_sheet_and_arrows_lead_to_the_neighbours(
    filled: list[int], client_as: Callable[[str], Any]
) -> None:
    from center.cctv.models import Snapshot
    from center.core.days import bounds, day_of

    client = client_as("operator")
    covered = Snapshot.objects.filter(node=NODE, verdict="covered").order_by("at_ms")
    first = covered[0]
    day = day_of(first.at_ms)
    page = said(client, f"{PAGE}?day={day}&verdict=covered")
    shown = {int(key) for key in re.findall(r'<img src="/pictures/(\d+)\.jpg"', page)}
    assert shown == {row.pk for row in covered if day_of(row.at_ms) == day}
    hour = (first.at_ms - bounds(day).start_ms) // 3_600_000
    page = said(client, f"{PAGE}?day={day}&hour={hour}")
    shown = {int(key) for key in re.findall(r'<img src="/pictures/(\d+)\.jpg"', page)}
    assert first.pk in shown and len(shown) <= 2
    at = filled.index(first.pk)
    page = said(client, f"{PAGE}?at={first.pk}")
    assert f'id="before" rel="prev" href="?at={filled[at - 1]}"' in page
    assert f'id="after" rel="next" href="?at={filled[at + 1]}"' in page


def test_pictures_that_were_deleted_are_counted_on_their_day(
    filled: list[int], client_as: Callable[[str], Any]
) -> None:
    from center.cctv.models import Deletion
    from center.core.days import day_of

    day = day_of(Deletion.objects.order_by("at_ms").last().at_ms)  # type: ignore[union-attr]
    assert "gambar hari ini sudah dihapus: masa simpannya habis" in said(client_as("viewer"), f"{PAGE}?day={day}")


@pytest.mark.parametrize(
    ("query", "status"),
    [("?day=20261399", 404), ("?day=0", 404), ("?day=x", 200), ("?at=999999", 404), ("?at=-1", 404),
     ("?hour=99&page=99999", 200), ("?verdict=nonsense", 200), (f"?day={'9' * 18}", 200), ("?at=x", 404)],
)  # fmt: skip
def test_odd_addresses_find_nothing_and_break_nothing(
    filled: list[int], client_as: Callable[[str], Any], query: str, status: int
) -> None:
    assert client_as("operator").get(PAGE + query).status_code == status


def test_a_picture_of_another_camera_is_not_shown_under_this_one(
    filled: list[int], client_as: Callable[[str], Any]
) -> None:
    from center.cctv.models import Snapshot

    foreign = Snapshot.objects.get(node=OTHER).pk
    assert client_as("operator").get(f"{PAGE}?at={foreign}").status_code == 404
    assert client_as("operator").get(f"/cameras/{NODE}/nowhere/").status_code == 404


def test_a_camera_with_an_odd_name_and_a_clock_out_of_its_mind_has_a_page(
    filled: list[int], client_as: Callable[[str], Any]
) -> None:
    from center.cctv.account import note_received
    from center.cctv.models import Snapshot

    Snapshot.objects.filter(pk=filled[-1]).update(camera="pagar/1?#%2f", at_ms=2**53, at_quality="bounded")
    note_received(NODE, "pagar/1?#%2f", wall_city.now_ms(), 50_000)
    client = client_as("operator")
    page = said(client, "/cameras/")
    assert "pagar" not in page  # nothing sane to show of it yet
    assert said(client, f"/cameras/{NODE}/pagar/1%3F%23%252f/")
    Snapshot.objects.filter(pk=filled[-1]).update(at_ms=wall_city.now_ms())
    (link,) = re.findall(r'href="(/cameras/[^"]*pagar[^"]*)"', said(client, "/cameras/"))
    assert said(client, link)


def test_a_look_at_what_was_leaves_an_entry_for_each_picture_and_the_newest_one_in_ten_minutes(
    filled: list[int], client_as: Callable[[str], Any]
) -> None:
    client = client_as("operator")
    for key in (filled[-1], filled[-2], filled[3], filled[4], filled[4]):
        assert client.get(f"/pictures/{key}.jpg").status_code == 200
    looks = [subject for who, _what, subject in acts(what="picture") if who == "operator"]
    assert looks[0] == f"{NODE}/depan" and len(looks) == 3
    assert looks[1].startswith(f"{NODE}/depan 20") and looks[1].endswith(" #4") and looks[2].endswith(" #5")
    log = said(client_as("admin"), "/audit/")
    assert "Melihat gambar kamera" in log and "#5" in log


def test_evidence_is_exported_by_those_who_may_and_noted_with_its_fingerprint(
    filled: list[int], client_as: Callable[[str], Any]
) -> None:
    import hashlib

    from center.accounts.models import Act

    form = {"node": NODE, "camera": "depan", "from": "2020-01-01T00:00", "to": "2100-01-01T00:00"}
    for role, status in (("", 302), ("viewer", 403), ("technician", 403), ("agency", 403), ("operator", 200)):
        assert client_as(role).post("/cameras/evidence", form).status_code == status, role
    answer = client_as("admin").post("/cameras/evidence", form)
    content = b"".join(answer.streaming_content)
    assert answer.headers["Content-Type"] == "application/zip" and "no-store" in answer.headers["Cache-Control"]
    assert int(answer.headers["Content-Length"]) == len(content)
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        assert len([name for name in pack.namelist() if name.startswith("pictures/")]) == 144
        assert {"manifest.json", "manifest.sig", "verify.py", "README.txt"} <= set(pack.namelist())
    act = Act.objects.filter(what="picture-export").latest("id")
    assert (act.who, act.subject) == ("admin", f"{NODE}/depan")
    assert act.detail.endswith(f"144 {hashlib.sha256(content).hexdigest()}")


def test_a_pack_leaves_piece_by_piece_and_is_never_in_memory_as_a_whole(
    filled: list[int], client_as: Callable[[str], Any]
) -> None:
    form = {"node": NODE, "camera": "depan", "from": "2020-01-01T00:00", "to": "2100-01-01T00:00"}
    answer = client_as("operator").post("/cameras/evidence", form)
    read: list[bytes] = []
    answer.streaming_content = (read.append(piece) or piece for piece in answer.streaming_content)

    async def received() -> list[bytes]:
        """As the server takes an answer; what was read by the time of the first piece, then all of it."""
        pieces = aiter(answer)
        await anext(pieces)
        at_first = b"".join(read)
        assert [piece async for piece in pieces]
        return [at_first, b"".join(read)]

    at_first, content = asyncio.run(received())
    assert len(at_first) < len(content) // 10
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None


def test_an_export_that_cannot_be_says_why_and_leaves_nothing(
    filled: list[int], city: Path, client_as: Callable[[str], Any]
) -> None:
    client = client_as("operator")
    before = sorted(city.iterdir())
    form = {"node": NODE, "camera": "depan", "from": "2020-01-01T00:00", "to": "2020-01-02T00:00"}
    empty = client.post("/cameras/evidence", form)
    assert empty.status_code == 400 and "tidak ada gambar" in empty.content.decode()
    for wrong in ({"from": "besok"}, {"to": ""}, {"from": "9" * 40}):
        assert client.post("/cameras/evidence", form | wrong).status_code == 400
    assert client.post("/cameras/evidence", form | {"node": "kel-nowhere"}).status_code == 404
    assert [one.name for one in sorted(city.iterdir()) if one.name != "keys"] == [
        one.name for one in before if one.name != "keys"
    ]
    assert not acts(what="picture-export")


def test_an_export_takes_no_room_that_must_stay_free(
    filled: list[int], client_as: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings

    form = {"node": NODE, "camera": "depan", "from": "2020-01-01T00:00", "to": "2100-01-01T00:00"}
    client = client_as("operator")
    for least_free_pct, status in ((100, 400), (0, 200)):
        keep = replace(settings.CENTER.retention, disk_free_pct=least_free_pct)
        monkeypatch.setattr(settings, "CENTER", replace(settings.CENTER, retention=keep))
        answer = client.post("/cameras/evidence", form)
        assert answer.status_code == status
        assert bool(acts(what="picture-export")) == (status == 200)
        if status == 400:
            assert "tidak ada tempat" in answer.content.decode()


def test_a_disk_that_fills_up_while_a_pack_is_made_is_said_in_words(
    filled: list[int], client_as: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {"node": NODE, "camera": "depan", "from": "2020-01-01T00:00", "to": "2100-01-01T00:00"}
    client = client_as("operator")
    with monkeypatch.context() as full:
        full.setattr("tempfile.TemporaryFile", lambda dir: Path("/dev/full").open("w+b"))  # noqa: SIM115
        refused = client.post("/cameras/evidence", form)
    assert refused.status_code == 400 and "tidak ada tempat" in refused.content.decode()
    assert not acts(what="picture-export")
    assert client.post("/cameras/evidence", form).status_code == 200
