"""The neighbour table, from bytes and from this kernel."""

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.probes.neighbours import NOBODY, Neighbour, look_up, parse
from agent.probes.netlink import NetlinkError


def attribute(kind: int, content: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(content), kind) + content + bytes(-len(content) % 4)


def message(kind: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body + bytes(-len(body) % 4)


def entry(text: str, state: int, mac: str = "02:00:00:00:00:01", index: int = 2) -> bytes:
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    body = struct.pack("=BxxxiHBB", family, index, state, 0, 1) + attribute(1, socket.inet_pton(family, text))
    return message(28, body + (attribute(2, bytes.fromhex(mac.replace(":", ""))) if mac else b""))


def test_a_dump_is_read_to_its_end() -> None:
    found, done = parse(entry("10.9.0.1", 0x02) + entry("fe80::1", 0x04) + entry("10.9.0.77", 0x01, mac=""))
    assert not done
    assert found == [
        Neighbour(2, "10.9.0.1", "reachable", "02:00:00:00:00:01"),
        Neighbour(2, "fe80::1", "stale", "02:00:00:00:00:01"),
        Neighbour(2, "10.9.0.77", "incomplete", ""),
    ]
    assert parse(message(3, bytes(4))) == ([], True)


@pytest.mark.parametrize(
    ("bits", "word"),
    [(0x08, "delay"), (0x10, "probe"), (0x20, "failed"), (0x40, "noarp"), (0x80, "permanent"), (0x03, "unknown")],
)
def test_states_have_the_kernels_names(bits: int, word: str) -> None:
    assert parse(entry("10.9.0.1", bits))[0][0].state == word


def test_an_error_and_a_short_message_are_typed_errors() -> None:
    for data in (message(2, bytes(20)), message(28, bytes(8)), entry("10.9.0.1", 2)[:-20]):
        with pytest.raises(NetlinkError):
            parse(data)


def test_entries_of_other_families_are_passed_over() -> None:
    body = struct.pack("=BxxxiHBB", socket.AF_INET6, 2, 2, 0, 1) + attribute(1, bytes(4))
    assert parse(message(28, body)) == ([], False)


@given(st.binary(max_size=200))
def test_any_bytes_are_neighbours_or_one_typed_error(data: bytes) -> None:
    try:
        found = parse(data)
    except NetlinkError:
        return
    assert found == parse(data)


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_damaged_message_is_neighbours_or_one_typed_error(at: int, value: int) -> None:
    data = bytearray(entry("10.9.0.1", 0x02))
    data[at % len(data)] = value
    try:
        found = parse(bytes(data))
    except NetlinkError:
        return
    assert found == parse(bytes(data))


def test_this_kernel_has_no_neighbour_at_an_address_nobody_was_asked_for() -> None:
    assert look_up("192.0.2.77", "lo") == NOBODY
    with pytest.raises(OSError):
        look_up("192.0.2.77", "nothing0")
