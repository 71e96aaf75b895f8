"""The laboratory: a node behind its gateway, the provider's line and routers, the centre, and the internet beside it.

    node --+                            +-- internet (1.1.1.1, 8.8.8.8, 9.9.9.9, web, sites)
           +-- gateway == line == isp1 -+
    neighbour (NAT)                     +-- isp2 -- edge -- centre (mosquitto, SNTP)

Addresses are drawn from the seed. The gateway bridges node and neighbour, translates addresses, and forwards names to
the provider's resolver at isp1. IPv6 works from the node to the internet. Nothing of this machine's own network is
touched, and all of it is gone after `close`.
"""

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.netlab import web
from tests.netlab.centre import NAME, PORT, Centre
from tests.netlab.credentials import Pair, issue, stranger
from tests.netlab.line import Line
from tests.netlab.loop import ServerLoop
from tests.netlab.names import Forwarder, NameServer, TimeServer
from tests.support.lab import Box, Lab
from tests.support.namespaces import run_inside

ANYCAST = ("1.1.1.1", "8.8.8.8", "9.9.9.9")
ANYCAST_6 = ("2606:4700:4700::1111", "2001:4860:4860::8888", "2620:fe::fe")
CHECK_HOSTS = (
    "connectivitycheck.gstatic.com", "connectivitycheck.android.com", "clients3.google.com", "www.gstatic.com",
    "www.google.com", "detectportal.firefox.com", "www.msftconnecttest.com", "www.msftncsi.com", "captive.apple.com",
    "www.apple.com", "nmcheck.gnome.org", "network-test.debian.org", "conncheck.opensuse.org", "example.com",
    "neverssl.com", "cp.cloudflare.com",
)  # fmt: skip
"""Who answers connectivity checks in the world; here they are all the same web server."""
TIME_HOSTS = ("pool.ntp.org", "id.pool.ntp.org", *(f"{number}.id.pool.ntp.org" for number in range(4)))
SITE = "dinas-contoh.serangkota.test"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Who is where, drawn from the seed; host parts are by convention of each network."""

    lan: str
    gateway: str
    node: str
    neighbour: str
    wan: str
    core: str
    handover: str
    centre_net: str
    centre: str
    out: str
    web: str
    resolver: str
    six: str


def draw_addresses(random: Random) -> Addresses:
    """A town's addresses: a private network at the site, carrier addresses outside, public ones beyond."""
    lan = random.choice(
        (f"192.168.{random.randrange(0, 250)}", f"10.{random.randrange(1, 250)}.{random.randrange(0, 250)}",
         f"172.{random.randrange(16, 32)}.{random.randrange(0, 250)}")
    )  # fmt: skip
    node, neighbour = random.sample(range(10, 200), 2)
    second = random.sample(range(64, 128), 2)
    third = random.sample(range(1, 250), 3)
    centre_net = f"103.{random.randrange(10, 250)}.{third[0]}"
    return Addresses(
        lan=lan,
        gateway=f"{lan}.{random.choice((1, 254))}",
        node=f"{lan}.{node}",
        neighbour=f"{lan}.{neighbour}",
        wan=f"100.{second[0]}.{third[1]}",
        core=f"100.{second[1]}.{third[2]}",
        handover=f"100.{second[1]}.{third[0]}",
        centre_net=centre_net,
        centre=f"{centre_net}.{random.randrange(5, 250)}",
        out=f"36.{random.randrange(64, 96)}.{third[1]}",
        web=f"45.{random.randrange(64, 128)}.{third[2]}.{random.randrange(5, 250)}",
        resolver=f"118.{random.randrange(96, 99)}.{third[0]}.{random.randrange(5, 250)}",
        six=f"2404:c0:{random.randrange(1, 0xFFFF):x}",
    )


class Town:
    """Everything at once. `seed` decides the addresses; `named` lets the node know its centre by name only."""

    def __init__(self, folder: Path, seed: int = 0, *, named: bool = False) -> None:
        self.folder = folder
        self.seed = seed
        self.named = named
        self.at = draw_addresses(Random(f"town {seed}"))
        self.lab = Lab()
        self.loop = ServerLoop()
        self._tables = 0
        try:
            self._wire()
            self._serve()
        except BaseException:
            self.close()
            raise

    @property
    def center_host(self) -> str:
        """What the node's configuration calls the centre."""
        return NAME if self.named else self.at.centre

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
        with suppress(AttributeError):
            self.centre.stop()
        self.loop.close()
        self.lab.close()

    # -- building ------------------------------------------------------------------------------------------------

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

    def _serve(self) -> None:
        at = self.at
        zone = {
            NAME: [at.centre],
            SITE: [at.web],
            **{host: [at.web] for host in CHECK_HOSTS},
            **{host: [at.centre] for host in TIME_HOSTS},
        }
        self.resolver = NameServer(self.loop, self.isp1, zone, at.resolver)
        self.world_names = NameServer(self.loop, self.internet, zone, *ANYCAST)
        self.forwarder = Forwarder(self.loop, self.gateway, at.gateway, at.resolver)
        # Lies for whoever is sent here by a rule of the gateway.
        self.liar = NameServer(self.loop, self.gateway, zone, at.gateway, port=5353)
        self.clock = TimeServer(self.loop, self.centre_box)
        self.authority = stranger()
        self.site_ca = self.folder / "sites-ca.crt"
        from cryptography.hazmat.primitives.serialization import Encoding

        self.site_ca.write_bytes(self.authority.certificate.public_bytes(Encoding.PEM))
        self.sites = web.Sites(self.loop, self.internet, self.site_context())
        self.good_site = self.sites.certificate
        web.serve(self.loop, self.internet, 80, web.checks_page)
        web.serve(self.loop, self.gateway, 8088, lambda _host, _path: self.portal_page())
        self.centre = Centre(self.folder, self.centre_box, at.centre, self.loop)
        self.resolv_conf = self.folder / "resolv.conf"
        self.resolv_conf.write_text(f"nameserver {at.gateway}\nnameserver {at.resolver}\n")

    def site_context(self, *, names: tuple[str, ...] = (), **dates: float) -> ssl.SSLContext:
        """The sites' TLS, with these names and dates."""
        made: Pair = issue(self.authority, self.folder / "site", names or (SITE, *CHECK_HOSTS, *ANYCAST), **dates)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made.certificate, made.key)
        return context

    def portal_page(self) -> web.Page:
        """What a hotspot shows to everybody who has not paid."""
        return web.Page(302, "<html>Silakan masuk</html>", location=f"http://{self.at.gateway}:8088/login?next=1")

    # -- faults --------------------------------------------------------------------------------------------------

    def rules(self, box: Box, *rules: str, family: str = "inet") -> str:
        """Add rules to a table of its own; each begins with arriving, passing, leaving, early or (for nat) turned.
        Returns the table's name for `lift`."""
        self._tables += 1
        name = f"fault{self._tables}"
        hooks = {
            "arriving": "filter hook input priority 10",
            "passing": "filter hook forward priority 10",
            "leaving": "filter hook output priority 10",
            "early": "filter hook prerouting priority -50",
            "turned": "nat hook prerouting priority -100",
        }
        if family == "arp":
            hooks = {"arriving": "filter hook input priority 0", "leaving": "filter hook output priority 0"}
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

    @property
    def broker_port(self) -> int:
        return PORT
