"""The list of addresses, from bytes and from this kernel."""

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.observation import Reason
from agent.probes.address import judge
from agent.probes.netlink import Address, NetlinkError, addresses, parse_addresses


def attribute(kind: int, content: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(content), kind) + content + bytes(-len(content) % 4)


def message(kind: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body + bytes(-len(body) % 4)


def new_address(text: str, prefix: int = 24, flags: int = 0x80, index: int = 2) -> bytes:
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    body = struct.pack("=BBBBI", family, prefix, flags & 0xFF, 0, index)
    body += (
        attribute(1, socket.inet_pton(family, text)) + attribute(3, b"eth0\0") + attribute(8, struct.pack("=I", flags))
    )
    return message(20, body)


def test_a_dump_is_read_to_its_end() -> None:
    data = new_address("192.0.2.7") + new_address("2001:db8::7", 64)
    found, done = parse_addresses(data)
    assert not done
    assert found == [
        Address(2, socket.AF_INET, "192.0.2.7", 24, 0, True),
        Address(2, socket.AF_INET6, "2001:db8::7", 64, 0, True),
    ]
    assert parse_addresses(message(3, bytes(4))) == ([], True)


def test_an_address_that_runs_out_is_a_leased_one() -> None:
    assert parse_addresses(new_address("192.0.2.7", 24, 0x00))[0][0].leased
    assert not parse_addresses(new_address("192.0.2.7", 24, 0x80))[0][0].leased


def test_a_tentative_or_duplicate_address_is_not_usable() -> None:
    assert not parse_addresses(new_address("2001:db8::7", 64, 0x40))[0][0].usable
    assert not parse_addresses(new_address("2001:db8::7", 64, 0x88))[0][0].usable


def test_on_a_point_to_point_link_the_own_address_counts() -> None:
    body = struct.pack("=BBBBI", socket.AF_INET, 32, 0, 0, 3)
    body += attribute(1, socket.inet_aton("10.0.0.1")) + attribute(2, socket.inet_aton("10.0.0.2"))
    assert parse_addresses(message(20, body))[0][0].text == "10.0.0.2"


def test_a_refusal_of_the_kernel_is_an_error() -> None:
    with pytest.raises(NetlinkError):
        parse_addresses(message(2, struct.pack("=i", -1) + bytes(16)))


@given(st.binary(max_size=200))
def test_any_bytes_are_addresses_or_one_typed_error(data: bytes) -> None:
    try:
        found, _ = parse_addresses(data)
    except NetlinkError:
        return
    assert all(isinstance(item, Address) and item.text for item in found)


@given(st.integers(0, 71), st.integers(0, 255))
def test_a_damaged_message_is_addresses_or_one_typed_error(at: int, value: int) -> None:
    data = bytearray(new_address("2001:db8::7", 64))
    data[at % len(data)] = value
    try:
        found, _ = parse_addresses(bytes(data))
    except NetlinkError:
        return
    assert len(found) <= 1
    assert all(":" in item.text for item in found)


def test_this_kernel_lists_loopback() -> None:
    assert any(item.text == "127.0.0.1" and item.prefix == 8 for item in addresses())


def test_judging_addresses() -> None:
    def of(text: str, usable: bool = True) -> Address:
        return Address(2, socket.AF_INET6 if ":" in text else socket.AF_INET, text, 24, 0, usable)

    assert judge([of("127.0.0.1"), of("192.0.2.7")]) == (Reason.NONE, {"ipv4": "192.0.2.7/24"})
    assert judge([of("2001:db8::7")])[0] is Reason.NONE
    assert judge([of("169.254.9.9"), of("fe80::1")]) == (Reason.LINK_LOCAL_ONLY, {"ipv4": "169.254.9.9/24"})
    assert judge([of("127.0.0.1"), of("::1"), of("fe80::1")])[0] is Reason.NO_ADDRESS
    assert judge([of("2001:db8::7", usable=False)])[0] is Reason.NO_ADDRESS
