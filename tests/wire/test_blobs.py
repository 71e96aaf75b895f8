"""Pictures and sealed blobs: they carry their own record, and any tampering is noticed."""

import hashlib
import json
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


def header_for(sealed: bytes, seq: int = 1) -> attachment.AttachmentRecord:
    return attachment.AttachmentRecord(
        v=1, node=NODE, epoch="e", seq=seq, boot="b", run="r", mono_ms=1, wall_ms=2, synced=True,
        service_request_id="0190163d-8694-739b-aea5-966c26f8ad91", size_bytes=len(sealed),
        sha256=hashlib.sha256(sealed).hexdigest(), key_id="a" * 16,
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
                found = read(candidate)
            except WireError as error:
                assert error.code
                continue
            if isinstance(found, snapshot.Snapshot):
                assert json.loads(found.record_json.decode())
            else:
                assert all(1 <= side <= 0xFFFF for side in found)


@given(st.binary(max_size=3000), st.integers(0, 5000), st.integers(0, 255))
def test_the_beginning_of_a_file_is_enough_for_its_record(scan: bytes, at: int, byte: int) -> None:
    image = tiny_jpeg(scan)
    record_json = msgspec.json.encode(record_for(image))
    file = snapshot.embed(image, record_json, b"s" * 64)
    head = len(file) - len(image) + 2
    assert snapshot.record_of(file[:head]) == record_for(image)
    at %= head
    for spoilt in (file[:at], file[:at] + bytes([byte]) + file[at + 1 :]):
        try:
            snapshot.record_of(spoilt)
        except WireError:
            continue
        assert len(spoilt) >= head


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
    record = header_for(sealed)
    payload = attachment.pack(msgspec.json.encode(record), sealed)
    decoded = codec.decode_up(topics.up(NODE, "attachment"), payload)
    assert isinstance(decoded, attachment.Attachment)
    assert (decoded.record, decoded.sealed) == (record, sealed)
    with pytest.raises(WireError):
        attachment.unpack(payload + b"x")


HOSTILE = (
    (b'"seq":7', b'"seq":7,"seq":8'),
    (b'"seq":7', b'"seq":7,"\\u0073eq":7'),
    (b'"v":1', b'"v":1,"\xff":1'),
    (b'"v":1', b'"v":1,"later":{"\xff\xfe":1}'),
    (b'"v":1', b'"v":1,"later":"\xed\xa0\x80"'),
    (b'"v":1', b'"v":1,"later":"\\ud800"'),
    (b'"v":1', b'"v":1,"later":[{"a":1,"a":1}]'),
)


@pytest.mark.parametrize("change", HOSTILE)
def test_a_header_with_a_key_twice_or_not_in_utf_8_is_refused_in_a_whole_container(change: tuple[bytes, bytes]) -> None:
    for stream in ("snapshot", "attachment"):
        payload, hostile = (contained(stream, change) for change in ((b"", b""), change))
        codec.decode_up(topics.up(NODE, stream), payload)
        with pytest.raises(WireError) as caught:
            codec.decode_up(topics.up(NODE, stream), hostile)
        assert caught.value.code == "json"


def contained(stream: str, change: tuple[bytes, bytes]) -> bytes:
    """A whole picture or blob whose header was changed."""
    image, sealed = tiny_jpeg(), b"sealed"
    if stream == "snapshot":
        return snapshot.embed(image, msgspec.json.encode(record_for(image)).replace(*change), b"s" * 64)
    return attachment.pack(msgspec.json.encode(header_for(sealed, seq=7)).replace(*change), sealed)


@given(st.data())
def test_any_header_in_a_whole_container_is_text_without_surprises_or_raises_the_one_error(data: st.DataObject) -> None:
    """What passes can be kept as text and read again by any JSON reader, whichever of two keys that one believes."""
    image, sealed = tiny_jpeg(), b"sealed"
    for stream, header in (("snapshot", record_for(image)), ("attachment", header_for(sealed))):
        spoiled = bytearray(msgspec.json.encode(header))
        unknown = data.draw(st.binary(max_size=12)).replace(b"\n", b"")
        spoiled[1:1] = b'"%s":%s,' % (unknown, data.draw(st.sampled_from((b"1", b'"%s"' % unknown, b"{}", b"[1e999]"))))
        for _ in range(data.draw(st.integers(0, 2))):
            spoiled[data.draw(st.integers(0, len(spoiled) - 1))] = data.draw(st.integers(11, 255))
        whole = bytes(spoiled)
        payload = snapshot.embed(image, whole, b"s" * 64) if stream == "snapshot" else attachment.pack(whole, sealed)
        try:
            decoded = codec.decode_up(topics.up(NODE, stream), payload)
        except WireError:
            continue
        assert isinstance(decoded, snapshot.Snapshot | attachment.Attachment)
        pairs = json.loads(decoded.record_json.decode(), object_pairs_hook=list)
        assert len({key for key, _ in pairs}) == len(pairs)
