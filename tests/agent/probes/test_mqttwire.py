"""MQTT 5 packets at the door: paho reads what is built here, and the answer is read strictly."""

import struct

import paho.mqtt.client as paho
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.probes.mqttwire import (
    DISCONNECT,
    MAX_PACKET_BYTES,
    REASONS,
    Connack,
    MqttFormatError,
    build_connect,
    parse_connack,
)


def connack(reason: int = 0, properties: bytes = b"", flags: int = 0) -> bytes:
    body = bytes([flags, reason, len(properties)]) + properties
    return bytes([0x20, len(body)]) + body


def test_a_connect_is_laid_out_as_the_standard_says() -> None:
    assert build_connect("kel-3673011001", 10) == (
        b"\x10\x20\x00\x04MQTT\x05\x02\x00\x0a\x05\x11\x00\x00\x00\x00\x00\x0ekel-3673011001"
    )
    assert DISCONNECT == b"\xe0\x00"


def test_a_long_client_id_has_a_length_of_two_bytes() -> None:
    packet = build_connect("k" * 200, 10)
    assert packet[1:3] == bytes([(len(packet) - 3) & 0x7F | 0x80, (len(packet) - 3) >> 7])
    with pytest.raises(ValueError, match="two bytes"):
        build_connect("x", 70_000)


def test_a_welcome_and_a_refusal_are_told_apart() -> None:
    welcome, refused = parse_connack(connack()), parse_connack(connack(0x87))
    assert (welcome, refused) == (Connack(0), Connack(0x87))
    assert refused is not None
    assert (refused.refused, refused.name) == (True, "not authorised")
    assert welcome is not None
    assert (welcome.refused, welcome.name) == (False, "")


@pytest.mark.parametrize("code", sorted(REASONS))
def test_each_reason_has_its_words(code: int) -> None:
    found = parse_connack(connack(code))
    assert found is not None
    assert found.name == REASONS[code]


def test_no_reason_that_paho_knows_is_missing() -> None:
    known = {code for code in range(0x80, 0x100) if PacketTypes.CONNACK in _packets(code)}
    assert known == set(REASONS) - {0x99}, "paho leaves out one of section 3.2.2.2: about a will's payload"


def _packets(code: int) -> set[int]:
    names = ReasonCode(PacketTypes.CONNACK).names.get(code, {})
    return {packet for packets in names.values() for packet in packets}


def test_all_properties_a_broker_may_send_are_read_as_paho_writes_them() -> None:
    given_ = Properties(PacketTypes.CONNACK)
    given_.SessionExpiryInterval = 0
    given_.ReceiveMaximum = 20
    given_.MaximumQoS = 1
    given_.RetainAvailable = 1
    given_.MaximumPacketSize = 100_000
    given_.AssignedClientIdentifier = "auto-1"
    given_.TopicAliasMaximum = 10
    given_.ReasonString = "tidak dikenal"
    given_.UserProperty = [("a", "1"), ("b", "2")]
    given_.WildcardSubscriptionAvailable = 1
    given_.SubscriptionIdentifierAvailable = 1
    given_.SharedSubscriptionAvailable = 1
    given_.ServerKeepAlive = 60
    given_.ResponseInformation = "x"
    given_.ServerReference = "other:8883"
    given_.AuthenticationMethod = "m"
    given_.AuthenticationData = b"\xff\x00"
    packed = given_.pack()
    body = b"\0\x9c" + packed
    packet = b"\x20" + bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) + body
    assert parse_connack(packet) == Connack(0x9C, "tidak dikenal")


@pytest.mark.parametrize(("code", "name"), [(1, "protocol version not supported"), (5, "not authorised")])
def test_the_refusal_of_an_older_broker_is_understood(code: int, name: str) -> None:
    found = parse_connack(b"\x20\x02\x00" + bytes([code]))
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("data", [b"", b"\x20", b"\x20\x80", b"\x20\x03", b"\x20\x03\x00", b"\x20\x03\x00\x87"])
def test_a_beginning_is_not_an_answer_yet(data: bytes) -> None:
    assert parse_connack(data) is None


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"HTTP/1.1 400", "type 4"),
        (b"\x21\x03\x00\x00\x00", "flags 1"),
        (b"\xe0\x00", "type 14"),
        (b"\x20\x00", "without a reason"),
        (b"\x20\x01\x00", "without a reason"),
        (b"\x20\xff\xff\xff\xff\x7f", "more than four"),
        (b"\x20" + b"\x81\x20" + bytes(10), f"{MAX_PACKET_BYTES + 1} bytes"),
        (connack(flags=1), "session"),
        (connack(flags=0x80), "flags"),
        (connack(0x01), "none of a CONNACK"),
        (connack(0x8B), "none of a CONNACK"),
        (b"\x20\x04\x00\x00\x00\x00", "do not fill"),
        (b"\x20\x03\x00\x00\x05", "do not fill"),
        (b"\x20\x02\x00\x00", "another version"),
        (connack(properties=b"\x01\x00"), "unknown"),
        (connack(properties=b"\x24\x01\x24\x01"), "twice"),
        (connack(properties=b"\x1f\x00\x09abc"), "cut off"),
        (connack(properties=b"\x27\x00\x00"), "cut off"),
        (connack(properties=b"\x1f\x00\x02\xff\xfe"), "UTF-8"),
        (connack(properties=b"\x1f\x00\x01\x00"), "NUL"),
        (connack(properties=b"\x26\x00\x01a"), "cut off"),
    ],
)
def test_whatever_breaks_a_rule_is_malformed_and_says_which(data: bytes, says: str) -> None:
    with pytest.raises(MqttFormatError, match=says):
        parse_connack(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_a_beginning_or_malformed(data: bytes) -> None:
    for packet in (data, b"\x20" + data, struct.pack("!BB", 0x20, len(data) & 0x7F) + data):
        try:
            found = parse_connack(packet)
        except MqttFormatError:
            continue
        assert found is None or isinstance(found, Connack)


@given(st.sampled_from([0, *REASONS]), st.text(max_size=50).filter(lambda text: "\0" not in text))
def test_an_answer_cut_anywhere_is_a_beginning(reason: int, text: str) -> None:
    said = text.encode(errors="ignore")[:50].decode(errors="ignore")
    packet = connack(reason, b"\x1f" + struct.pack("!H", len(said.encode())) + said.encode())
    assert parse_connack(packet) == Connack(reason, said)
    assert all(parse_connack(packet[:length]) is None for length in range(len(packet)))
    assert paho.MQTTv5 == 5
