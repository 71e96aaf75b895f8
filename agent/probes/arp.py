"""ARP by hand: who owns an address on this cable, and does anybody else claim ours? Needs CAP_NET_RAW.

A probe for our own address names no sender address (RFC 5227 section 1.1), so that nobody's ARP cache is changed.
Three probes are sent within a second rather than three with one to two seconds between them: the address is in use
already, and this is a check, not the claim of a new one.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable, Collection

from wire.shape import Struct

PROBES = 3
"""PROBE_NUM of RFC 5227: one packet can be lost."""
PROBE_GAP_S = 0.15
ANSWER_WAIT_S = 0.25
"""After the last probe. An answer on a cable takes a millisecond; a Wi-Fi station that sleeps wakes for the beacon's
broadcasts, each 0.1 s."""
_ETH_P_ARP = 0x0806
_FRAME = struct.Struct("!6s6sHHHBBH6s4s6s4s")
_ETHERNET, _IPV4 = 1, 0x0800
_REQUEST, _REPLY = 1, 2
_BROADCAST, _NOBODY = b"\xff" * 6, bytes(6)
_RECEIVE_BYTES = 128
_PER_WAKEUP = 32


class Arp(Struct, frozen=True):
    """One ARP message of Ethernet and IPv4: who says so (`mac`, `address`), and about whom it is."""

    reply: bool
    mac: str
    address: str
    about: str


def build_request(mac: bytes, sender: str, about: str) -> bytes:
    """A broadcast Ethernet frame: who has `about`? `sender` is `0.0.0.0` in a probe."""
    one, other = socket.inet_aton(sender), socket.inet_aton(about)
    return _FRAME.pack(
        _BROADCAST, mac, _ETH_P_ARP, _ETHERNET, _IPV4, 6, 4, _REQUEST, mac, one, _NOBODY, other
    )  # fmt: skip


def parse(frame: bytes) -> Arp | None:
    """The ARP message in an Ethernet frame; None for anything else."""
    if len(frame) < _FRAME.size:
        return None
    _, _, kind, hardware, protocol, mac_bytes, address_bytes, operation, mac, sender, _, about = _FRAME.unpack_from(
        frame
    )
    if (kind, hardware, protocol, mac_bytes, address_bytes) != (_ETH_P_ARP, _ETHERNET, _IPV4, 6, 4):
        return None
    if operation not in (_REQUEST, _REPLY):
        return None
    return Arp(operation == _REPLY, mac.hex(":"), socket.inet_ntoa(sender), socket.inet_ntoa(about))


async def foreign_owner(interface: str, mac: str, address: str, own: Collection[str]) -> str:
    """The MAC of another machine that uses our `address` on that cable; empty when none shows itself within 0.6 s.

    `own`: all MACs of this box, since a box with two interfaces on one network answers itself. Raises OSError;
    PermissionError without CAP_NET_RAW.
    """
    request = build_request(bytes.fromhex(mac.replace(":", "")), "0.0.0.0", address)
    return await _ask(interface, request, lambda heard: heard.mac if _claims(heard, address, own) else "")


async def owner(interface: str, mac: str, sender: str, address: str) -> str:
    """The MAC that answers for `address`; empty when nobody does within 0.6 s. Raises as `foreign_owner` does."""
    request = build_request(bytes.fromhex(mac.replace(":", "")), sender, address)
    return await _ask(interface, request, lambda heard: heard.mac if heard.reply and heard.address == address else "")


def _claims(heard: Arp, address: str, own: Collection[str]) -> bool:
    """Any message sent as our address counts, requests too (RFC 5227 section 2.1.1). Another machine's probe for it
    does not: that one only asks, and will leave the address alone."""
    return heard.address == address and heard.mac not in own


async def _ask(interface: str, request: bytes, judge: Callable[[Arp], str]) -> str:
    """Send the request up to three times; the first non-empty judgement of what is heard, else empty."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()
    # the protocol comes with bind: until then the socket would hear every cable's ARP
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0) as sock:
        sock.bind((interface, _ETH_P_ARP))
        loop.add_reader(sock, _hear, sock, judge, answer)
        try:
            for number in range(PROBES):
                sock.send(request)
                last = number == PROBES - 1
                with contextlib.suppress(TimeoutError):
                    return await asyncio.wait_for(asyncio.shield(answer), ANSWER_WAIT_S if last else PROBE_GAP_S)
        finally:
            loop.remove_reader(sock)
            answer.cancel()
    return ""


def _hear(sock: socket.socket, judge: Callable[[Arp], str], answer: "asyncio.Future[str]") -> None:
    for _ in range(_PER_WAKEUP):
        try:
            frame = sock.recv(_RECEIVE_BYTES)
        except OSError:  # nothing more, or the interface went down
            return
        heard = parse(frame)
        if heard is not None and (found := judge(heard)) and not answer.done():
            answer.set_result(found)
