"""DNS messages, built and parsed by hand: strict, bounded, and no library in memory for it.

Layouts: RFC 1035 section 4, RFC 3596 (AAAA). `parse` either returns a message or raises DnsFormatError, whatever the
bytes: every length is checked, a compression pointer may only point backwards (so there are no loops), names have at
most 255 octets, and at most `MAX_RECORDS` records are read of what the counters promise.
"""

import socket
import struct

from wire.shape import Struct

TYPES: dict[str, int] = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "AAAA": 28}
_NAMES = {number: name for name, number in TYPES.items()}
RCODES: dict[int, str] = {0: "noerror", 1: "formerr", 2: "servfail", 3: "nxdomain", 4: "notimp", 5: "refused"}
_HEADER = struct.Struct("!HHHHHH")
_QUESTION = struct.Struct("!HH")
_RECORD = struct.Struct("!HHIH")
_QR, _TC, _RD, _RA = 0x8000, 0x0200, 0x0100, 0x0080
_CLASS_IN = 1
_POINTER = 0xC0
MAX_NAME_BYTES = 255
MAX_LABEL_BYTES = 63
MAX_RECORDS = 64
"""An answer for one name has a handful; a hostile counter of 65,535 is not worth the time."""


class DnsFormatError(Exception):
    """These bytes are no DNS message, or a name cannot be written as one. The text says which rule is broken."""


class Question(Struct, frozen=True):
    """What was asked: a name in lower case without the last dot (the root is ""), and a type's number."""

    name: str
    kind: int


class Answer(Struct, frozen=True):
    """One record of the answer section; `text` is an address or a name, or empty for types this probe never asks."""

    name: str
    kind: int
    ttl_s: int
    text: str


class Message(Struct, frozen=True):
    """A parsed message: header, questions, answers. Authority and additional records are left unread."""

    id: int
    is_response: bool
    truncated: bool
    recursion_available: bool
    rcode: int
    questions: tuple[Question, ...]
    answers: tuple[Answer, ...]


def build_query(message_id: int, name: str, kind: int) -> bytes:
    """A recursive query for one name. Raises DnsFormatError when the name cannot be one."""
    return _HEADER.pack(message_id, _RD, 1, 0, 0, 0) + encode_name(name) + _QUESTION.pack(kind, _CLASS_IN)


def encode_name(name: str) -> bytes:
    """Labels with their lengths, ended by the root: "a.id" -> 1 a 2 i d 0."""
    try:
        labels = [label.encode("ascii") for label in name.rstrip(".").split(".")] if name.rstrip(".") else []
    except UnicodeEncodeError as error:
        raise DnsFormatError("a name is not ASCII: write it in its xn-- form") from error
    if any(not 0 < len(label) <= MAX_LABEL_BYTES for label in labels):
        raise DnsFormatError("a label has 1 to 63 characters")
    encoded = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    if len(encoded) > MAX_NAME_BYTES:
        raise DnsFormatError("a name is longer than 255 octets")
    return encoded


def parse(data: bytes) -> Message:
    """The message in `data`. A truncated one (TC) may end early, as it says itself. Raises DnsFormatError."""
    if len(data) < _HEADER.size:
        raise DnsFormatError("shorter than a header")
    message_id, flags, questions, answers, _, _ = _HEADER.unpack_from(data)
    truncated = bool(flags & _TC)
    asked, at = _questions(data, _HEADER.size, questions)
    return Message(
        id=message_id,
        is_response=bool(flags & _QR),
        truncated=truncated,
        recursion_available=bool(flags & _RA),
        rcode=flags & 0x0F,
        questions=asked,
        answers=() if truncated else _answers(data, at, answers),
    )


def _questions(data: bytes, at: int, count: int) -> tuple[tuple[Question, ...], int]:
    found = []
    for _ in range(_bounded(count)):
        name, at = _name(data, at)
        kind, _class = _unpack(_QUESTION, data, at)
        found.append(Question(name, kind))
        at += _QUESTION.size
    return tuple(found), at


def _answers(data: bytes, at: int, count: int) -> tuple[Answer, ...]:
    found = []
    for _ in range(_bounded(count)):
        name, at = _name(data, at)
        kind, _class, ttl_s, length = _unpack(_RECORD, data, at)
        at += _RECORD.size
        if at + length > len(data):
            raise DnsFormatError("a record is longer than the message")
        found.append(Answer(name, kind, ttl_s, _content(data, at, length, kind)))
        at += length
    return tuple(found)


def _content(data: bytes, at: int, length: int, kind: int) -> str:
    shape = _NAMES.get(kind)
    if shape in ("A", "AAAA"):
        family, size = (socket.AF_INET, 4) if shape == "A" else (socket.AF_INET6, 16)
        if length != size:
            raise DnsFormatError(f"an {shape} record of {length} octets")
        return socket.inet_ntop(family, data[at : at + length])
    if shape in ("CNAME", "NS"):
        name, end = _name(data, at)
        if end != at + length:
            raise DnsFormatError("a name does not fill its record")
        return name
    return ""


def _name(data: bytes, at: int) -> tuple[str, int]:
    """The name at `at`, and where reading goes on. Each pointer must lead before everything read of this name."""
    labels: list[str] = []
    end: int | None = None
    lowest, size = at, 1
    while True:
        if at >= len(data):
            raise DnsFormatError("a name runs over the end")
        length = data[at]
        if length & _POINTER == _POINTER:
            if at + 1 >= len(data):
                raise DnsFormatError("a pointer is cut off")
            end = at + 2 if end is None else end
            at = (length & ~_POINTER) << 8 | data[at + 1]
            if at >= lowest:
                raise DnsFormatError("a pointer does not lead backwards")
            lowest = at
            continue
        if length & _POINTER:
            raise DnsFormatError("a label of an unknown kind")
        at += 1
        if length == 0:
            return ".".join(labels), at if end is None else end
        size += length + 1
        if size > MAX_NAME_BYTES or at + length > len(data):
            raise DnsFormatError("a name is too long")
        labels.append(data[at : at + length].decode("ascii", errors="backslashreplace").lower())
        at += length


def _unpack(shape: struct.Struct, data: bytes, at: int) -> tuple[int, ...]:
    if at + shape.size > len(data):
        raise DnsFormatError("the message ends in the middle of a record")
    return shape.unpack_from(data, at)


def _bounded(count: int) -> int:
    if count > MAX_RECORDS:
        raise DnsFormatError(f"{count} records in one section")
    return count
