"""Frames on a serial line: what was sent comes out whatever happens between, and nothing else ever does."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.framing import (
    LONGEST_BYTES,
    MOST_PAYLOAD_BYTES,
    PARTIAL_S,
    Frame,
    FrameDecoder,
    Rejection,
    decode,
    encode,
    stuffed,
    unstuffed,
)

FRAMES = st.builds(
    Frame,
    type=st.integers(0, 255),
    flags=st.integers(0, 255),
    boot=st.integers(0, 2**32 - 1),
    seq=st.integers(0, 2**16 - 1),
    payload=st.one_of(
        st.binary(max_size=MOST_PAYLOAD_BYTES),
        st.integers(0, MOST_PAYLOAD_BYTES).map(bytes),
        st.integers(0, MOST_PAYLOAD_BYTES).map(lambda n: b"\xff" * n),
    ),
)


@pytest.mark.parametrize(
    ("raw", "block"),
    [  # Cheshire and Baker's examples, as Wikipedia's article on COBS gives them
        (b"\x00", b"\x01\x01"),
        (b"\x00\x00", b"\x01\x01\x01"),
        (b"\x00\x11\x00", b"\x01\x02\x11\x01"),
        (b"\x11\x22\x00\x33", b"\x03\x11\x22\x02\x33"),
        (b"\x11\x22\x33\x44", b"\x05\x11\x22\x33\x44"),
        (b"\x11\x00\x00\x00", b"\x02\x11\x01\x01\x01"),
        (bytes(range(1, 255)), b"\xff" + bytes(range(1, 255))),
        (b"\x00" + bytes(range(1, 255)), b"\x01\xff" + bytes(range(1, 255))),
        (bytes(range(1, 256)), b"\xff" + bytes(range(1, 255)) + b"\x02\xff"),
        (bytes(range(2, 256)) + b"\x00", b"\xff" + bytes(range(2, 256)) + b"\x01\x01"),
        (bytes(range(3, 256)) + b"\x00\x01", b"\xfe" + bytes(range(3, 256)) + b"\x02\x01"),
    ],
)
def test_bytes_are_stuffed_as_the_published_examples_say(raw: bytes, block: bytes) -> None:
    assert stuffed(raw) == block
    assert unstuffed(block) == raw


@given(st.binary(max_size=1200))
def test_whatever_is_stuffed_holds_no_zero_and_comes_out_as_it_was(raw: bytes) -> None:
    assert b"\0" not in stuffed(raw)
    assert unstuffed(stuffed(raw)) == raw


@given(st.lists(FRAMES, max_size=6), st.randoms(use_true_random=False))
def test_frames_come_out_in_order_however_the_bytes_are_cut(frames: list[Frame], chance: random.Random) -> None:
    line = b"".join(map(encode, frames))
    decoder = FrameDecoder()
    found = []
    at = 0
    while at < len(line):
        step = chance.randint(1, 40)
        found += decoder.feed(line[at : at + step], 0.0)
        at += step
    assert found == frames
    assert decoder.held_bytes == 0


@given(st.binary(max_size=3000), st.integers(1, 700))
def test_any_bytes_give_frames_or_rejections_and_never_hold_more_than_a_frame(noise: bytes, step: int) -> None:
    decoder = FrameDecoder()
    for at in range(0, len(noise), step):
        decoder.feed(noise[at : at + step], float(at))
        assert decoder.held_bytes <= LONGEST_BYTES
    whole = Frame(2, 0, 7, 9, b"after the noise")
    assert decoder.feed(b"\0" + encode(whole), 1e6)[-1] == whole


@pytest.mark.parametrize("payload", [b"", b"\x01\x00\x00\x05jalan\x00\x00", bytes(40), b"\xff" * 300])
def test_no_flip_of_a_single_bit_lets_another_frame_through(payload: bytes) -> None:
    frame = Frame(2, 0, 0x1F3A9C02, 41, payload)
    line = encode(frame)
    for place in range(len(line) * 8):
        harmed = bytearray(line)
        harmed[place // 8] ^= 1 << place % 8
        found = FrameDecoder().feed(b"\0" + bytes(harmed) + b"\0", 0.0)
        assert all(isinstance(one, Rejection) or one == frame for one in found), place
        inside = 8 <= place < (len(line) - 1) * 8
        assert not (inside and frame in found), place


def test_two_zeros_between_frames_are_as_good_as_one() -> None:
    one, two = Frame(2, 0, 1, 1, b"a"), Frame(2, 0, 1, 2, b"b")
    shared = encode(one)[:-1] + encode(two)
    assert FrameDecoder().feed(shared, 0.0) == [one, two]


def test_a_frame_that_nobody_ends_is_given_up_and_the_next_one_is_whole() -> None:
    frame = Frame(2, 0, 1, 1, b"jalan")
    decoder = FrameDecoder()
    assert decoder.feed(encode(frame)[:12], 10.0) == []
    assert decoder.expire(10.0 + PARTIAL_S - 0.01) == []
    assert decoder.expire(10.0 + PARTIAL_S) == [Rejection("partial")]
    assert decoder.feed(encode(frame), 12.5) == [frame]


def test_a_cable_pulled_inside_a_frame_costs_that_frame_alone() -> None:
    frame, next_frame = Frame(2, 0, 1, 1, b"lubang" * 9), Frame(2, 0, 1, 2, b"lampu")
    decoder = FrameDecoder()
    found = decoder.feed(encode(frame)[:30] + encode(next_frame), 0.0)
    assert found[-1] == next_frame
    assert [type(one) for one in found[:-1]] == [Rejection]


def test_what_goes_on_for_ever_is_skipped_to_the_next_zero_and_told_once() -> None:
    frame = Frame(2, 0, 1, 1, b"x")
    decoder = FrameDecoder()
    found = [one for _ in range(1000) for one in decoder.feed(b"U" * 64, 0.0)]
    assert found == [Rejection("endless")]
    assert decoder.held_bytes == 0
    assert decoder.feed(encode(frame), 0.0) == [frame]


def test_a_foreign_version_and_too_long_a_payload_say_whose_they_are() -> None:
    foreign = encode(Frame(2, 0, 77, 5, b"?"), version=2)
    assert FrameDecoder().feed(foreign, 0.0) == [Rejection("version", 77, 5)]
    import struct
    import zlib

    raw = struct.pack(">BBBIHH", 1, 2, 0, 77, 5, 520) + b"x" * 520
    long = b"\0" + stuffed(raw + zlib.crc32(raw).to_bytes(4, "big")) + b"\0"
    assert FrameDecoder().feed(long, 0.0) == [Rejection("too_long", 77, 5)]


def test_a_length_that_lies_is_noticed_though_the_check_fits() -> None:
    import struct
    import zlib

    raw = struct.pack(">BBBIHH", 1, 2, 0, 77, 5, 3) + b"four"
    assert decode(stuffed(raw + zlib.crc32(raw).to_bytes(4, "big"))) == Rejection("length")


@pytest.mark.parametrize(
    "frame",
    [Frame(256, 0, 0, 0, b""), Frame(1, 0, 2**32, 0, b""), Frame(1, 0, 0, 2**16, b""), Frame(1, 0, 0, 0, b"x" * 513)],
)
def test_what_has_no_room_in_a_frame_is_said_to_have_none(frame: Frame) -> None:
    with pytest.raises(ValueError, match=r"bytes|range|format|argument"):
        encode(frame)
