"""Towns in which nothing is wrong, though something looks unusual: no verdict but OK is right."""

import subprocess
import sys

from tests.netlab import signs
from tests.netlab.fault import Breaking, Expected, codes
from tests.netlab.impairment import Impairment

OK = codes("OK")


def plain(on: Breaking) -> Expected:
    """Nothing unusual at all."""
    return Expected(OK, lambda: not signs.well(on.town))


def gateway_mutes_pings(on: Breaking) -> Expected:
    """The router answers no pings, as many are set."""
    on.rules(on.town.gateway, "arriving icmp type echo-request drop")
    return Expected(OK, lambda: signs.ping(on.town, on.town.at.gateway, 2) == 0)


def gateway_mutes_icmp(on: Breaking) -> Expected:
    """The router sends no ICMP of its own at all."""
    on.rules(on.town.gateway, "arriving icmp type echo-request drop", "leaving meta l4proto icmp drop")
    return Expected(OK, lambda: signs.ping(on.town, on.town.at.gateway, 2) == 0)


def routers_mute(on: Breaking) -> Expected:
    """No router of the provider says anything: no trace shows them."""
    for box in (on.town.isp1, on.town.isp2):
        on.rules(box, "leaving meta l4proto icmp drop", "arriving icmp type echo-request drop")
    return Expected(OK, lambda: signs.ping(on.town, f"{on.town.at.core}.2", 2) == 0)


def nothing_answers_pings(on: Breaking) -> Expected:
    """Nothing anywhere answers pings, and everything works."""
    town = on.town
    for box in (town.gateway, town.isp1, town.isp2, town.centre_box, town.internet):
        on.rules(
            box, "arriving meta nfproto ipv4 icmp type echo-request drop",
            "arriving meta nfproto ipv6 icmpv6 type echo-request drop",
        )  # fmt: skip

    def shows() -> bool:
        return signs.ping(town, town.at.centre, 2) == 0 and signs.broker_tls(town, connect=True) == "0"

    return Expected(OK, shows)


def centre_rations_pings(on: Breaking) -> Expected:
    """The centre's firewall answers a few pings a second and drops the rest, as handbooks of routers advise."""
    rate, burst = on.draw.choice((1, 2, 5, 10)), on.draw.choice((5, 10, 20))
    on.rules(
        on.town.centre_box,
        f"arriving icmp type echo-request limit rate over {rate}/second burst {burst} packets drop",
    )
    quick = lambda: signs.ping(on.town, on.town.at.centre, 100, wait_s=1)  # noqa: E731
    return Expected(OK, lambda: 0 < quick() < 90, params={"per_s": rate, "burst": burst})


def far_away(on: Breaking) -> Expected:
    """A line of 80 ms, as to another island."""
    half = Impairment(delay_ms=40)
    on.undo.enter_context(on.town.line.impaired(half, half))
    return Expected(OK, lambda: min(signs.rtts_ms(on.town, on.town.at.centre, 3), default=0) >= 79)


def little_loss(on: Breaking) -> Expected:
    """One packet in a hundred is lost."""
    half = Impairment(loss=0.005, delay_ms=5)
    on.undo.enter_context(on.town.line.impaired(half, half, on.draw.randrange(2**30)))
    return Expected(OK, lambda: min(signs.rtts_ms(on.town, on.town.at.centre, 5), default=0) >= 9)


def uneven(on: Breaking) -> Expected:
    """A radio line: jitter, packets that overtake each other, some twice."""
    half = Impairment(delay_ms=10, jitter_ms=on.between(5, 15, 0), keep_order=False, duplicate=0.02, reorder=0.02)
    on.undo.enter_context(on.town.line.impaired(half, half, on.draw.randrange(2**30)))

    def shows() -> bool:
        found = signs.rtts_ms(on.town, on.town.at.centre, 20)
        return bool(found) and max(found) - min(found) > 3

    return Expected(OK, shows, params={"jitter_ms": half.jitter_ms})


def busy_processor(on: Breaking) -> Expected:
    """Other programs want all of the processor."""
    for _ in range(4):
        process = subprocess.Popen((sys.executable, "-c", "while True: pass"))
        on.undo.callback(process.wait)
        on.undo.callback(process.kill)
    return Expected(OK, lambda: process.poll() is None)


def slow_names(on: Breaking) -> Expected:
    """Resolvers that take their time."""
    manners = on.town.resolver.manners
    on.undo.callback(setattr, manners, "delay_s", 0.0)
    manners.delay_s = on.between(0.4, 0.7)
    shows = lambda: signs.resolve(on.town, on.town.at.resolver, "example.com") == on.town.at.web  # noqa: E731
    return Expected(OK, shows, params={"delay_s": manners.delay_s})


def one_resolver_dead(on: Breaking) -> Expected:
    """The router's own forwarder is dead; the provider's resolver serves."""
    on.undo.callback(setattr, on.town.forwarder, "silent", False)
    on.town.forwarder.silent = True
    return Expected(OK, lambda: signs.resolve(on.town, on.town.at.gateway, "example.com") == "timeout")


def dsl(on: Breaking) -> Expected:
    """A line with PPPoE: 1,492 bytes, and the router says so."""
    town = on.town
    on.undo.callback(town.refresh)
    for box, name in ((town.gateway, "wan"), (town.isp1, "access")):
        on.undo.callback(box.ip, "link", "set", name, "mtu", "1500")
        box.ip("link", "set", name, "mtu", "1492")
    shows = lambda: signs.ping(town, town.at.centre, 2, size=1472, whole=True) == 0  # noqa: E731
    return Expected(OK, shows)


def no_ipv6(on: Breaking) -> Expected:
    """A site without IPv6."""
    town = on.town
    on.undo.callback(town.restore_node)
    town.node.ip("-6", "address", "flush", "dev", "eth0", "scope", "global")
    town.node.ip("-6", "route", "flush", "default")
    return Expected(OK, lambda: signs.ping(town, "2606:4700:4700::1111", 1) == 0)


def internet_mutes_pings(on: Breaking) -> Expected:
    """The well-known hosts answer no pings here; they answer connections."""
    on.rules(on.town.internet, "arriving icmp type echo-request drop")
    return Expected(OK, lambda: signs.ping(on.town, "1.1.1.1", 2) == 0)


def no_time_server(on: Breaking) -> Expected:
    """Nobody tells the time here; the clock is right anyway."""
    on.undo.callback(setattr, on.town.clock, "silent", False)
    on.town.clock.silent = True
    return Expected(OK, lambda: on.town.clock.silent)
