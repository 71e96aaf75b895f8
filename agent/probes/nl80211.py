"""Wi-Fi as the kernel knows it: three questions over generic netlink, and a strict reader of the answers.

Which number the family `nl80211` has here, which interfaces there are, and to which access point one of them is
joined. Message layouts: linux/netlink.h, linux/genetlink.h, linux/nl80211.h (native byte order, attributes padded to
4 bytes, the two highest bits of an attribute's type are flags).
"""

import errno
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_GENERIC = struct.Struct("=BBH")  # command, version, reserved
_ATTRIBUTE = struct.Struct("=HH")  # length, type
_NETLINK_GENERIC = 16
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_NLM_F_REQUEST, _NLM_F_DUMP = 0x01, 0x300
_TYPE_MASK = 0x3FFF  # without NLA_F_NESTED and NLA_F_NET_BYTEORDER
_GENL_ID_CTRL, _CTRL_CMD_NEWFAMILY, _CTRL_CMD_GETFAMILY = 0x10, 1, 3
_CTRL_ATTR_FAMILY_ID, _CTRL_ATTR_FAMILY_NAME = 1, 2
_GET_INTERFACE, _NEW_INTERFACE, _GET_STATION, _NEW_STATION = 5, 7, 17, 19
_ATTR_IFINDEX, _ATTR_IFNAME, _ATTR_IFTYPE, _ATTR_MAC, _ATTR_STA_INFO, _ATTR_WIPHY_FREQ = 3, 4, 5, 6, 21, 38
_IFTYPE_STATION = 2
_STA_SIGNAL, _STA_TX_BITRATE, _STA_SIGNAL_AVG, _STA_CONNECTED_TIME = 7, 8, 13, 16
_RATE_BITRATE, _RATE_BITRATE32 = 1, 5  # both in 100 kbit/s
_RECEIVE_BYTES = 65_536
_MAX_DUMP_BYTES = 1 << 20
"""A box has one or two radios; an access point with thousands of clients, which this is not, ends here."""


class Nl80211Error(Exception):
    """The kernel refused or its answer could not be understood. `errno` is the kernel's, 0 when there was none."""

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.errno = code

    @property
    def absent(self) -> bool:
        """This kernel has no nl80211: there is no Wi-Fi driver loaded."""
        return self.errno == errno.ENOENT


@dataclass(frozen=True, slots=True)
class Radio:
    """One interface. `station`: it joins networks of others (not an access point, not a monitor)."""

    index: int
    name: str
    station: bool
    frequency_mhz: int | None


@dataclass(frozen=True, slots=True)
class Station:
    """The access point an interface is joined to. None is what the driver does not say."""

    bssid: str
    signal_dbm: int | None
    bitrate_mbps: float | None
    connected_s: int | None


def look(timeout_s: float = 1.0) -> list[tuple[Radio, Station | None]]:
    """Every interface in station mode, and what it is joined to. Raises Nl80211Error or OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_GENERIC) as sock:
        sock.settimeout(timeout_s)
        name = _attribute(_CTRL_ATTR_FAMILY_NAME, b"nl80211\0")
        (answer,) = _ask(sock, _GENL_ID_CTRL, _CTRL_CMD_GETFAMILY, name, dump=False) or [b""]
        family = parse_family(answer)
        radios = [radio for body in _ask(sock, family, _GET_INTERFACE, b"") if (radio := parse_interface(body))]
        found: list[tuple[Radio, Station | None]] = []
        for radio in radios:
            if radio.station:
                which = _attribute(_ATTR_IFINDEX, struct.pack("=I", radio.index))
                bodies = _ask(sock, family, _GET_STATION, which)
                stations = [station for body in bodies if (station := parse_station(body))]
                found.append((radio, stations[0] if stations else None))
        return found


def parse_family(body: bytes) -> int:
    """The number in the controller's answer. Raises Nl80211Error."""
    command, attributes = _generic(body)
    number = attributes.get(_CTRL_ATTR_FAMILY_ID, b"")
    if command != _CTRL_CMD_NEWFAMILY or len(number) != 2:
        raise Nl80211Error("the controller did not name the family's number")
    return int(struct.unpack("=H", number)[0])


def parse_interface(body: bytes) -> Radio | None:
    """One interface; None for a radio without one. Raises Nl80211Error."""
    command, attributes = _generic(body)
    index, name = _u32(attributes.get(_ATTR_IFINDEX)), attributes.get(_ATTR_IFNAME, b"")
    if command != _NEW_INTERFACE or index is None or not name:
        return None
    text = name.split(b"\0", 1)[0].decode("ascii", "replace")
    frequency = _u32(attributes.get(_ATTR_WIPHY_FREQ))
    return Radio(index, text, _u32(attributes.get(_ATTR_IFTYPE)) == _IFTYPE_STATION, frequency)


def parse_station(body: bytes) -> Station | None:
    """One station; None when the message is another. Raises Nl80211Error."""
    command, attributes = _generic(body)
    mac = attributes.get(_ATTR_MAC, b"")
    if command != _NEW_STATION or len(mac) != 6:
        return None
    info = dict(_attributes(attributes.get(_ATTR_STA_INFO, b"")))
    signal = _s8(info.get(_STA_SIGNAL_AVG))  # the average says more of a moving world than the last frame
    if signal is None:
        signal = _s8(info.get(_STA_SIGNAL))
    rate = dict(_attributes(info.get(_STA_TX_BITRATE, b"")))
    steps = _u32(rate.get(_RATE_BITRATE32)) or _u16(rate.get(_RATE_BITRATE))
    return Station(mac.hex(":"), signal, steps / 10 if steps is not None else None, _u32(info.get(_STA_CONNECTED_TIME)))


def messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(type, sequence, body) of each message in one datagram. Raises Nl80211Error."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, _, sequence, _ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size or at + length > len(data):
            raise Nl80211Error("a message is longer than what came")
        yield kind, sequence, data[at + _HEADER.size : at + length]
        at += (length + 3) & ~3


def _ask(sock: socket.socket, family: int, command: int, attributes: bytes, *, dump: bool = True) -> list[bytes]:
    """The bodies of all answers to one question."""
    sequence = command + 1  # told apart from late answers to the question before
    body = _GENERIC.pack(command, 1, 0) + attributes
    flags = _NLM_F_REQUEST | (_NLM_F_DUMP if dump else 0)
    sock.send(_HEADER.pack(_HEADER.size + len(body), family, flags, sequence, 0) + body)
    found: list[bytes] = []
    received = 0
    while received < _MAX_DUMP_BYTES:
        data = sock.recv(_RECEIVE_BYTES)
        received += len(data)
        for kind, number, content in messages(data):
            if number != sequence:
                continue
            if kind == _NLMSG_DONE:
                return found
            if kind == _NLMSG_ERROR:
                raise refusal(content)
            found.append(content)
            if not dump:
                return found
        if not data:
            break
    raise Nl80211Error("the kernel's answer does not end")


def refusal(content: bytes) -> Nl80211Error:
    """The error in a message of type NLMSG_ERROR."""
    if len(content) < 4:
        return Nl80211Error("the kernel refused without a reason")
    code = -int(struct.unpack_from("=i", content)[0])
    return Nl80211Error(f"the kernel refused: {errno.errorcode.get(code, code)}", code)


def _generic(body: bytes) -> tuple[int, dict[int, bytes]]:
    if len(body) < _GENERIC.size:
        raise Nl80211Error("a message is too short")
    return body[0], dict(_attributes(body[_GENERIC.size :]))


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size or at + length > len(data):
            raise Nl80211Error("an attribute is longer than its message")
        yield kind & _TYPE_MASK, data[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3


def _attribute(kind: int, content: bytes) -> bytes:
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(content), kind) + content + bytes(-len(content) % 4)


def _u32(content: bytes | None) -> int | None:
    return int(struct.unpack("=I", content)[0]) if content is not None and len(content) == 4 else None


def _u16(content: bytes | None) -> int | None:
    return int(struct.unpack("=H", content)[0]) if content is not None and len(content) == 2 else None


def _s8(content: bytes | None) -> int | None:
    return int(struct.unpack("=b", content)[0]) if content is not None and len(content) == 1 else None
