"""Whether a picture is the one its node took."""

import base64
import hashlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from center.evidence import examine, examine_any
from wire.seal import key_id
from wire.snapshot import SnapshotRecord, embed

KEY = SigningKey(b"k" * 32)
PUBLIC = base64.b64encode(bytes(KEY.verify_key)).decode()
IMAGE = next(iter(sorted(Path(__file__).resolve().parents[2].glob("agent/cameras/samples/*.jpg")))).read_bytes()


def record(**fields: object) -> SnapshotRecord:
    values: dict[str, object] = {
        "v": 1,
        "node": "kel-3673011001",
        "epoch": "e1",
        "seq": 7,
        "boot": "b",
        "run": "r",
        "mono_ms": 5,
        "wall_ms": 1_800_000_000_000,
        "synced": True,
        "camera": "gate",
        "purpose": "traffic",
        "taken_age_ms": 0,
        "width": 960,
        "height": 540,
        "size_bytes": len(IMAGE),
        "sha256": hashlib.sha256(IMAGE).hexdigest(),
        "previous_sha256": "",
        "key_id": key_id(bytes(KEY.verify_key)),
    }
    return SnapshotRecord(**{**values, **fields})  # type: ignore[arg-type]


def signed(made: SnapshotRecord, key: SigningKey = KEY, image: bytes = IMAGE) -> bytes:
    record_json = msgspec.json.encode(made)
    return embed(image, record_json, key.sign(record_json).signature)


def test_a_picture_signed_by_its_node_is_genuine() -> None:
    evidence = examine(signed(record()), PUBLIC)
    assert evidence.genuine and evidence.snapshot is not None and evidence.snapshot.image == IMAGE


@given(st.integers(0, len(IMAGE) - 5), st.integers(1, 255))
def test_no_changed_byte_of_the_file_leaves_it_genuine(at: int, change: int) -> None:
    file = bytearray(signed(record()))
    file[at] ^= change
    assert not examine(bytes(file), PUBLIC).genuine


def test_a_changed_picture_is_found_altered() -> None:
    file = bytearray(signed(record()))
    file[-100] ^= 1
    assert examine(bytes(file), PUBLIC).finding == "altered"


def test_a_record_told_differently_does_not_fit_its_signature() -> None:
    signature = KEY.sign(msgspec.json.encode(record())).signature
    told = msgspec.json.encode(record(camera="door"))
    evidence = examine(embed(IMAGE, told, signature), PUBLIC)
    assert evidence.finding == "bad_signature" and evidence.snapshot is not None


def test_another_nodes_key_is_named_as_such() -> None:
    other = SigningKey(b"o" * 32)
    stolen = signed(record(key_id=key_id(bytes(other.verify_key))), other)
    assert examine(stolen, PUBLIC).finding == "other_key"
    assert examine(signed(record(), other), PUBLIC).finding == "bad_signature"


@pytest.mark.parametrize("public_key", ["", "not base64!", "c2hvcnQ="])
def test_without_a_registered_key_nothing_is_claimed(public_key: str) -> None:
    assert examine(signed(record()), public_key).finding == "no_key"


@given(st.binary(max_size=300))
def test_any_bytes_get_a_finding(file: bytes) -> None:
    assert examine(file, PUBLIC).finding == "unreadable"


def test_a_picture_signed_with_any_key_its_node_had_is_genuine() -> None:
    later = base64.b64encode(bytes(SigningKey(b"l" * 32).verify_key)).decode()
    assert examine_any(signed(record()), [later, PUBLIC]).genuine
    assert examine_any(signed(record()), [later]).finding == "other_key"
    assert examine_any(signed(record()), []).finding == "no_key"
