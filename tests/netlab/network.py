"""The cables of a town: boxes, addresses, routes, rules; without anybody who serves anything.

node --+                            +-- internet (1.1.1.1, 8.8.8.8, 9.9.9.9, web, sites)
       +-- gateway == line == isp1 -+
neighbour (NAT)                     +-- isp2 -- edge -- centre
"""

import socket
from contextlib import suppress
from random import Random

from tests.netlab.addresses import ANYCAST, ANYCAST_6, draw_addresses
from tests.netlab.line import Line
from tests.support.lab import Box, Lab
from tests.support.namespaces import run_inside

_HOOKS = {
    "arriving": "filter hook input priority 10",
    "passing": "filter hook forward priority 10",
    "leaving": "filter hook output priority 10",
    "early": "filter hook prerouting priority -50",
    "turned": "nat hook prerouting priority -100",
}
_ARP_HOOKS = {"arriving": "filter hook input priority 0", "leaving": "filter hook output priority 0"}


class Network:
    """All boxes of a town on their cables, as `at` says. The gateway bridges node and neighbour and translates."""

    def __init__(self, seed: int) -> None:
        self.at = draw_addresses(Random(f"town {seed}"))
        self.lab = Lab()
        self._tables = 0
        try:
            self._wire()
        except BaseException:
            self.lab.close()
            raise

    @property
    def beside(self) -> str:
        """The city's own router before the centre."""
        return f"{self.at.centre_net}.1"

    @property
    def routers(self) -> dict[str, Box]:
        return {"gateway": self.gateway, "isp1": self.isp1, "isp2": self.isp2}

    def close(self) -> None:
        """Take everything down."""
        with suppress(AttributeError):
            self.line.stop()
        self.lab.close()

    def _wire(self) -> None:
        at, lab = self.at, self.lab
        self.node, self.neighbour = self._box("node"), self._box("neighbour")
        self.gateway, self.isp1, self.isp2 = (self._box(name, router=True) for name in ("gateway", "isp1", "isp2"))
        self.edge = self._box("edge", router=True)
        line, self.centre_box, self.internet = self._box("line"), self._box("centre"), self._box("internet")
        lab.cable((self.node, "eth0", ""), (self.gateway, "port1", ""))
        lab.cable((self.neighbour, "eth0", f"{at.neighbour}/24"), (self.gateway, "port2", ""))
        self._bridge()
        lab.cable((self.gateway, "wan", f"{at.wan}.2/24 {at.six}:1::2/64"), (line, "near", ""))
        lab.cable((line, "far", ""), (self.isp1, "access", f"{at.wan}.1/24 {at.six}:1::1/64"))
        lab.cable((self.isp1, "core", f"{at.core}.1/24"), (self.isp2, "core", f"{at.core}.2/24"))
        lab.cable((self.isp2, "last", f"{at.handover}.1/24"), (self.edge, "wan", f"{at.handover}.2/24"))
        lab.cable((self.edge, "lan", f"{self.beside}/24"), (self.centre_box, "eth0", f"{at.centre}/24"))
        lab.cable((self.isp1, "out", f"{at.out}.1/24 {at.six}:2::1/64"), (self.internet, "eth0", f"{at.out}.2/24"))
        self.internet.ip("address", "add", f"{at.six}:2::2/64", "dev", "eth0", "nodad")
        for address in (*ANYCAST, at.web):
            self.internet.ip("address", "add", f"{address}/32", "dev", "lo")
        for address in ANYCAST_6:
            self.internet.ip("address", "add", f"{address}/128", "dev", "lo", "nodad")
        self.isp1.ip("address", "add", f"{at.resolver}/32", "dev", "lo")
        self._route()
        self.node.sysctl("net.ipv4.ping_group_range", "0 2147483647")
        self.restore_node()
        self.line = Line(line, ((self.gateway, "wan"), (self.isp1, "access")))

    def _box(self, name: str, *, router: bool = False) -> Box:
        box = self.lab.box(name, router=router)
        # Nobody waits a second to learn that its own address is unique.
        box.sysctl("net.ipv6.conf.default.dad_transmits", "0")
        return box

    def _bridge(self) -> None:
        box = self.gateway
        box.ip("link", "add", "lan", "type", "bridge")
        for port in ("port1", "port2"):
            box.ip("link", "set", port, "master", "lan")
        box.ip("address", "add", f"{self.at.gateway}/24", "dev", "lan")
        box.ip("address", "add", f"{self.at.six}:a::1/64", "dev", "lan", "nodad")
        box.ip("link", "set", "lan", "up")

    def _route(self) -> None:
        at = self.at
        for box in (self.gateway, self.isp1):
            box.sysctl("net.ipv6.conf.all.forwarding", "1")
        self.route_gateway()
        self.gateway.run("nft", "-f", "-", text="table ip nat {\n chain out {\n  type nat hook postrouting priority "
                         "100\n  oifname \"wan\" masquerade\n }\n}\n")  # fmt: skip
        self.neighbour.ip("route", "replace", "default", "via", at.gateway)
        self.route_centre()
        self.route_internet()
        self.isp1.ip("-6", "route", "replace", f"{at.six}:a::/64", "via", f"{at.six}:1::2")
        self.isp1.ip("-6", "route", "replace", "default", "via", f"{at.six}:2::2")
        self.internet.ip("-6", "route", "replace", "default", "via", f"{at.six}:2::1")
        self.isp2.ip("route", "replace", "default", "via", f"{at.core}.1")
        self.edge.ip("route", "replace", "default", "via", f"{at.handover}.1")
        self.centre_box.ip("route", "replace", "default", "via", f"{at.centre_net}.1")
        self.internet.ip("route", "replace", "default", "via", f"{at.out}.1")

    def route_gateway(self) -> None:
        """The gateway's way out."""
        self.gateway.ip("route", "replace", "default", "via", f"{self.at.wan}.1")
        self.gateway.ip("-6", "route", "replace", "default", "via", f"{self.at.six}:1::1")

    def route_centre(self) -> None:
        """The provider's way to the centre."""
        self.isp1.ip("route", "replace", f"{self.at.centre_net}.0/24", "via", f"{self.at.core}.2")
        self.isp2.ip("route", "replace", f"{self.at.centre_net}.0/24", "via", f"{self.at.handover}.2")

    def route_internet(self) -> None:
        """The provider's way to everywhere else."""
        self.isp1.ip("route", "replace", "default", "via", f"{self.at.out}.2")

    def restore_node(self) -> None:
        """The node's interface, addresses and routes as they should be, whatever became of them."""
        at, node = self.at, self.node
        node.ip("address", "flush", "dev", "eth0", "scope", "global")
        node.ip("address", "flush", "dev", "eth0", "scope", "link", "to", "169.254.0.0/16")
        node.ip("link", "set", "eth0", "up", "mtu", "1500")
        node.ip("address", "replace", f"{at.node}/24", "dev", "eth0")
        node.ip("address", "replace", f"{at.six}:a::{at.node.rpartition('.')[2]}/64", "dev", "eth0", "nodad")
        node.ip("route", "flush", "default")
        node.ip("route", "replace", "default", "via", at.gateway)
        node.ip("-6", "route", "replace", "default", "via", f"{at.six}:a::1")

    def rules(self, box: Box, *rules: str, family: str = "inet") -> str:
        """Add rules to a table of its own; each begins with arriving, passing, leaving, early or (for nat) turned.
        Returns the table's name for `lift`."""
        self._tables += 1
        name = f"fault{self._tables}"
        hooks = _ARP_HOOKS if family == "arp" else _HOOKS
        used = dict.fromkeys(rule.split(" ", 1)[0] for rule in rules)
        lines = [f"add table {family} {name}"]
        lines += [f"add chain {family} {name} {hook} {{ type {hooks[hook]}; }}" for hook in used]
        lines += [f"add rule {family} {name} {rule}" for rule in rules]
        box.run("nft", "-f", "-", text="\n".join(lines) + "\n")
        return f"{family} {name}"

    def lift(self, box: Box, table: str) -> None:
        """Take the rules of one `rules` away."""
        box.run("nft", "delete", "table", *table.split())

    def fill_connections(self, count: int) -> None:
        """Let the neighbour open this many flows to the internet, which routers remember for half a minute."""

        def send() -> None:
            for _ in range(count):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flow:
                    flow.sendto(b"x", (self.at.web, 9))

        run_inside(self.neighbour, send)

    def refresh(self) -> None:
        """Forget what neighbours, paths and connections were learnt while something was broken."""
        for box in (
            self.node,
            self.neighbour,
            self.gateway,
            self.isp1,
            self.isp2,
            self.edge,
            self.centre_box,
            self.internet,
        ):
            box.ip("neigh", "flush", "all")
            box.ip("route", "flush", "cache")
            box.ip("-6", "route", "flush", "cache")
        for box in (self.node, self.centre_box, self.internet):
            with suppress(AssertionError):
                box.ip("tcp_metrics", "flush", "all")
