"""ARP messages as bytes."""

from hypothesis import given
from hypothesis import strategies as st

from agent.probes.arp import Arp, build_request, parse

MAC = bytes.fromhex("0200000000aa")


def test_a_probe_names_no_sender_and_asks_everybody() -> None:
    frame = build_request(MAC, "0.0.0.0", "10.9.0.2")
    assert len(frame) == 42
    assert frame[:6] == b"\xff" * 6
    assert (
        frame.hex() == "ffffffffffff0200000000aa08060001080006040001" + "0200000000aa00000000" + "0000000000000a090002"
    )
    assert parse(frame) == Arp(False, "02:00:00:00:00:aa", "0.0.0.0", "10.9.0.2")


def test_a_reply_is_read_with_padding_behind_it() -> None:
    frame = bytearray(build_request(MAC, "10.9.0.2", "0.0.0.0") + bytes(18))
    frame[21] = 2
    assert parse(bytes(frame)) == Arp(True, "02:00:00:00:00:aa", "10.9.0.2", "0.0.0.0")


def test_other_protocols_and_operations_are_passed_over() -> None:
    frame = build_request(MAC, "10.9.0.2", "10.9.0.3")
    for at, value in ((13, 0x00), (15, 6), (16, 0x86), (18, 8), (19, 16), (21, 8)):
        changed = bytearray(frame)
        changed[at] = value
        assert parse(bytes(changed)) is None
    assert parse(frame[:41]) is None


@given(st.binary(max_size=100))
def test_any_bytes_are_a_message_or_nothing(data: bytes) -> None:
    found = parse(data)
    assert found is None or len(found.mac) == 17


@given(st.integers(0, 41), st.integers(0, 255))
def test_a_damaged_message_is_a_message_or_nothing(at: int, value: int) -> None:
    frame = bytearray(build_request(MAC, "10.9.0.2", "10.9.0.3"))
    frame[at] = value
    found = parse(bytes(frame))
    assert found is None or found.address.count(".") == 3
