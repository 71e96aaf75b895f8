"""Public notices on the kiosks: offered once to whom they are for, replaced, withdrawn, and counted at the desk."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city

KEL, OTHER, FAR, OFFICE = "kel-3673011001", "kel-3673011002", "kel-3673061001", "opd-dinkes"


def typed(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=7 + hours)).strftime("%Y-%m-%dT%H:%M")


def fields(**changed: str) -> dict[str, str]:
    return {"title": "Posyandu", "text": "Sabtu pagi.", "begins": "", "ends": typed(5), "step": "publish"} | changed


def born(node: str, epoch: str = "epoch-1") -> None:
    """The box was heard."""
    from center.ingest.models import Presence

    now = wall_city.now_ms()
    values = {"session": 1, "nonce": "n", "boot": "b", "run": "r", "version": "0.1.0", "hint": "online", "live_ms": now,
              "hint_reason": "birth", "hint_ms": now, "born_ms": now}  # fmt: skip
    Presence.objects.update_or_create(node=node, epoch=epoch, defaults=values)


@pytest.fixture
def kiosks(city: Path) -> None:
    for node in (KEL, OTHER, OFFICE):
        wall_city.add_node(node)
        born(node)


def sent(node: str, *, open_only: bool = False) -> list[dict[str, Any]]:
    from center.operations.models import Downlink

    rows = Downlink.objects.filter(node=node, leaf="notice").order_by("created_ms", "id")
    if open_only:
        rows = rows.filter(receipt_at_ms=None)
    return [json.loads(row.body) for row in rows]


def received(node: str) -> None:
    """The box answers everything it was sent."""
    from center.operations import downlink
    from center.operations.models import Downlink

    for row in Downlink.objects.filter(node=node, receipt_at_ms=None):
        assert downlink.close(row.pk, node, "stored", wall_city.now_ms())


def test_a_notice_goes_to_every_kelurahan_and_to_no_office_without_a_kiosk(
    kiosks: None, client_as: Callable[[str], Any]
) -> None:
    assert client_as("operator").post("/notices/", fields()).status_code == 302
    assert [one["title"] for one in sent(KEL)] == [one["title"] for one in sent(OTHER)] == ["Posyandu"]
    assert sent(OFFICE) == []
    one = sent(KEL)[0]
    assert one["id"].startswith("notice-")
    assert one["until_ms"] > wall_city.now_ms()


def test_an_office_that_has_ever_handed_in_a_complaint_has_a_kiosk(
    kiosks: None, client_as: Callable[[str], Any]
) -> None:
    wall_city.add_complaint(OFFICE)
    client_as("operator").post("/notices/", fields())
    assert len(sent(OFFICE)) == 1


def test_nothing_is_sent_twice_and_a_late_joiner_or_an_empty_box_gets_what_is_current(
    kiosks: None, client_as: Callable[[str], Any]
) -> None:
    from center.operations.notices import offer_notices

    client_as("operator").post("/notices/", fields())
    assert [offer_notices(wall_city.now_ms()) for _ in range(3)] == [0, 0, 0]
    wall_city.add_node(FAR)
    assert offer_notices(wall_city.now_ms()) == 0  # never heard: nobody to tell yet
    born(FAR)
    assert offer_notices(wall_city.now_ms()) == 1
    assert len(sent(FAR)) == 1
    received(FAR)
    born(FAR, "epoch-2")
    assert offer_notices(wall_city.now_ms()) == 1
    assert len(sent(FAR)) == 2


def test_a_changed_notice_replaces_the_one_before_under_the_same_name(
    kiosks: None, client_as: Callable[[str], Any]
) -> None:
    from center.wall.models import PublicNotice

    client = client_as("operator")
    client.post("/notices/", fields())
    key = str(PublicNotice.objects.get().pk)
    received(OTHER)
    form = client.get(f"/notices/?change={key}").content.decode()
    assert "Sabtu pagi." in form and "Ubah pengumuman ini" in form
    assert client.post("/notices/", fields(notice=key, text="Minggu pagi.")).status_code == 302
    assert PublicNotice.objects.get().text == "Minggu pagi."
    for node in (KEL, OTHER):
        assert [one["text"] for one in sent(node, open_only=True)] == ["Minggu pagi."]
        assert len({one["id"] for one in sent(node)}) == 1


def test_a_withdrawn_notice_is_taken_down_where_it_was_offered_and_can_not_be_changed(
    kiosks: None, client_as: Callable[[str], Any]
) -> None:
    from center.operations.notices import offer_notices
    from center.wall.models import PublicNotice

    client = client_as("operator")
    client.post("/notices/", fields())
    key = str(PublicNotice.objects.get().pk)
    received(KEL)
    client.post("/notices/withdraw", {"notice": key})
    [down] = sent(KEL, open_only=True)
    assert down["until_ms"] < wall_city.now_ms()
    assert (down["title"], down["text"]) == ("", "")
    assert down["id"] == sent(KEL)[0]["id"]
    wall_city.add_node(FAR)
    born(FAR)
    assert offer_notices(wall_city.now_ms()) == 0
    assert client.post("/notices/", fields(notice=key, text="lagi")).status_code == 400
    received(KEL)
    received(OTHER)
    assert "2 dari 2 kios sudah menurunkannya" in client.get("/notices/").content.decode()


def test_the_desk_sees_how_many_kiosks_hold_a_notice(kiosks: None, client_as: Callable[[str], Any]) -> None:
    client = client_as("operator")
    client.post("/notices/", fields())
    assert "0 dari 2 kios sudah menyimpannya" in client.get("/notices/").content.decode()
    received(KEL)
    assert "1 dari 2 kios sudah menyimpannya" in client.get("/notices/").content.decode()


def test_a_notice_for_a_part_of_the_city_goes_there_and_not_onto_the_screen_for_everybody(
    kiosks: None, client_as: Callable[[str], Any]
) -> None:
    from center.sites.models import Site
    from center.wall.models import PublicNotice

    client = client_as("operator")
    assert client.post("/notices/", fields(target=KEL)).status_code == 302
    assert (len(sent(KEL)), len(sent(OTHER))) == (1, 0)
    assert client.get("/wall/videotron/now").json()["notices"] == []
    assert "hanya di kios" in client.get("/notices/").content.decode()
    area = Site.objects.get(pk=OTHER).kecamatan
    key = str(PublicNotice.objects.get().pk)
    assert client.post("/notices/", fields(notice=key, target=area)).status_code == 302
    assert (len(sent(KEL, open_only=True)), len(sent(OTHER, open_only=True))) == (1, 1)
    assert client.post("/notices/", fields(target="Bandung")).status_code == 400


def test_only_who_may_change_changes(kiosks: None, client_as: Callable[[str], Any]) -> None:
    from center.wall.models import PublicNotice

    client_as("operator").post("/notices/", fields())
    key = str(PublicNotice.objects.get().pk)
    for role in ("", "viewer", "technician", "lurah", "leadership"):
        assert client_as(role).post("/notices/", fields(notice=key, text="x")).status_code == (403 if role else 302)
    for wrong in ("9" * 18, "-1", "x", "1e3"):
        client_as("operator").get(f"/notices/?change={wrong}")
    assert PublicNotice.objects.get().text == "Sabtu pagi."
