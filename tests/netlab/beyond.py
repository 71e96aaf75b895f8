"""Faults between the gateway and the centre's host: uplink, provider, the way inside it, the host itself."""

from tests.netlab import signs
from tests.netlab.fault import Breaking, Expected, codes
from tests.netlab.town import Town

_REJECTS = ("admin-prohibited", "net-prohibited", "host-prohibited")


def _silent(town: Town) -> bool:
    return signs.ping(town, town.at.centre, 3) == 0 and signs.tcp(town, town.at.centre, town.broker_port) != "open"


def _mute(on: Breaking, *names: str) -> None:
    """These routers send no ICMP of their own."""
    for name in names:
        on.rules(on.town.routers[name], "leaving meta l4proto icmp drop", "arriving icmp type echo-request drop")


def uplink_down(on: Breaking) -> Expected:
    """The router's uplink port has no link: it says that there is no way."""
    town = on.town
    on.undo.callback(town.refresh)
    on.undo.callback(_uplink_back, town)
    town.gateway.ip("link", "set", "wan", "down")
    return Expected(codes("L5a"), lambda: signs.complains(town, town.at.centre, "net unreachable"), codes("L5d"))


def _uplink_back(town: Town) -> None:
    town.gateway.ip("link", "set", "wan", "up")
    town.gateway.ip("address", "replace", f"{town.at.six}:1::2/64", "dev", "wan", "nodad")
    town.route_gateway()


def modem_gone(on: Breaking) -> Expected:
    """The router's uplink has a link, but what is behind it does not answer ARP."""
    town = on.town
    on.rules(town.isp1, "arriving iifname access drop", "leaving oifname access drop", family="arp")
    on.rules(town.isp1, "early iifname access drop")
    on.undo.callback(town.refresh)
    town.gateway.ip("neigh", "flush", "all")

    def shows() -> bool:
        return _silent(town) and signs.complains(town, town.at.centre, "unreachable")

    return Expected(codes("L5a", "L5b"), shows, codes("L5d"))


def provider_silent(on: Breaking) -> Expected:
    """Everything behind the router is silent; the router itself is well and answers for itself."""
    on.rules(on.town.isp1, "early iifname access drop")
    return Expected(codes("L5b"), lambda: _silent(on.town), codes("L5d"))


def provider_silent_router_mute(on: Breaking) -> Expected:
    """The same behind a router which sends no ICMP at all: that it lives can be seen, where it ends cannot."""
    on.rules(on.town.isp1, "early iifname access drop")
    _mute(on, "gateway")
    return Expected(codes("L5d", "L5b"), lambda: _silent(on.town) and signs.ping(on.town, on.town.at.gateway, 2) == 0)


def router_blocks(on: Breaking) -> Expected:
    """The router refuses to pass anything and says so."""
    how = on.draw.choice(_REJECTS)
    on.rules(on.town.gateway, f"passing iifname lan reject with icmp type {how}")

    def shows() -> bool:
        centre = on.town.at.centre
        return signs.complains(on.town, centre, "prohibited") or signs.complains(on.town, centre, "filtered")

    return Expected(codes("L5c"), shows, params={"reject": how})


def router_blocks_centre(on: Breaking) -> Expected:
    """The router refuses to pass anything to the centre; the rest of the world is reached."""
    how = on.draw.choice(_REJECTS)
    on.rules(on.town.gateway, f"passing ip daddr {on.town.at.centre} reject with icmp type {how}")
    return Expected(codes("L5c"), lambda: _silent(on.town), params={"reject": how})


def provider_has_no_route(on: Breaking) -> Expected:
    """A router of the provider knows no way to the centre and says so."""
    town = on.town
    name = on.draw.choice(("isp1", "isp2"))
    if name == "isp1":
        on.undo.callback(town.route_centre)
        on.undo.callback(town.route_internet)
        # The way to the internet stays, as routes of their own: only what is nowhere listed has none.
        for network in ("0.0.0.0/2", "64.0.0.0/3", "96.0.0.0/6", "104.0.0.0/5", "112.0.0.0/4", "128.0.0.0/1"):
            on.undo.callback(town.isp1.ip, "route", "del", network)
            town.isp1.ip("route", "replace", network, "via", f"{town.at.out}.2")
        town.isp1.ip("route", "del", f"{town.at.centre_net}.0/24")
        town.isp1.ip("route", "del", "default")
    else:
        back = f"{town.at.wan}.0/24"  # where its complaints go
        on.undo.callback(town.isp2.ip, "route", "del", back)
        town.isp2.ip("route", "add", back, "via", f"{town.at.core}.1")
        on.undo.callback(town.isp2.ip, "route", "replace", "default", "via", f"{town.at.core}.1")
        on.undo.callback(town.route_centre)
        town.isp2.ip("route", "del", "default")
        town.isp2.ip("route", "del", f"{town.at.centre_net}.0/24")
    return Expected(
        codes("L6a"),
        lambda: signs.complains(town, town.at.centre, "net unreachable"),
        codes("L5d"),
        params={"hop": name},
    )


def provider_prohibits(on: Breaking) -> Expected:
    """A router of the provider refuses to pass anything to the centre and says so."""
    name, box = on.hop("isp1", "isp2")
    how = on.draw.choice(_REJECTS)
    on.rules(box, f"passing ip daddr {on.town.at.centre} reject with icmp type {how}")
    return Expected(codes("L6b"), lambda: _silent(on.town), codes("L5d"), params={"hop": name, "reject": how})


def black_hole(on: Breaking) -> Expected:
    """A router of the provider loses everything to the centre and says nothing."""
    name, box = on.hop("isp1", "isp2")
    on.rules(box, f"passing ip daddr {on.town.at.centre_net}.0/24 drop")
    return Expected(codes("L6c"), lambda: _silent(on.town), codes("L5d"), params={"hop": name})


def black_hole_back(on: Breaking) -> Expected:
    """What the centre answers is lost on the way back."""
    name, box = on.hop("isp1", "isp2")
    on.rules(box, f"passing ip saddr {on.town.at.centre_net}.0/24 drop")
    return Expected(codes("L6c"), lambda: _silent(on.town), codes("L5d"), params={"hop": name})


def black_hole_routers_mute(on: Breaking) -> Expected:
    """A black hole behind routers of which none says anything: silence beyond the gateway is all there is."""
    _mute(on, "isp1", "isp2")
    on.rules(on.town.isp2, f"passing ip daddr {on.town.at.centre_net}.0/24 drop")
    return Expected(codes("L5d", "L6c"), lambda: _silent(on.town))


def routing_loop(on: Breaking) -> Expected:
    """Two routers of the provider send what is for the centre to each other."""
    town = on.town
    on.undo.callback(town.route_centre)
    town.isp2.ip("route", "replace", f"{town.at.centre_net}.0/24", "via", f"{town.at.core}.1")
    return Expected(codes("L6d"), lambda: signs.complains(town, town.at.centre, "exceeded"), codes("L5d"))


def centre_off(on: Breaking) -> Expected:
    """The centre's machine has no power: the router before it finds nobody there."""
    town = on.town
    on.rules(town.centre_box, "arriving drop", "leaving drop", family="arp")
    on.rules(town.centre_box, "arriving drop")
    on.undo.callback(town.refresh)
    town.edge.ip("neigh", "flush", "all")

    def shows() -> bool:
        return _silent(town) and signs.complains(town, town.at.centre, "host unreachable")

    return Expected(codes("L7"), shows, codes("L5d"))


def centre_silent(on: Breaking) -> Expected:
    """The centre's machine hangs; the city's router beside it answers."""
    on.rules(on.town.centre_box, "arriving drop")
    return Expected(codes("L7"), lambda: _silent(on.town) and signs.ping(on.town, on.town.beside, 2) > 0, codes("L5d"))


def connections_full(on: Breaking) -> Expected:
    """A router's table of connections is full: what is not in it already is dropped in silence."""
    name, box = on.hop("gateway", "isp1")
    limit = on.draw.randrange(4, 20)
    on.rules(box, f"early ct state new ct count over {limit} drop")
    on.town.fill_connections(limit + 20)
    exact, coarse = (codes("L4"), codes("L5d")) if name == "gateway" else (codes("L5b"), codes("L5d", "L6c"))
    return Expected(exact, lambda: _silent(on.town), coarse, params={"router": name, "limit": limit})
