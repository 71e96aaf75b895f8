"""The shelf of releases and its page: only what the release key signed comes onto it; who runs and who tries what."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from center.errors import CenterError
from tests.support import wall_city
from tests.support.small_bundles import bundle, public_pem

A, B = "kel-3673011001", "kel-3673011002"
Client = Callable[[str], Any]


@pytest.fixture
def trusting(city: Path, tmp_path: Path) -> Path:
    from center.fleet import shelf

    key = tmp_path / "release.pub"
    key.write_bytes(public_pem())
    (city / "keys").mkdir(exist_ok=True)
    shelf.trust(city, key)
    return city


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_a_signed_bundle_comes_onto_the_shelf_once_and_leaves_it_when_withdrawn(trusting: Path, tmp_path: Path) -> None:
    from center.fleet import shelf

    file = bundle(tmp_path)
    row = shelf.add(trusting, file, "dewi", "mends the clock")
    assert shelf.add(trusting, file, "budi").added_by == "dewi"
    stored = trusting / f"releases/{row.digest}.sandi"
    assert stored.read_bytes() == file.read_bytes()
    assert (row.version, row.floor, row.size_bytes) == ("0.2.0", "0.1.0", file.stat().st_size)
    assert shelf.found("0.2.0").pk == shelf.found(row.digest[:8]).pk == row.pk
    shelf.withdraw(trusting, row)
    assert not stored.exists()
    with pytest.raises(CenterError):
        shelf.found("0.2.0")
    assert shelf.add(trusting, file, "dewi").withdrawn_ms is None
    assert stored.exists()


@pytest.mark.parametrize("fault", ["stranger", "damaged", "cut", "no bundle"])
def test_what_the_release_key_did_not_sign_stays_off_it(trusting: Path, tmp_path: Path, fault: str) -> None:
    from center.fleet import shelf
    from center.fleet.models import Release

    file = bundle(tmp_path, signer="stranger" if fault == "stranger" else "release")
    raw = file.read_bytes()
    file.write_bytes({
        "stranger": raw, "damaged": raw[:-2000] + b"\0" + raw[-1999:], "cut": raw[:-600], "no bundle": b"GIF89a",
    }[fault])  # fmt: skip
    with pytest.raises(CenterError):
        shelf.add(trusting, file, "dewi")
    assert Release.objects.count() == 0
    assert not (trusting / "releases").exists()


def test_without_a_release_key_nothing_is_taken_and_the_page_says_what_to_do(
    city: Path, tmp_path: Path, client_as: Client
) -> None:
    from center.fleet import shelf

    with pytest.raises(CenterError, match="release trust"):
        shelf.add(city, bundle(tmp_path), "dewi")
    assert "sandi-center release trust" in text(client_as("technician").get("/fleet/releases/?lang=id"))


def test_the_page_shows_releases_and_boxes_that_change_or_went_back(
    trusting: Path, tmp_path: Path, client_as: Client
) -> None:
    from center.fleet import shelf
    from center.fleet.models import NodeRelease

    row = shelf.add(trusting, bundle(tmp_path), "dewi", "mends <b>the</b> clock")
    wall_city.add_node(A, version="0.2.0")
    wall_city.add_node(B, version="0.1.0")
    NodeRelease.objects.create(node=A, state="confirmed", version="0.2.0", running="0.2.0", digest=row.digest)
    NodeRelease.objects.create(
        node=B, state="rolled_back", version="0.2.0", running="0.1.0", digest=row.digest, code="uplink",
        detail="no connection to the centre",
    )  # fmt: skip
    client = client_as("technician")
    page = client.get("/fleet/releases/?lang=id")
    said = text(page)
    assert B in said and "tidak mencapai pusat" in said
    assert A not in said
    assert "0.2.0" in said and row.digest[:12] in said and "dewi" in said
    assert "&lt;b&gt;" in page.content.decode()
    assert 'href="/operations/new/?command=update' in page.content.decode()
    (trusting / f"releases/{row.digest}.sandi").unlink()
    assert "berkasnya tidak ada" in text(client.get("/fleet/releases/?lang=id"))
