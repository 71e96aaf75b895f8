"""ICMP messages and error reports as bytes."""

import socket
import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.observation import Reason
from agent.probes import icmpwire
from agent.probes.icmpwire import EchoReply, build_request, checksum, parse_error, parse_quoted, parse_reply

FAMILIES = st.sampled_from([socket.AF_INET, socket.AF_INET6])


def ones_complement(data: bytes) -> int:
    """The checksum as RFC 1071 writes it down, word by word."""
    total = 0
    for index in range(0, len(data), 2):
        total += int.from_bytes(data[index : index + 2].ljust(2, b"\0"), "big")
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


@given(st.binary(max_size=200))
def test_the_checksum_is_that_of_rfc_1071(data: bytes) -> None:
    assert checksum(data) == ones_complement(data)


@given(st.integers(0, 65_535), st.integers(0, 65_535), st.binary(max_size=100))
def test_a_request_checks_out_and_is_recognised_when_an_error_quotes_it(ident: int, seq: int, payload: bytes) -> None:
    packet = build_request(socket.AF_INET, ident, seq, payload)
    assert ones_complement(packet) == 0
    assert parse_quoted(socket.AF_INET, packet) == EchoReply(seq, payload)
    assert parse_quoted(socket.AF_INET, packet[:8]) == EchoReply(seq, b"")
    assert parse_reply(socket.AF_INET, packet) is None


def test_a_reply_is_found_behind_the_ip_header_of_a_raw_socket() -> None:
    reply = struct.pack("!BBHHH", 0, 0, 0, 7, 9) + b"token"
    header = b"\x46" + bytes(23)  # six words: one option
    assert parse_reply(socket.AF_INET, header + reply, with_ip_header=True) == EchoReply(9, b"token")


@given(FAMILIES, st.binary(max_size=60), st.booleans())
def test_any_bytes_are_a_reply_or_nothing(family: int, data: bytes, raw: bool) -> None:
    assert parse_reply(family, data, with_ip_header=raw) is None or len(data) >= icmpwire.HEADER_BYTES
    quoted = parse_quoted(family, data)
    assert quoted is None or quoted.payload == data[icmpwire.HEADER_BYTES :]


FROM_THE_WAY = {
    Reason.NET_UNREACHABLE, Reason.HOST_UNREACHABLE, Reason.PORT_UNREACHABLE, Reason.PROHIBITED, Reason.TTL_EXCEEDED,
    Reason.PACKET_TOO_BIG, Reason.LOCAL_ERROR,
}  # fmt: skip


@given(
    st.binary(max_size=60)
    | st.tuples(st.integers(0, 4), st.binary(min_size=11, max_size=56)).map(
        lambda parts: bytes(4) + bytes([parts[0]]) + parts[1]
    )
)
def test_any_bytes_are_an_error_report_or_nothing(data: bytes) -> None:
    found = parse_error(data)
    if len(data) < 16 or data[4] not in (1, 2, 3):
        assert found is None
        return
    assert found is not None
    assert (found.icmp_type, found.icmp_code) == (data[5], data[6])
    assert found.reason in FROM_THE_WAY
    assert not found.offender or ip_address(found.offender)
    assert 0 <= found.mtu <= 65_535
    assert found.mtu == 0 or found.reason is Reason.PACKET_TOO_BIG


def report(origin: int, kind: int, code: int, offender: str = "192.0.2.1") -> bytes:
    head = struct.pack("=IBBBBII", 113, origin, kind, code, 0, 0, 0)
    if ":" in offender:
        return (
            head + struct.pack("=HHI", socket.AF_INET6, 0, 0) + socket.inet_pton(socket.AF_INET6, offender) + bytes(4)
        )
    return head + struct.pack("=HH", socket.AF_INET, 0) + socket.inet_aton(offender) + bytes(8)


@pytest.mark.parametrize(
    ("origin", "kind", "code", "reason"),
    [
        (2, 3, 0, Reason.NET_UNREACHABLE),
        (2, 3, 1, Reason.HOST_UNREACHABLE),
        (2, 3, 3, Reason.PORT_UNREACHABLE),
        (2, 3, 4, Reason.PACKET_TOO_BIG),
        (2, 3, 13, Reason.PROHIBITED),
        (2, 11, 0, Reason.TTL_EXCEEDED),
        (3, 1, 0, Reason.NET_UNREACHABLE),
        (3, 1, 1, Reason.PROHIBITED),
        (3, 1, 3, Reason.HOST_UNREACHABLE),
        (3, 2, 0, Reason.PACKET_TOO_BIG),
        (3, 3, 0, Reason.TTL_EXCEEDED),
    ],
)
def test_an_error_says_what_happened_and_who_says_so(origin: int, kind: int, code: int, reason: Reason) -> None:
    offender = "192.0.2.1" if origin == 2 else "2001:db8::1"
    found = parse_error(report(origin, kind, code, offender))
    assert found is not None
    assert (found.reason, found.offender, found.icmp_type, found.icmp_code) == (reason, offender, kind, code)


def test_a_report_of_another_origin_is_no_error_of_ours() -> None:
    assert parse_error(report(4, 0, 0)) is None  # a time stamp of a sent packet
