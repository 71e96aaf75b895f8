"""SNTP packets: the layout, the four timestamps, the turn of the era in 2036, and rubbish."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.probes.ntpwire import (
    KissOfDeathError,
    NtpFormatError,
    Reply,
    UnsynchronisedError,
    build_request,
    offset_and_delay_ns,
    parse_reply,
    unix_ns,
)
from tests.support.sntp import reply, timestamp

TOKEN = b"12345678"
SECOND = 1_000_000_000


def test_a_request_says_nothing_but_its_token() -> None:
    request = build_request(TOKEN)
    assert len(request) == 48
    assert (request[0], request[1:40], request[40:]) == (0x23, bytes(39), TOKEN)
    with pytest.raises(ValueError, match="eight"):
        build_request(b"short")


def test_an_answer_brings_the_token_back_and_its_times() -> None:
    found = parse_reply(reply(build_request(TOKEN), stratum=3))
    assert (found.originate, found.stratum) == (TOKEN, 3)
    assert found.sent_ns >= found.received_ns > 1_700_000_000 * SECOND


@given(st.integers(1_577_836_800, 1_577_836_800 + 2**32 - 1), st.integers(0, 999))
def test_a_timestamp_is_the_time_it_stands_for_also_after_2036(unix_s: int, milliseconds: int) -> None:
    assert abs(unix_ns(timestamp(unix_s + milliseconds / 1000)) - (unix_s * SECOND + milliseconds * 1_000_000)) < 1000


def test_the_known_value_of_the_standard() -> None:
    assert unix_ns(3_913_056_000 << 32) == 1_704_067_200 * SECOND  # 2024-01-01 in seconds since 1900


@given(st.integers(-(10**18), 10**18), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_offset_is_right_to_half_the_delay(ahead_ns: int, there_ns: int, work_ns: int, back_ns: int) -> None:
    left_ns = 1_800_000_000 * SECOND
    received_ns = left_ns + there_ns + ahead_ns
    arrived_ns = left_ns + there_ns + work_ns + back_ns
    offset_ns, delay_ns = offset_and_delay_ns(left_ns, Reply(2, TOKEN, received_ns, received_ns + work_ns), arrived_ns)
    assert delay_ns == there_ns + back_ns
    assert abs(offset_ns - ahead_ns) <= delay_ns / 2 + 1


def test_a_server_that_does_not_know_or_does_not_want_is_no_clock() -> None:
    query = build_request(TOKEN)
    with pytest.raises(KissOfDeathError, match=r"^RATE$"):
        parse_reply(reply(query, stratum=0, reference=b"RATE"))
    with pytest.raises(KissOfDeathError, match=r"^A$"):
        parse_reply(reply(query, stratum=0, reference=b"\x1bA\0\xff"))
    for wrong in (reply(query, stratum=16), reply(query, leap=3)):
        with pytest.raises(UnsynchronisedError):
            parse_reply(wrong)


def test_what_is_no_servers_answer_is_refused() -> None:
    query = build_request(TOKEN)
    zero = bytearray(reply(query))
    zero[40:48] = bytes(8)
    for wrong in (query, b"", reply(query)[:47], reply(query, mode=3), reply(query, version=1), bytes(zero)):
        with pytest.raises(NtpFormatError):
            parse_reply(wrong)


def test_extensions_behind_the_packet_are_left_unread() -> None:
    assert parse_reply(reply(build_request(TOKEN)) + b"\0" * 20).stratum == 2


@given(st.binary(max_size=100))
def test_any_bytes_are_an_answer_or_one_of_three_errors(data: bytes) -> None:
    try:
        parse_reply(data)
    except (NtpFormatError, KissOfDeathError, UnsynchronisedError):
        assert len(data) < 48 or struct.unpack_from("!BB", data)


@given(st.binary(min_size=47, max_size=60))
def test_any_answer_of_a_server_is_read_or_refused(rest: bytes) -> None:
    for first in (0x24, 0x1C):
        try:
            found = parse_reply(bytes([first]) + rest)
        except (NtpFormatError, KissOfDeathError, UnsynchronisedError):
            continue
        assert 1 <= found.stratum <= 15
