"""Enrolling and revoking: the database and the authority agree, or nothing happened."""

from pathlib import Path

import pytest

from center.errors import CenterError, PkiError
from center.pki import create_authority, open_authority

NODE = "kel-3673011001"


@pytest.fixture
def data(center_data: Path) -> Path:
    from center.sealing import make_key_pair
    from center.sites.seed_data import seed

    create_authority(center_data / "pki")
    make_key_pair(center_data / "keys")
    seed()
    return center_data


def test_an_enrolled_node_is_written_down_with_the_key_its_pictures_are_signed_with(data: Path, tmp_path: Path) -> None:
    from center.sites.enrolment import enroll_node
    from center.sites.models import Node

    made = enroll_node(NODE, tmp_path / "out", data)
    node = Node.objects.get(pk=NODE)
    assert node.site.name == "Serang"
    assert node.certificate_expires_at == made.expires_at
    assert len(node.sign_key) == 44
    assert not node.retired


def test_a_second_box_at_a_site_belongs_to_the_same_site(data: Path, tmp_path: Path) -> None:
    from center.sites.enrolment import enroll_node, site_of

    enroll_node(f"{NODE}-2", tmp_path / "out", data)
    assert site_of(f"{NODE}-2").code == NODE


@pytest.mark.parametrize("node", ["kel-3673019999", "opd-nothing", "center-ingest-1", "x", "cctv-alun-alun"])
def test_a_name_that_is_no_site_is_refused_and_nothing_is_made(data: Path, tmp_path: Path, node: str) -> None:
    from center.sites.enrolment import enroll_node

    with pytest.raises(CenterError):
        enroll_node(node, tmp_path / "out", data)
    assert not (tmp_path / "out").exists()
    assert not (data / "pki" / "issued.jsonl").exists()


def test_enrolling_twice_needs_asking_and_keeps_the_signing_key(data: Path, tmp_path: Path) -> None:
    from center.sites.enrolment import enroll_node
    from center.sites.models import Node

    enroll_node(NODE, tmp_path / "out", data)
    first = Node.objects.get(pk=NODE)
    with pytest.raises(CenterError, match="--force"):
        enroll_node(NODE, tmp_path / "elsewhere", data)
    enroll_node(NODE, tmp_path / "out", data, replace=True)
    second = Node.objects.get(pk=NODE)
    assert second.certificate_serial != first.certificate_serial
    assert second.sign_key == first.sign_key


def test_when_the_files_cannot_be_written_the_node_is_not_enrolled(data: Path, tmp_path: Path) -> None:
    from center.sites.enrolment import enroll_node
    from center.sites.models import Node

    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious").write_text("kept")
    with pytest.raises(PkiError):
        enroll_node(NODE, tmp_path / "out", data)
    assert not Node.objects.exists()
    assert (tmp_path / "out" / "precious").read_text() == "kept"


def test_a_revoked_node_is_retired_until_it_is_enrolled_again(data: Path, tmp_path: Path) -> None:
    from center.sites.enrolment import enroll_node, revoke_node
    from center.sites.listing import list_nodes
    from center.sites.models import Node

    enroll_node(NODE, tmp_path / "out", data)
    serial = Node.objects.get(pk=NODE).certificate_serial
    assert revoke_node(NODE, data).count == 1
    assert open_authority(data / "pki").revoked_serials() == {serial}
    assert [row.state for row in list_nodes()] == ["RETIRED"]
    enroll_node(NODE, tmp_path / "again", data, replace=True)
    assert not Node.objects.get(pk=NODE).retired
    with pytest.raises(CenterError, match="not enrolled"):
        revoke_node("kel-3673011002", data)


def test_the_list_shows_states_and_on_request_the_sites_without_a_node(data: Path, tmp_path: Path) -> None:
    from center.connectivity.models import NodeState
    from center.sites.enrolment import enroll_node
    from center.sites.listing import list_nodes

    enroll_node(NODE, tmp_path / "out", data)
    NodeState.objects.create(
        node=NODE, state="UP", since_ms=1_800_000_000_000, last_seen_ms=1_800_000_030_500, verdict="OK"
    )
    (row,) = list_nodes()
    shown = row.as_json()
    assert (shown["state"], shown["verdict"]) == ("UP", "OK")
    assert (shown["since"], shown["last_seen"]) == ("2027-01-15T08:00:00.000Z", "2027-01-15T08:00:30.500Z")
    assert row.as_cells("-")[3:5] == ("2027-01-15 15:00:00", "2027-01-15 15:00:30")
    everything = list_nodes(everything=True)
    assert len(everything) == 100
    assert sum(row.enrolled for row in everything) == 1


def test_sites_can_be_added_by_code_and_only_once(data: Path) -> None:
    from center.sites.enrolment import add_site

    assert add_site("cctv-alun-alun", "Alun-alun", "Serang", (-6.12, 106.15)).kind == "cctv"
    with pytest.raises(CenterError, match="already"):
        add_site("cctv-alun-alun", "Alun-alun")
    with pytest.raises(CenterError, match="degrees"):
        add_site("cctv-x", "X", position=(106.1, -6.1 - 200))
    with pytest.raises(CenterError, match="not a site code"):
        add_site("toko", "Toko")
