"""One measurement of the path's MTU, put together from pings and TCP, and judged. See `mtu` for the rules."""

import asyncio
import contextlib
import socket
from pathlib import Path

from agent.core.mtu import LARGEST
from agent.core.observation import Reason, Scalar
from agent.probes import mtutcp, netlink, procfs
from agent.probes.errors import ProbeError
from agent.probes.mtusearch import Found, Search
from agent.probes.mtutcp import Segments
from agent.probes.pinger import Pinger
from agent.probes.sockets import address_towards

TCP_TIMEOUT_S = 1.5
_NOT_ASKED = Segments("unknown")
_TIMESTAMPS_BYTES = 12  # the TCP option (RFC 7323) that most segments carry; an MSS counts without it


class Run:
    """One measurement at one address; `port` is where TCP and TLS are spoken there, 0 when that is not known."""

    def __init__(self, address: str, port: int, timeout_s: float, normal_mtu: int, root: Path) -> None:
        self._address = address
        self._port = port
        self._timeout_s = timeout_s
        own = _interface_mtu(address, root)
        self._interface_mtu = own
        self._full = min(own or LARGEST, LARGEST)
        self._normal = min(normal_mtu, self._full)
        self._headers = 60 if ":" in address else 40  # IP and TCP

    async def run(self) -> tuple[Reason, dict[str, Scalar]]:
        """Why the path is not as it should be (none: it is), and the detail."""
        pinger = Pinger(whole=True)
        tcp, found = _NOT_ASKED, Found()
        try:
            search = Search(self._address, pinger, self._timeout_s)
            found = search.found
            if not await search.full_size(self._full):
                _, tcp = await asyncio.gather(search.plateaus(self._full), self._tcp())
            elif found.mute:
                tcp = await self._tcp()
        except ProbeError:  # this process may not ping
            tcp = await self._tcp()
        finally:
            pinger.close()
        reason = self._judge(found, tcp)
        return reason, self._detail(found, tcp)

    async def _tcp(self) -> Segments:
        return await mtutcp.compare(self._address, self._port, TCP_TIMEOUT_S) if self._port else _NOT_ASKED

    def _judge(self, found: Found, tcp: Segments) -> Reason:
        if tcp.outcome == "hangs":
            return Reason.MTU_BLACK_HOLE
        if found.mute:
            return Reason.NONE if tcp.outcome == "passes" else Reason.NO_REPLY
        if found.mtu >= self._normal:
            return Reason.NONE
        if not found.proven:
            return Reason.NO_REPLY  # loss, or too few answers to tell
        if found.explained:
            return Reason.MTU_REDUCED
        if tcp.outcome == "passes":
            if tcp.mss + _TIMESTAMPS_BYTES + self._headers <= found.mtu:
                return Reason.MTU_REDUCED  # somebody makes TCP's segments fit: what is smaller works
            if tcp.heard_mss + self._headers > found.mtu:
                return Reason.NONE  # large ones went up and came down: the host merely drops large pings
        return Reason.MTU_BLACK_HOLE

    def _detail(self, found: Found, tcp: Segments) -> dict[str, Scalar]:
        detail: dict[str, Scalar] = {"by": "icmp"}
        if self._interface_mtu:
            detail["interface_mtu"] = self._interface_mtu
        if found.mtu and not found.mute:
            detail["mtu"] = found.mtu
        if found.reporter:
            detail["reporter"] = found.reporter
        if tcp.outcome != "unknown":
            detail["tcp"] = tcp.outcome
            if found.mute or not found.proven:
                detail["by"] = "tcp"
        if tcp.mss:
            detail["mss"] = tcp.mss
            if found.mute:
                detail["mtu"] = min(tcp.mss + _TIMESTAMPS_BYTES + self._headers, self._full)
        return detail


def _interface_mtu(address: str, root: Path) -> int | None:
    """The MTU of the interface that packets to `address` leave by; None when that is not known."""
    own = address_towards(address)
    with contextlib.suppress(OSError, netlink.NetlinkError):
        for item in netlink.addresses():
            if item.text == own:
                return procfs.mtu(socket.if_indextoname(item.interface_index), root)
    return None
