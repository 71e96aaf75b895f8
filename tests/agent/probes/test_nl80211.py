"""The kernel's answers about Wi-Fi: messages made by hand after linux/nl80211.h, and every kind of damage to them."""

import errno
import re
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.probes import nl80211
from agent.probes.nl80211 import (
    Nl80211Error,
    Radio,
    Station,
    messages,
    parse_family,
    parse_interface,
    parse_station,
    refusal,
)

# What this project's build machine (Linux 6.18) answered to CTRL_CMD_GETFAMILY "nlctrl", from behind the header.
CONTROLLER = bytes.fromhex(
    "010200000b0002006e6c6374726c000006000100100000000800030002000000080004000000000008000500000000002c000600140001000800"
    "010003000000080002000e00000014000200080001000a000000080002000c0000001c00070018000100080002001000"
    "00000b0001006e6f746966790000"
)


def attribute(kind: int, content: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(content), kind) + content + bytes(-len(content) % 4)


def u32(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("=I", value))


def interface(name: bytes = b"wlan0\0", kind: int = 2, frequency: int = 5180) -> bytes:
    body = u32(3, 3) + attribute(4, name) + u32(1, 0) + u32(5, kind) + attribute(6, b"\xdc\xa6\x32\x01\x02\x03")
    return struct.pack("=BBH", 7, 1, 0) + body + u32(38, frequency) + attribute(52, b"kelurahan")


def station(signal: int = -63, average: int | None = -65, rate: bytes | None = None, seconds: int = 3600) -> bytes:
    info = u32(1, 40) + attribute(7, struct.pack("=b", signal))
    info += attribute(13, struct.pack("=b", average)) if average is not None else b""
    info += attribute(8 | 0x8000, u32(5, 867) + attribute(1, struct.pack("=H", 867)) if rate is None else rate)
    info += u32(16, seconds)
    body = u32(3, 3) + attribute(6, b"\x04\xf0\x21\xaa\xbb\xcc") + attribute(21 | 0x8000, info)
    return struct.pack("=BBH", 19, 1, 0) + body


def test_the_families_number_is_read_from_a_real_answer() -> None:
    assert parse_family(CONTROLLER) == 16


def test_an_interface_in_station_mode() -> None:
    assert parse_interface(interface()) == Radio(3, "wlan0", True, 5180)
    access_point = parse_interface(interface(kind=3))
    assert access_point is not None
    assert not access_point.station
    assert parse_interface(struct.pack("=BBH", 7, 1, 0) + u32(1, 0)) is None  # a radio without an interface


def test_a_station_is_the_access_point_and_its_signal() -> None:
    assert parse_station(station()) == Station("04:f0:21:aa:bb:cc", -65, 86.7, 3600)
    alone = parse_station(station(average=None))
    assert alone is not None
    assert alone.signal_dbm == -63


def test_a_rate_in_the_old_attribute_and_none_at_all() -> None:
    old = parse_station(station(rate=attribute(1, struct.pack("=H", 540))))
    none = parse_station(station(rate=b""))
    assert old is not None
    assert none is not None
    assert (old.bitrate_mbps, none.bitrate_mbps) == (54.0, None)


def test_a_refusal_carries_the_kernels_number() -> None:
    assert refusal(struct.pack("=i", -errno.EPERM) + bytes(16)).errno == errno.EPERM
    assert refusal(struct.pack("=i", -errno.ENOENT)).absent
    assert not refusal(b"").absent


def test_this_kernel_answers_as_expected() -> None:
    try:
        found = nl80211.look()
    except Nl80211Error as error:
        assert error.absent, error
    except OSError as error:
        pytest.skip(f"generic netlink is denied here: {error}")
    else:
        assert all(radio.station for radio, _ in found)


def test_the_conversation_of_a_box_with_one_radio(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket pair in the kernel's place: whole datagrams, a late answer among them, an end of each dump."""
    ours, kernel = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def message(kind: int, sequence: int, body: bytes) -> bytes:
        return struct.pack("=IHHII", 16 + len(body), kind, 2, sequence, 1) + body + bytes(-len(body) % 4)

    family = struct.pack("=BBH", 1, 2, 0) + attribute(2, b"nl80211\0") + attribute(1, struct.pack("=H", 35))
    kernel.send(message(16, 4, family))
    kernel.send(message(35, 4, b"late") + message(35, 6, interface()) + message(35, 6, interface(b"ap0\0", kind=3)))
    kernel.send(message(3, 6, bytes(4)))
    kernel.send(message(35, 18, station()))
    kernel.send(message(3, 18, bytes(4)))
    monkeypatch.setattr(nl80211.socket, "socket", lambda *_: ours)
    assert nl80211.look() == [(Radio(3, "wlan0", True, 5180), Station("04:f0:21:aa:bb:cc", -65, 86.7, 3600))]
    asked = [kernel.recv(4096) for _ in range(3)]
    assert [struct.unpack_from("=IHHII", one)[1:3] for one in asked] == [(16, 1), (35, 0x301), (35, 0x301)]
    assert [one[16] for one in asked] == [3, 5, 17]
    kernel.close()


def _a_family(data: bytes) -> None:
    assert 0 <= parse_family(data) <= 0xFFFF


def _a_radio_or_none(data: bytes) -> None:
    radio = parse_interface(data)
    if radio is not None:
        assert 0 <= radio.index < 2**32
        assert "\0" not in radio.name
        assert radio.frequency_mhz is None or 0 <= radio.frequency_mhz < 2**32


def _a_station_or_none(data: bytes) -> None:
    station = parse_station(data)
    if station is not None:
        assert re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", station.bssid)
        assert station.signal_dbm is None or -128 <= station.signal_dbm <= 127
        assert station.bitrate_mbps is None or 0 <= station.bitrate_mbps < 2**32 / 10
        assert station.connected_s is None or 0 <= station.connected_s < 2**32


def _whole_messages(data: bytes) -> None:
    found = list(messages(data))
    assert sum(16 + len(body) for _, _, body in found) <= len(data)
    rebuilt = b"".join(
        struct.pack("=IHHII", 16 + len(body), kind, 0, sequence, 0) + body + bytes(-len(body) % 4)
        for kind, sequence, body in found
    )
    assert list(messages(rebuilt)) == found


def _a_refusal(data: bytes) -> None:
    found = refusal(data)
    assert str(found)
    assert found.absent == (found.errno == errno.ENOENT)
    assert found.errno == (-struct.unpack_from("=i", data)[0] if len(data) >= 4 else 0)


PARSERS = (_a_family, _a_radio_or_none, _a_station_or_none, _whole_messages, _a_refusal)


@given(st.binary(max_size=300))
def test_any_bytes_are_an_answer_or_one_typed_error(data: bytes) -> None:
    for parse in PARSERS:
        try:
            parse(data)
        except Nl80211Error as error:
            assert str(error)


@given(st.sampled_from([interface(), station(), CONTROLLER]), st.data())
def test_damaged_answers_are_an_answer_or_one_typed_error(whole: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    for parse in PARSERS:
        try:
            parse(cut)
        except Nl80211Error as error:
            assert str(error)
