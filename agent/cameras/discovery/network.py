"""WS-Discovery on every interface of this box: a question to the group, answers until the time is over.

Each interface is asked through a socket of its own, because a multicast leaves through one interface only. What one
interface refuses does not keep the others from being asked.
"""

import fcntl
import selectors
import socket
import struct
import time
from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid4

from agent.cameras.discovery.probe import KINDS, MOST_ANSWER_BYTES, AnswerError, Match, address_of, matches, question
from wire.shape import Struct

GROUP: Final = "239.255.255.250"
PORT: Final = 3702
_ASKED_TIMES: Final = 2
_APART_S: Final = 0.3
"""UDP loses; WS-Discovery repeats a multicast once after 50..250 ms (appendix I), and old cameras are slow to wake."""
_MOST_DATAGRAMS: Final = 5_000
_MOST_DEVICES: Final = 256
_SIOCGIFFLAGS: Final = 0x8913  # linux/sockios.h
_SIOCGIFADDR: Final = 0x8915
_UP, _LOOPBACK, _MULTICAST = 0x1, 0x8, 0x1000  # linux/if.h


class Interface(Struct, frozen=True):
    """A way out of this box that can carry a multicast."""

    name: str
    address: str


class NetworkCamera(Struct, frozen=True):
    """A device that answered. `address` is its device service; `seen_on` the interface it was heard on."""

    host: str
    address: str
    seen_on: str
    name: str
    hardware: str
    location: str
    ident: str


class Heard(Struct, frozen=True):
    """What came of asking: devices by address, and what each silent interface said instead of carrying the question."""

    cameras: tuple[NetworkCamera, ...]
    interfaces: tuple[Interface, ...]
    problems: tuple[tuple[str, str], ...]
    nonsense: int = 0
    """Datagrams that were no answers."""


def interfaces() -> list[Interface]:
    """All that are up and carry multicasts, with their first IPv4 address; without the loopback."""
    found: list[Interface] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode()[:15])
            try:
                flags = struct.unpack_from("H", fcntl.ioctl(probe, _SIOCGIFFLAGS, request), 16)[0]
                address = socket.inet_ntoa(fcntl.ioctl(probe, _SIOCGIFADDR, request)[20:24])
            except OSError:  # gone meanwhile, or without an IPv4 address
                continue
            if flags & _UP and flags & _MULTICAST and not flags & _LOOPBACK:
                found.append(Interface(name, address))
    return found


def look(ways: Sequence[Interface], wait_s: float, port: int = PORT) -> Heard:
    """Ask on all of `ways` and listen for `wait_s`."""
    search = _Search(ways, port)
    try:
        return search.run(wait_s)
    finally:
        search.close()


class _Search:
    def __init__(self, ways: Sequence[Interface], port: int) -> None:
        self._port = port
        self._ways = tuple(ways)
        self._asked: list[UUID] = []
        self._problems: dict[str, str] = {}
        self._sockets: list[tuple[Interface, socket.socket]] = []
        self._selector = selectors.DefaultSelector()
        self._found: dict[str, NetworkCamera] = {}
        self._datagrams = 0
        self._nonsense = 0
        for way in ways:
            try:
                opened = _socket(way)
            except OSError as error:
                self._problems[way.name] = error.strerror or str(error)
                continue
            self._sockets.append((way, opened))
            self._selector.register(opened, selectors.EVENT_READ, way)

    def run(self, wait_s: float) -> Heard:
        end_s = time.monotonic() + wait_s
        for number in range(_ASKED_TIMES):
            self._ask()
            last = number == _ASKED_TIMES - 1
            self._listen(end_s if last else min(end_s, time.monotonic() + _APART_S))
        cameras = sorted(self._found.values(), key=lambda camera: socket.inet_aton(camera.host))
        return Heard(tuple(cameras), self._ways, tuple(sorted(self._problems.items())), self._nonsense)

    def close(self) -> None:
        self._selector.close()
        for _, opened in self._sockets:
            opened.close()

    def _ask(self) -> None:
        for kind in KINDS:
            ident = uuid4()
            self._asked.append(ident)
            for way, opened in self._sockets:
                try:
                    opened.sendto(question(ident, kind), (GROUP, self._port))
                except OSError as error:
                    self._problems[way.name] = error.strerror or str(error)

    def _listen(self, until_s: float) -> None:
        while (left_s := until_s - time.monotonic()) > 0 and self._datagrams < _MOST_DATAGRAMS:
            for key, _ in self._selector.select(left_s):
                self._take(key.fileobj, key.data)  # type: ignore[arg-type]

    def _take(self, opened: socket.socket, way: Interface) -> None:
        try:
            datagram, (source, _) = opened.recvfrom(MOST_ANSWER_BYTES + 1)
        except OSError:  # an ICMP error of an earlier question, or nothing after all
            return
        self._datagrams += 1
        try:
            for match in matches(datagram, self._asked):
                self._note(match, source, way)
        except AnswerError:
            self._nonsense += 1

    def _note(self, match: Match, source: str, way: Interface) -> None:
        """One device once: by what it calls itself and where it answered, however often and wherever it is heard."""
        key = f"{match.ident} {source}"
        if key in self._found or len(self._found) >= _MOST_DEVICES:
            return
        self._found[key] = NetworkCamera(
            source, address_of(match, source), way.name, match.name, match.hardware, match.location, match.ident
        )


def _socket(way: Interface) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        made.setblocking(False)
        made.bind((way.address, 0))
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(way.address))
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
    except OSError:
        made.close()
        raise
    return made
