"""Pictures and sealed blobs: they carry their own record, and any tampering is noticed."""

import hashlib
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import attachment, codec, jpeg, snapshot, topics
from wire.errors import WireError

NODE = "cctv-alun-alun"


def tiny_jpeg(payload: bytes = b"\x00" * 40, width: int = 8, height: int = 8) -> bytes:
    """A structurally true JPEG (its scan is nonsense, which no wire code looks at)."""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    scan = b"\xff\xda" + struct.pack(">H", 8) + b"\x01\x01\x00\x00\x3f\x00"
    return jpeg.SOI + frame + scan + payload + jpeg.EOI


def record_for(image: bytes) -> snapshot.SnapshotRecord:
    return snapshot.SnapshotRecord(
        v=1, node=NODE, epoch="e", seq=7, boot="b", run="r", mono_ms=1, wall_ms=2, synced=True, camera="depan",
        purpose="traffic", taken_age_ms=120, width=8, height=8, size_bytes=len(image),
        sha256=hashlib.sha256(image).hexdigest(), previous_sha256="", key_id="0" * 16,
    )  # fmt: skip


@given(st.binary(max_size=3000), st.integers(1, 65_535), st.integers(1, 65_535))
def test_a_picture_comes_out_as_it_went_in(scan: bytes, width: int, height: int) -> None:
    image = tiny_jpeg(scan, width, height)
    record_json = msgspec.json.encode(record_for(image))
    file = snapshot.embed(image, record_json, b"s" * 64)
    decoded = codec.decode_up(topics.up(NODE, "snapshot"), file)
    assert isinstance(decoded, snapshot.Snapshot)
    assert (decoded.image, decoded.record_json, decoded.signature) == (image, record_json, b"s" * 64)
    assert jpeg.dimensions(file) == (width, height), "any viewer must still read the file"


@given(st.data())
def test_a_changed_picture_is_not_the_one_its_record_describes(data: st.DataObject) -> None:
    image = tiny_jpeg(b"\x01" * 200)
    file = bytearray(snapshot.embed(image, msgspec.json.encode(record_for(image)), b"s" * 64))
    at = data.draw(st.integers(len(file) - len(image) + 2, len(file) - 1))
    file[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(WireError):
        snapshot.extract(bytes(file))


@given(st.binary(max_size=400))
def test_any_bytes_as_a_picture_raise_the_one_error_or_are_one(payload: bytes) -> None:
    for candidate in (payload, jpeg.SOI + payload + jpeg.EOI, jpeg.SOI + jpeg.COM + payload + jpeg.EOI):
        for read in (snapshot.extract, jpeg.dimensions):
            try:
                read(candidate)
            except WireError:
                continue


def test_a_picture_without_our_record_is_refused() -> None:
    with pytest.raises(WireError) as caught:
        snapshot.extract(tiny_jpeg())
    assert caught.value.code == "jpeg"


def test_an_oversize_picture_is_refused_on_both_sides() -> None:
    image = tiny_jpeg(b"\x00" * snapshot.MAX_SNAPSHOT_BYTES)
    with pytest.raises(WireError) as caught:
        snapshot.embed(image, b"{}", b"s" * 64)
    assert caught.value.code == "too_large"
    with pytest.raises(WireError) as caught:
        snapshot.extract(image)
    assert caught.value.code == "too_large"


@given(st.binary(min_size=1, max_size=2000))
def test_a_sealed_blob_comes_out_as_it_went_in(sealed: bytes) -> None:
    record = attachment.AttachmentRecord(
        v=1, node=NODE, epoch="e", seq=1, boot="b", run="r", mono_ms=1, wall_ms=2, synced=True,
        service_request_id="0190163d-8694-739b-aea5-966c26f8ad91", size_bytes=len(sealed),
        sha256=hashlib.sha256(sealed).hexdigest(), key_id="a" * 16,
    )  # fmt: skip
    payload = attachment.pack(msgspec.json.encode(record), sealed)
    decoded = codec.decode_up(topics.up(NODE, "attachment"), payload)
    assert isinstance(decoded, attachment.Attachment)
    assert (decoded.record, decoded.sealed) == (record, sealed)
    with pytest.raises(WireError):
        attachment.unpack(payload + b"x")
