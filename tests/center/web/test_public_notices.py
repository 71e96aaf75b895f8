"""Public notices and the screen that shows them: who writes, what is refused, and that nothing else gets out."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import wall_city, wall_screens

NODE = "kel-3673011001"
WIB = timedelta(hours=7)


def typed(hours: float) -> str:
    """A moment so many hours from now, as the browser's date field writes it."""
    return (datetime.now(UTC) + WIB + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def fields(**changed: str) -> dict[str, str]:
    return {
        "title": "Pelayanan tutup",
        "text": "Jumat siang.",
        "begins": "",
        "ends": typed(2),
        "step": "publish",
    } | changed


def shown(client: Any) -> list[str]:
    return [notice["title"] for notice in client.get("/wall/videotron/now").json()["notices"]]


def test_a_notice_is_previewed_published_seen_and_withdrawn(city: Path, client_as: Callable[[str], Any]) -> None:
    from center.accounts.models import Act
    from center.wall.models import PublicNotice

    operator = client_as("operator")
    preview = operator.post("/notices/", fields(step="preview"))
    assert "Begini akan terbaca" in preview.content.decode()
    assert shown(operator) == []
    assert operator.post("/notices/", fields()).status_code == 302
    assert shown(operator) == ["Pelayanan tutup"]
    key = PublicNotice.objects.get().pk
    for wrong in ("", "x", "-1", "9" * 40, str(key + 1)):
        assert operator.post("/notices/withdraw", {"notice": wrong}).status_code == 302
    assert shown(operator) == ["Pelayanan tutup"]
    assert operator.post("/notices/withdraw", {"notice": key}).status_code == 302
    assert shown(operator) == []
    assert "ditarik" in operator.get("/notices/").content.decode()
    acts = Act.objects.filter(subject=f"notice:{key}").order_by("id")
    assert list(acts.values_list("who", "what")) == [
        ("operator", "notice-published"), ("operator", "notice-withdrawn"),
    ]  # fmt: skip


def test_a_notice_shows_from_its_beginning_until_its_end_in_the_citys_time(
    city: Path, client_as: Callable[[str], Any]
) -> None:
    from center.wall.models import PublicNotice

    operator = client_as("operator")
    assert operator.post("/notices/", fields(title="besok", begins=typed(24), ends=typed(48))).status_code == 302
    assert operator.post("/notices/", fields(title="kini", begins=typed(-1))).status_code == 302
    wall_screens.add_notice("lewat", lasts_min=-0.01)
    assert shown(operator) == ["kini"]
    later = PublicNotice.objects.get(title="besok")
    assert abs(later.from_ms - wall_city.now_ms() - 24 * 3_600_000) < 120_000


WRONG_NOTICES: tuple[tuple[dict[str, str], str], ...] = (
    ({"title": ""}, "judul 1 sampai 120"),
    ({"title": "x" * 121}, "judul 1 sampai 120"),
    ({"text": "x" * 601}, "isi 1 sampai 600"),
    ({"text": "a\x00b"}, "tanda kendali"),
    ({"text": "a\u202eb"}, "tanda kendali"),
    ({"text": "NIK 3673 0112 3456 7890"}, "16 angka"),
    ({"ends": ""}, "belum lengkap"),
    ({"ends": "2026-13-01T00:00"}, "belum lengkap"),
    ({"ends": typed(-1)}, "sudah lewat"),
    ({"ends": typed(24 * 100)}, "90 hari"),
)


def test_what_cannot_be_shown_is_refused_in_words_and_keeps_what_was_typed(
    city: Path, client_as: Callable[[str], Any]
) -> None:
    from center.wall.models import PublicNotice

    client = client_as("operator")
    for changed, said in WRONG_NOTICES:
        answer = client.post("/notices/", fields(**{"text": "Tetap di sini."} | changed))
        assert answer.status_code == 400, changed
        assert said in answer.content.decode()
        assert "text" in changed or "Tetap di sini." in answer.content.decode()
    assert not PublicNotice.objects.exists()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=130), st.text(max_size=620), st.text(max_size=20), st.text(max_size=20))
def test_anything_typed_is_a_notice_within_bounds_or_a_refusal(title: str, text: str, begins: str, ends: str) -> None:
    from center.wall.notices import NoticeError, draft

    now = wall_city.now_ms()
    for end in (ends, typed(5)):
        try:
            made = draft(title, text, begins, end, now)
        except NoticeError as error:
            assert error.text("id") != error.text("en")
            continue
        assert 0 < len(made.title) <= 120
        assert 0 < len(made.text) <= 600
        assert made.until_ms > max(made.from_ms, now)


def test_only_operators_and_administrators_write_and_withdraw(city: Path, client_as: Callable[[str], Any]) -> None:
    from center.wall.models import PublicNotice

    key = wall_screens.add_notice()
    for role in ("", "viewer", "technician", "agency", "lurah", "leadership"):
        client = client_as(role)
        for path in ("/notices/", "/notices/withdraw"):
            assert client.post(path, fields(notice=str(key))).status_code == (403 if role else 302)
    assert PublicNotice.objects.get().withdrawn_ms is None


def test_a_public_screen_is_told_its_shape_and_not_one_word_more(city: Path, client_as: Callable[[str], Any]) -> None:
    from center.complaints.models import Complaint
    from center.sites.models import Person, Site
    from center.wall.videotron import Now

    wall_city.add_node(NODE, "DOWN", cause="lost")
    wall_city.add_node("opd-dinkes")
    wall_city.add_picture(city, NODE)
    wall_city.add_look("opd-dinkes", "Portal Rahasia", ok=True)
    wall_city.add_complaint(NODE, "Nama saya Sari", urgent=True)
    wall_city.add_complaint(NODE, category="laporan", status="answered")
    wall_city.add_complaint(NODE, category="laporan", status="answered", first_answer_ms=1)  # though touched today
    wall_city.add_complaint(NODE, status="closed", closed_reason="prank")
    wall_screens.add_incident("node", NODE, [NODE], ticket="SRG-0412", acknowledged_by="operator")
    Person.objects.create(site=Site.objects.get(pk=NODE), name="Ibu Sari", phone="081200001111")
    wall_screens.add_notice("Judul umum", "Isi umum")
    body = client_as("viewer").get("/wall/videotron/now").content
    told = msgspec.json.decode(body, type=Now)  # strict: an unknown field anywhere is an error
    assert (told.offices.well, told.offices.total) == (1, 2)
    assert (told.sites.well, told.sites.total) == (1, 1)
    assert (told.answered.laporan, told.answered.aduan) == (1, 0)
    words = [notice[name] for notice in json.loads(body)["notices"] for name in ("title", "text")]
    assert words == ["Judul umum", "Isi umum"]
    rest = body.decode().replace("Judul umum", "").replace("Isi umum", "").replace(str(told.now), "")
    for secret in (
        NODE,
        "Serang",
        "Sari",
        "SRG-0412",
        "operator",
        "Portal",
        "0812",
        *Complaint.objects.values_list("code", flat=True),
    ):
        assert secret not in rest


def test_the_shape_of_the_public_screen_has_room_for_words_in_notices_alone() -> None:
    from center.wall.videotron import Now

    schemas = msgspec.json.schema(Now)["$defs"]
    strings = {
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, kind in schema["properties"].items()
        if "integer" not in json.dumps(kind) and "$ref" not in json.dumps(kind)
    }
    assert strings == {"Notice.title", "Notice.text"}
    assert all(schema["additionalProperties"] is False for schema in schemas.values())
