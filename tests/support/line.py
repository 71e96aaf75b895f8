"""The way that most faults of a path are tried on: a node, its gateway, a router of the ISP, and a far host."""

from dataclasses import dataclass

from tests.support.lab import Box, Lab

GATEWAY, ISP, FAR = "10.9.0.1", "10.9.1.2", "10.9.2.2"
FAR6 = "2001:db8:2::2"


@dataclass(frozen=True, slots=True)
class Line:
    """eth0 - lan, wan - west, east - eth0; `10.9.0/24`, `10.9.1/24`, `10.9.2/24`, and `2001:db8:N::/64` beside them."""

    node: Box
    gateway: Box
    isp: Box
    far: Box

    @property
    def boxes(self) -> tuple[Box, ...]:
        return (self.node, self.gateway, self.isp, self.far)


def build_line(lab: Lab) -> Line:
    """The line, whole. Everybody may ping, as on a Raspberry Pi that Sandi was installed on."""
    line = Line(lab.box("node"), lab.box("gw", router=True), lab.box("isp", router=True), lab.box("far"))
    lab.cable((line.node, "eth0", "10.9.0.2/24 2001:db8::2/64"), (line.gateway, "lan", "10.9.0.1/24 2001:db8::1/64"))
    lab.cable((line.gateway, "wan", "10.9.1.1/24 2001:db8:1::1/64"), (line.isp, "west", "10.9.1.2/24 2001:db8:1::2/64"))
    lab.cable((line.isp, "east", "10.9.2.1/24 2001:db8:2::1/64"), (line.far, "eth0", "10.9.2.2/24 2001:db8:2::2/64"))
    for box in line.boxes:
        box.sysctl("net.ipv4.ping_group_range", "0 2147483647")
    for router in (line.gateway, line.isp):
        router.sysctl("net.ipv6.conf.all.forwarding", "1")
    for box, four, six in (
        (line.node, "10.9.0.1", "2001:db8::1"),
        (line.gateway, "10.9.1.2", "2001:db8:1::2"),
        (line.far, "10.9.2.1", "2001:db8:2::1"),
    ):
        box.ip("route", "add", "default", "via", four)
        box.ip("-6", "route", "add", "default", "via", six)
    line.isp.ip("route", "add", "10.9.0.0/24", "via", "10.9.1.1")
    line.isp.ip("-6", "route", "add", "2001:db8::/64", "via", "2001:db8:1::1")
    return line
