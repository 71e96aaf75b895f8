"""Faults of what a site needs beside its centre: names, the internet, IPv6, packet sizes, the clock."""

from tests.netlab import signs
from tests.netlab.addresses import ANYCAST, ANYCAST_6
from tests.netlab.fault import Breaking, Expected, codes
from tests.netlab.impairment import Impairment
from tests.netlab.town import SITE


def _no_names(on: Breaking, wanted: str) -> bool:
    return all(signs.resolve(on.town, server, "example.com") == wanted for server in _resolvers(on))


def _resolvers(on: Breaking) -> tuple[str, str]:
    return on.town.at.gateway, on.town.at.resolver


def _manners(on: Breaking, answer: str, lies: dict[str, str] | None = None) -> None:
    manners = on.town.resolver.manners
    on.undo.callback(setattr, manners, "answer", "ok")
    on.undo.callback(setattr, manners, "lies", {})
    manners.answer, manners.lies = answer, lies or {}


# -- names -------------------------------------------------------------------------------------------------------


def names_silent(on: Breaking) -> Expected:
    """Neither resolver answers."""
    _manners(on, "silent")
    return Expected(codes("D1"), lambda: _no_names(on, "timeout"))


def names_failing(on: Breaking) -> Expected:
    """Both resolvers answer that they cannot (SERVFAIL), or will not (REFUSED)."""
    answer = on.draw.choice(("servfail", "refused"))
    _manners(on, answer)
    return Expected(codes("D1"), lambda: _no_names(on, answer), params={"answer": answer})


def names_port_closed(on: Breaking) -> Expected:
    """Nobody listens on the resolvers' ports, and their hosts say so."""
    for box in (on.town.gateway, on.town.isp1):
        on.rules(box, "arriving udp dport 53 reject", "arriving tcp dport 53 reject with tcp reset")
    return Expected(codes("D1"), lambda: _no_names(on, "connection refused"))


def names_wildcard(on: Breaking) -> Expected:
    """The provider's resolver answers names that do not exist with its own advertising page."""
    _manners(on, "wildcard", {"*": f"36.86.{on.draw.randrange(1, 250)}.{on.draw.randrange(1, 250)}"})
    return Expected(
        codes("D2"), lambda: signs.resolve(on.town, on.town.at.resolver, "nobody-has-this.invalid").startswith("36.86.")
    )


def names_hijacked(on: Breaking) -> Expected:
    """The router sends every question to a liar of its own, whomever it was for."""
    town = on.town
    liar = town.liar.manners
    on.undo.callback(setattr, liar, "answer", "ok")
    on.undo.callback(setattr, liar, "lies", {})
    false = f"10.{on.draw.randrange(1, 250)}.0.1"
    liar.answer, liar.lies = "wildcard", {"*": false, SITE: false}
    on.rules(town.gateway, f"turned iifname lan udp dport 53 dnat to {town.at.gateway}:5353", family="ip")
    return Expected(codes("D2"), lambda: signs.resolve(town, town.at.resolver, SITE) == false, params={"lie": false})


def port_53_intercepted(on: Breaking) -> Expected:
    """The router answers every question itself, in the name of whoever was asked; its answers are true, so far."""
    town = on.town
    on.rules(town.gateway, f"turned iifname lan udp dport 53 dnat to {town.at.gateway}:5353", family="ip")
    return Expected(codes("D2"), lambda: signs.resolve(town, town.at.centre, "example.com") == town.at.web)


# -- internet, portal, IPv6 --------------------------------------------------------------------------------------


def captive_portal(on: Breaking) -> Expected:
    """Web pages are answered by a hotspot's login; the rest passes."""
    town = on.town
    on.rules(town.gateway, f"turned iifname lan tcp dport 80 dnat to {town.at.gateway}:8088", family="ip")
    return Expected(codes("P1"), lambda: signs.http(town, "http://example.com/generate_204")[0] == 302)


def captive_portal_walled(on: Breaking) -> Expected:
    """A hotspot that lets nothing else pass before the login."""
    town = on.town
    how = on.draw.choice(("drop", "reject with icmp type admin-prohibited"))
    on.rules(town.gateway, f"turned iifname lan tcp dport 80 dnat to {town.at.gateway}:8088", family="ip")
    on.rules(town.gateway, f"passing iifname lan udp dport != 53 {how}", f"passing iifname lan meta l4proto tcp {how}",
             f"passing iifname lan meta l4proto icmp {how}")  # fmt: skip

    def shows() -> bool:
        login = signs.http(town, "http://example.com/generate_204")[0] == 302
        return login and signs.ping(town, town.at.centre, 2) == 0

    return Expected(codes("P1"), shows, codes("L5c", "L5d", "L5b"), params={"rest": how})


def internet_down(on: Breaking) -> Expected:
    """The provider has lost the internet, its own customers reach each other."""
    town = on.town
    how = on.draw.choice(("drop", "reject with icmp type net-unreachable"))
    on.rules(town.isp1, f"passing oifname out {how}")
    return Expected(codes("I1"), lambda: all(signs.ping(town, host, 1) == 0 for host in ANYCAST), params={"how": how})


def ipv6_broken(on: Breaking) -> Expected:
    """Addresses and a route for IPv6 are handed out, but nothing comes back; IPv4 is well."""
    town = on.town
    where = on.draw.choice(("gateway", "isp1"))
    how = on.draw.choice(("drop", "reject with icmpv6 type no-route"))
    on.rules(town.routers[where], f"passing meta nfproto ipv6 {how}")
    return Expected(
        codes("OK"),
        lambda: all(signs.ping(town, host, 1) == 0 for host in ANYCAST_6),
        also=codes("I2"),
        params={"where": where, "how": how},
    )


# -- packet sizes ------------------------------------------------------------------------------------------------


def _fits(on: Breaking, size: int) -> bool:
    """Whether an IP packet of this size reaches the centre and its answer comes back whole."""
    return signs.ping(on.town, on.town.at.centre, 3, size=size - 28, whole=True) > 0


def mtu_reduced(on: Breaking) -> Expected:
    """A tunnel inside the provider: smaller packets, and the router before it says so."""
    town, mtu = on.town, on.draw.choice((1280, 1300, 1380, 1400, 1420, 1450))
    on.undo.callback(town.refresh)
    for box in (town.isp1, town.isp2):
        on.undo.callback(box.ip, "link", "set", "core", "mtu", "1500")
        box.ip("link", "set", "core", "mtu", str(mtu))
    return Expected(codes("M1"), lambda: not _fits(on, 1492) and _fits(on, mtu), params={"mtu": mtu})


def large_packets_vanish(on: Breaking) -> Expected:
    """A smaller line, and nobody says so: large packets vanish both ways."""
    return _size_limit(on, up=True, down=True)


def large_packets_vanish_up(on: Breaking) -> Expected:
    """Large packets vanish on the way to the provider only."""
    return _size_limit(on, up=True, down=False)


def large_packets_vanish_down(on: Breaking) -> Expected:
    """Large packets vanish on the way from the provider only: the broker seems to hang."""
    return _size_limit(on, up=False, down=True)


def _size_limit(on: Breaking, *, up: bool, down: bool) -> Expected:
    size = on.draw.choice((1000, 1100, 1200, 1280, 1300, 1400))
    limited = Impairment(max_bytes=size)
    on.undo.enter_context(on.town.line.impaired(limited if up else Impairment(), limited if down else Impairment()))
    on.undo.callback(on.town.refresh)
    return Expected(
        codes("M2"),
        lambda: not _fits(on, 1492) and signs.ping(on.town, on.town.at.centre, 3) > 0,
        params={"largest": size},
    )


# -- the clock ---------------------------------------------------------------------------------------------------


def clock_wrong(on: Breaking) -> Expected:
    """The centre's time server and this box disagree by minutes to days."""
    clock = on.town.clock
    on.undo.callback(setattr, clock, "offset_s", 0.0)
    clock.offset_s = on.draw.choice((-1, 1)) * on.draw.uniform(120, 90_000)
    return Expected(codes("T1"), lambda: abs(clock.offset_s) > 60, params={"offset_s": round(clock.offset_s)})
