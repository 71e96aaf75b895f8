"""The three MQTT 5 packets of a knock at a broker's door: CONNECT, CONNACK, DISCONNECT. No sockets here.

Layouts: MQTT Version 5.0 sections 2.1, 2.2.2, 3.1, 3.2, 3.14. The answer is read strictly and within
`MAX_PACKET_BYTES`: every length is checked, each property must be one that a CONNACK may carry, once, and the packet
must end where it says. A broker that only speaks MQTT 3.1.1 refuses in its own, shorter form, which is understood too.
"""

import struct
from dataclasses import dataclass

MAX_PACKET_BYTES = 4096
"""A CONNACK has a few dozen bytes; its texts are the only ones that can grow."""
_CONNECT, _CONNACK = 0x10, 0x20
DISCONNECT = b"\xe0\x00"
_VERSION = 5
_CLEAN_START = 0x02
_SESSION_EXPIRY = 0x11
_MAX_VARINT_BYTES = 4
_REFUSED = 0x80
_REASON_STRING = 0x1F
# Table 2-4: what each property of a CONNACK holds. Bytes, or a text (t), binary data (b), a pair of texts (p).
_PROPERTIES: dict[int, int | str] = {
    0x11: 4, 0x12: "t", 0x13: 2, 0x15: "t", 0x16: "b", 0x1A: "t", 0x1C: "t", 0x1F: "t", 0x21: 2, 0x22: 2,
    0x24: 1, 0x25: 1, 0x26: "p", 0x27: 4, 0x28: 1, 0x29: 1, 0x2A: 1,
}  # fmt: skip
_USER_PROPERTY = 0x26  # the one that may come more than once

REASONS: dict[int, str] = {
    0x80: "unspecified error",
    0x81: "malformed packet",
    0x82: "protocol error",
    0x83: "refused for a reason of its own",
    0x84: "protocol version not supported",
    0x85: "client id not accepted",
    0x86: "bad user name or password",
    0x87: "not authorised",
    0x88: "server not available",
    0x89: "server busy",
    0x8A: "banned",
    0x8C: "bad authentication method",
    0x90: "topic name not accepted",
    0x95: "packet too large",
    0x97: "quota exceeded",
    0x99: "payload format not as stated",
    0x9A: "retain not supported",
    0x9B: "quality of service not supported",
    0x9C: "use another server",
    0x9D: "server moved",
    0x9F: "too many connections in this time",
}
"""Table 3-1 of section 3.2.2.2 in this product's words: why a connection may be refused."""
_OLD_REASONS: dict[int, int] = {1: 0x84, 2: 0x85, 3: 0x88, 4: 0x86, 5: 0x87}
"""MQTT 3.1.1, table 3.1, as the reasons of version 5 that mean the same."""


class MqttFormatError(Exception):
    """These bytes are no CONNACK; the text says which rule is broken."""


@dataclass(frozen=True, slots=True)
class Connack:
    """A broker's answer. `reason` 0 is a welcome, from 0x80 a refusal; `text` is what the broker adds in words."""

    reason: int
    text: str = ""

    @property
    def refused(self) -> bool:
        return self.reason >= _REFUSED

    @property
    def name(self) -> str:
        """The reason in words; empty for a welcome."""
        return REASONS.get(self.reason, f"reason {self.reason:#04x}") if self.refused else ""


def build_connect(client_id: str, keep_alive_s: int) -> bytes:
    """CONNECT with a clean start, a session that ends with the connection, and no will."""
    name = client_id.encode()
    if not 0 <= keep_alive_s <= 0xFFFF or len(name) > 0xFFFF:
        raise ValueError("keep alive and the client id's length have two bytes each")
    properties = struct.pack("!BI", _SESSION_EXPIRY, 0)
    body = b"\0\x04MQTT" + struct.pack("!BBH", _VERSION, _CLEAN_START, keep_alive_s)
    body += bytes([len(properties)]) + properties + struct.pack("!H", len(name)) + name
    return bytes([_CONNECT]) + _varint(len(body)) + body


def parse_connack(data: bytes) -> Connack | None:
    """The CONNACK that `data` begins with; None while it is not complete. Raises MqttFormatError."""
    if not data:
        return None
    if data[0] != _CONNACK:
        raise MqttFormatError(f"the first packet is of type {data[0] >> 4}, flags {data[0] & 15}: no CONNACK")
    found = _read_varint(data, 1)
    if found is None:
        return None
    length, at = found
    if length > MAX_PACKET_BYTES:
        raise MqttFormatError(f"a CONNACK of {length} bytes")
    if len(data) < at + length:
        return None
    return _connack(data[at : at + length])


def _connack(body: bytes) -> Connack:
    if len(body) < 2:
        raise MqttFormatError("a CONNACK without a reason")
    flags, reason = body[0], body[1]
    if flags:
        raise MqttFormatError("a session is said to go on, or unknown flags are set")
    if len(body) == 2:
        return _old_connack(reason)
    if reason and reason not in REASONS:
        raise MqttFormatError(f"reason {reason:#04x} is none of a CONNACK")
    found = _read_varint(body, 2)
    if found is None or found[1] + found[0] != len(body):
        raise MqttFormatError("the properties do not fill the packet")
    return Connack(reason, _reason_text(body, found[1]))


def _old_connack(code: int) -> Connack:
    if code not in _OLD_REASONS:
        raise MqttFormatError("an answer of another version of MQTT")
    return Connack(_OLD_REASONS[code])


def _reason_text(body: bytes, at: int) -> str:
    """Walk the properties; the reason string, empty when there is none."""
    text = ""
    seen: set[int] = set()
    while at < len(body):
        kind = body[at]
        shape = _PROPERTIES.get(kind)
        if shape is None or (kind in seen and kind != _USER_PROPERTY):
            raise MqttFormatError(f"property {kind:#04x} is unknown here, or given twice")
        seen.add(kind)
        value, at = _property(body, at + 1, shape)
        if kind == _REASON_STRING:
            text = value
    return text


def _property(body: bytes, at: int, shape: int | str) -> tuple[str, int]:
    """The text of a property (of others: empty), and where the next one begins."""
    if isinstance(shape, int):
        if at + shape > len(body):
            raise MqttFormatError("a property is cut off")
        return "", at + shape
    value = b""
    for _ in range(2 if shape == "p" else 1):
        length = int.from_bytes(body[at : at + 2], "big")
        if at + 2 + length > len(body):
            raise MqttFormatError("a property is cut off")
        value, at = body[at + 2 : at + 2 + length], at + 2 + length
        if shape != "b":
            _text(value)
    return ("" if shape == "b" else _text(value)), at


def _text(value: bytes) -> str:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MqttFormatError("a text is not UTF-8") from error
    if "\0" in text:
        raise MqttFormatError("a text holds a NUL")
    return text


def _varint(number: int) -> bytes:
    found = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        found.append(low | 0x80 if number else low)
        if not number:
            return bytes(found)


def _read_varint(data: bytes, at: int) -> tuple[int, int] | None:
    """The number at `at` and where reading goes on; None when the data ends in its middle."""
    number = 0
    for position in range(_MAX_VARINT_BYTES):
        if at + position >= len(data):
            return None
        byte = data[at + position]
        number |= (byte & 0x7F) << 7 * position
        if not byte & 0x80:
            return number, at + position + 1
    raise MqttFormatError("a length of more than four bytes")
