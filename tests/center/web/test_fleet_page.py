"""One page of all boxes: versions, drift, certificates, faults, what is rolled out; its filters, order and table."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import concluded, wall_city
from tests.support.operations import add_operation

A, B, C, D = (f"kel-367301100{number}" for number in (1, 2, 3, 4))
Client = Callable[[str], Any]


@pytest.fixture
def boxes(city: Path) -> Path:
    """A is well; B runs an older version, and another configuration; C was changed by hand, warns and lacks records;
    D is cut off, cloned, and about to lose its certificate."""
    from datetime import UTC, datetime, timedelta

    from center.connectivity.models import Integrity
    from center.fleet.models import NodeConfig, NodeRelease
    from center.sites.models import Node

    wall_city.add_node(A, version="0.10.0")
    wall_city.add_node(B, version="0.9.3")
    wall_city.add_node(C, version="0.10.0", warnings='["clock_unsynced", "not_authorised", "of_tomorrow"]')
    wall_city.add_node(D, "DOWN", version="0.10.0", cause="lost")
    for node, revision, overrides in ((A, 4, "[]"), (B, 3, "[]"), (C, 4, '["health.interval_s"]')):
        NodeConfig.objects.create(
            node=node, state="confirmed", revision=revision, wanted_revision=4, overrides=overrides
        )
    NodeRelease.objects.create(node=B, state="trying", version="0.10.0", running="0.9.3")
    Integrity.objects.create(
        node=C, epoch="e", stream="health", kind="fault", count=3, ranges="[[1, 3]]", since_ms=1, changed_ms=1
    )
    concluded.add_incident("clone", D, (D,))
    Node.objects.filter(pk=D).update(certificate_expires_at=datetime.now(UTC) + timedelta(days=9, hours=1))
    return city


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def row(answer: Any, node: str) -> str:
    rows = re.findall(r"<tr>.*?</tr>", answer.content.decode(), re.DOTALL)
    (found,) = (one for one in rows if f"/nodes/{node}/" in one)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found))


def listed(answer: Any) -> list[str]:
    return [one["node"] for one in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))]


def test_each_box_says_what_it_runs_and_what_is_wrong_with_it(boxes: Path, client_as: Client) -> None:
    page = client_as("operator").get("/fleet/?lang=id")
    well = row(page, A)
    assert "0.10.0" in well and "revisi 4" in well and "seharusnya" not in well and "lama" not in well
    old = row(page, B)
    assert "0.9.3 versi lama 0.10.0: sedang dicoba" in old and "revisi 3 memakai yang lain seharusnya 4" in old
    hand = row(page, C)
    assert "diubah langsung di kotak" in hand and "health.interval_s" in hand and "3 hilang" in hand
    assert "!! " in hand and "of_tomorrow" in hand
    cut = row(page, D)
    assert "putus" in cut and "kembar" in cut and "9 hari" in cut
    summary = text(page)
    assert "0.10.0 : 3 kotak 0.9.3 : 1 kotak" in summary and "1 kotak sedang berganti versi" in summary
    assert "2 kotak berbeda dari yang seharusnya" in summary


def test_a_box_that_took_a_configuration_back_says_why(boxes: Path, client_as: Client) -> None:
    from center.fleet.models import NodeConfig

    NodeConfig.objects.filter(node=B).update(state="reverted", tried=4, code="unconfirmed")
    NodeConfig.objects.filter(node=A).update(state="trying")
    page = client_as("operator").get("/fleet/?lang=id")
    back = row(page, B)
    assert "revisi 3 dibatalkan oleh kotak seharusnya 4" in back and "pusat tidak menjawab tepat waktu" in back
    assert "sedang dicoba" in row(page, A) and "1 kotak sedang mencoba konfigurasi baru" in text(page)


@pytest.mark.parametrize(
    ("query", "nodes"),
    [
        ("", {A, B, C, D}),
        ("show=drift", {B, C}),
        ("show=old", {B}),
        ("show=warns", {C}),
        ("show=fault", {C, D}),
        ("show=certificate", {D}),
        ("show=nonsense&sort=nonsense", {A, B, C, D}),
        ("kecamatan=Serang", {A, B, C, D}),
        ("kecamatan=Kasemen", {A, B, C, D}),  # no box stands there: as if nothing was asked
        ("kecamatan=Serang&show=old", {B}),
    ],
)
def test_page_and_table_show_what_a_filter_chooses(query: str, nodes: set[str], boxes: Path, client_as: Client) -> None:
    client = client_as("technician")
    assert set(listed(client.get(f"/fleet/table.csv?{query}"))) == nodes
    page = client.get(f"/fleet/?{query}").content.decode()
    assert {node for node in (A, B, C, D) if f"/nodes/{node}/" in page} == nodes


def test_the_columns_order_the_boxes(boxes: Path, client_as: Client) -> None:
    client = client_as("technician")
    first = {sort: listed(client.get(f"/fleet/table.csv?sort={sort}"))[0] for sort in (
        "version", "config", "certificate", "warnings", "seen")}  # fmt: skip
    assert first == {"version": B, "config": B, "certificate": D, "warnings": C, "seen": D}


def test_what_is_rolled_out_stands_on_top_with_its_progress(boxes: Path, client_as: Client) -> None:
    update = add_operation("update", {A: "done", B: "running", C: "queued"})
    add_operation("ping", {A: "running"})
    page = client_as("technician").get("/fleet/?lang=id").content.decode()
    assert f"/operations/{update}/" in page and "1 dari 3 berhasil, 0 gagal, 2 belum" in page
    assert page.count("/operations/") == page.count(f"/operations/{update}/") + page.count('"/operations/"')


def test_nobody_without_the_permission_or_the_whole_city_sees_it(boxes: Path, client_as: Client) -> None:
    from center.accounts.models import Reach, User

    found = {role: client_as(role).get("/fleet/").status_code for role in ("viewer", "agency", "lurah", "leadership")}
    assert set(found.values()) == {403}
    User.objects.filter(username="technician").update(reach=Reach.KECAMATAN, kecamatan="Serang")
    assert client_as("technician").get("/fleet/").status_code == 403
    assert "/fleet/" not in client_as("viewer").get("/nodes/").content.decode()


@given(st.lists(st.tuples(*[st.integers(0, 40)] * 3), min_size=2, max_size=6))
def test_versions_are_ordered_as_numbers(versions: list[tuple[int, int, int]]) -> None:
    from center.web.fleet_rows import version_key

    texts = [".".join(map(str, one)) for one in versions]
    assert sorted(texts, key=version_key) == [".".join(map(str, one)) for one in sorted(versions)]
    assert version_key("0.10.0") > version_key("0.9.3") > version_key("0.9.dev1") > version_key("")
