"""Faults of the node's own side: interface, cable, address, route, gateway."""

from tests.netlab import signs
from tests.netlab.fault import Breaking, Expected, codes
from tests.netlab.town import Town


def _cut_off(town: Town) -> bool:
    return signs.ping(town, town.at.centre, 2) == 0


def interface_off(on: Breaking) -> Expected:
    """Somebody said `ip link set eth0 down`."""
    on.undo.callback(on.town.restore_node)
    on.town.node.ip("link", "set", "eth0", "down")
    return Expected(codes("L0"), lambda: _cut_off(on.town))


def cable_out(on: Breaking) -> Expected:
    """The cable is out at the switch."""
    on.undo.callback(on.town.gateway.ip, "link", "set", "port1", "up")
    on.town.gateway.ip("link", "set", "port1", "down")
    return Expected(codes("L1"), lambda: "NO-CARRIER" in on.town.node.run("ip", "link", "show", "eth0"))


def no_address(on: Breaking) -> Expected:
    """DHCP never answered."""
    on.undo.callback(on.town.restore_node)
    on.town.node.ip("address", "flush", "dev", "eth0", "scope", "global")
    return Expected(codes("L2"), lambda: _cut_off(on.town))


def self_given_address(on: Breaking) -> Expected:
    """DHCP did not answer and the box gave itself an address."""
    on.undo.callback(on.town.restore_node)
    on.town.node.ip("address", "flush", "dev", "eth0", "scope", "global")
    address = f"169.254.{on.draw.randrange(1, 255)}.{on.draw.randrange(1, 255)}"
    on.town.node.ip("address", "add", f"{address}/16", "dev", "eth0", "scope", "link")
    return Expected(codes("L2"), lambda: _cut_off(on.town), params={"address": address})


def duplicate_address(on: Breaking) -> Expected:
    """Another machine on the same network was given the node's address by hand."""
    town, address = on.town, f"{on.town.at.node}/24"
    on.undo.callback(town.neighbour.ip, "address", "del", address, "dev", "eth0")
    on.undo.callback(town.refresh)
    town.neighbour.ip("address", "add", address, "dev", "eth0")

    return Expected(codes("L2"), lambda: bool(signs.arp_answers(town, town.at.node)), params={"address": town.at.node})


def no_route(on: Breaking) -> Expected:
    """The default route is gone."""
    on.undo.callback(on.town.restore_node)
    on.town.node.ip("route", "flush", "default")
    on.town.node.ip("-6", "route", "flush", "default")
    return Expected(codes("L3"), lambda: _cut_off(on.town))


def route_refuses(on: Breaking) -> Expected:
    """A default route that leads nowhere."""
    kind = on.draw.choice(("unreachable", "blackhole", "prohibit"))
    on.undo.callback(on.town.restore_node)
    on.undo.callback(on.town.node.ip, "route", "del", kind, "default")
    on.town.node.ip("route", "flush", "default")
    on.town.node.ip("-6", "route", "flush", "default")
    on.town.node.ip("route", "add", kind, "default")
    return Expected(codes("L3"), lambda: _cut_off(on.town), params={"kind": kind})


def gateway_off(on: Breaking) -> Expected:
    """The router has no power, the switch in front of it has."""
    on.rules(on.town.gateway, "arriving drop", "leaving drop", family="arp")
    on.rules(on.town.gateway, "early iifname lan drop")
    on.undo.callback(on.town.refresh)
    on.town.node.ip("neigh", "flush", "all")
    return Expected(codes("L4"), lambda: _cut_off(on.town) and signs.ping(on.town, on.town.at.gateway, 1) == 0)


def gateway_hung(on: Breaking) -> Expected:
    """The router's network card still answers ARP; nothing else in it is alive."""
    on.rules(on.town.gateway, "early iifname lan drop")
    return Expected(codes("L4"), lambda: signs.ping(on.town, on.town.at.gateway, 2) == 0, codes("L5d"))


def wrong_gateway(on: Breaking) -> Expected:
    """The default route names an address nobody has."""
    used = {int(text.rpartition(".")[2]) for text in (on.town.at.gateway, on.town.at.node, on.town.at.neighbour)}
    wrong = f"{on.town.at.lan}.{on.draw.choice([host for host in range(2, 250) if host not in used])}"
    on.undo.callback(on.town.restore_node)
    on.town.node.ip("route", "replace", "default", "via", wrong)
    on.town.node.ip("-6", "route", "flush", "default")
    return Expected(codes("L4"), lambda: _cut_off(on.town), params={"gateway": wrong})


def gateway_does_not_forward(on: Breaking) -> Expected:
    """The default route names a neighbour's computer, which answers for itself and passes nothing on."""
    on.undo.callback(on.town.restore_node)
    on.town.node.ip("route", "replace", "default", "via", on.town.at.neighbour)
    on.town.node.ip("-6", "route", "flush", "default")

    def shows() -> bool:
        return _cut_off(on.town) and signs.ping(on.town, on.town.at.neighbour, 2) > 0

    return Expected(codes("L5d", "L5b"), shows, params={"gateway": on.town.at.neighbour})
