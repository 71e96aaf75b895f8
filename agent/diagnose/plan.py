"""What a live diagnosis runs at once, with settings for somebody who waits: short timeouts, many pings quickly.

Probes are named, and taken as they are configured but for their times. Those this version does not know, or that have
nothing to look at here, are left out.
"""

from typing import Any, Final, cast

from agent.probes.config import ProbesConfig, TargetConfig
from agent.probes.context import Center, Target, Timing
from agent.probes.icmp import IcmpConfig
from agent.probes.procfs import is_address
from agent.probes.site import site_targets
from agent.probes.table import PROBES
from agent.probes.targets import CENTER, GATEWAY, LOCAL, RESOLVERS
from wire.shape import replace

_NEVER_DUE_S = 86_400.0
# One retransmission of a SYN (1 s, RFC 6298) and the line's own time; a handshake needs two round trips more.
TIMES_S: Final[dict[str, float]] = {
    "tcp": 1.6,
    "broker": 2.0,
    "dns": 1.0,
    "internet": 1.8,
    "portal": 2.2,
    "gateway": 1.2,
    "ntp": 1.2,
    "ipv6": 1.5,
    "http": 5.0,
    "site": 3.0,
    "refusal": 0.8,
}
# A time server is a quarter of a second away, or blocked; who waits elsewhere does not wait a second for the second.
BRISK_TIMES_S: Final = {**TIMES_S, "ntp": 0.7}
# 100 pings a second for two seconds: 5 % loss shows in 99 of 100 runs, 78 kbit/s. A metered line gets a fifth.
QUICK: Final = IcmpConfig(_NEVER_DUE_S, count=200, gap_s=0.010, timeout_s=1.2, late_s=0.5, payload_bytes=16)
METERED: Final = IcmpConfig(_NEVER_DUE_S, count=40, gap_s=0.050, timeout_s=1.2, late_s=0.5, payload_bytes=16)
# For who asks from afar and waits: any loss among these 50 has the 200 sent. 5 % loss shows in 92 of 100 runs.
BRISK: Final = IcmpConfig(_NEVER_DUE_S, count=50, gap_s=0.010, timeout_s=1.2, late_s=0.5, payload_bytes=16)
METERED_BRISK: Final = IcmpConfig(_NEVER_DUE_S, count=30, gap_s=0.015, timeout_s=1.2, late_s=0.5, payload_bytes=16)
# Slow enough for a router that rations pings, long enough to tell 5 % from 1 %.
CALM: Final = IcmpConfig(_NEVER_DUE_S, count=60, gap_s=0.040, timeout_s=1.2, late_s=0.0, payload_bytes=16)
METERED_CALM: Final = IcmpConfig(_NEVER_DUE_S, count=24, gap_s=0.100, timeout_s=1.2, late_s=0.0, payload_bytes=16)
# Begun a moment after the centre's, over when they are.
NEAR: Final = IcmpConfig(_NEVER_DUE_S, count=20, gap_s=0.090, timeout_s=1.0, late_s=0.0, payload_bytes=16)
NEAR_BRISK: Final = IcmpConfig(_NEVER_DUE_S, count=20, gap_s=0.012, timeout_s=1.0, late_s=0.0, payload_bytes=16)
BESIDE: Final = IcmpConfig(_NEVER_DUE_S, count=5, gap_s=0.100, timeout_s=1.0, late_s=0.0, payload_bytes=16)
MOST_SITES: Final = 3
_LOCAL = ("power", "link", "address", "route")


class Plan:
    """The targets of one live diagnosis by `probe:target`. `brisk`: fewer pings at first, for who waits elsewhere."""

    def __init__(
        self, config: ProbesConfig, center: Center | None, *, metered: bool = False, brisk: bool = False
    ) -> None:
        self._config = config
        self._center = center
        self._metered = metered
        self.brisk = brisk

    def first(self) -> tuple[Target, ...]:
        """One run of everything: the centre's pings first, for routers answer few errors a second."""
        found = [
            *self._at_center(("icmp",)),
            *(self._own(name, LOCAL) for name in _LOCAL if name != "address"),
            self._address(),
            self._pings(GATEWAY, NEAR_BRISK if self.brisk else NEAR),
            self._own("gateway", GATEWAY, host=GATEWAY),
            *self._at_center(("tcp", "broker", "mtu")),
            *(self._own("dns", role.replace(":", "-"), host=role) for role in RESOLVERS),
            self._own("internet", "internet"),
            self._own("portal", "portal"),
            self._own("ipv6", "internet"),
            self._own("ntp", "clock"),
            self._own("wifi", "wifi"),
            self._own("lte", "lte"),
            *(self._added(item) for item in self._config.target if item.probe in ("http", "dns")),
            *self._sites(),
        ]
        return tuple(target for target in found if target is not None)

    def again(self, probe: str, name: str, *, calm: bool = False, distance: int = 0) -> Target | None:
        """The target for another look; None when there is no such thing here."""
        if probe == "icmp" and name == "beside":
            host = self._config.beside
            return replace(self._pings("beside", BESIDE), host=host) if host else None
        if probe == "icmp":
            quick, slow = (METERED, METERED_CALM) if self._metered else (QUICK, CALM)
            return self._pings(name, slow if calm else quick)
        if probe == "refusal":
            return self._refusal(distance)
        if probe == "trace" and name == "internet":
            return self._way_out()
        if probe == "trace":
            return next(iter(self._at_center(("trace",))), None)
        return next((one for one in self.first() if (one.probe, one.name) == (probe, name)), None)

    def _at_center(self, probes: tuple[str, ...]) -> list[Target]:
        if self._center is None:
            return []
        found = []
        for probe in probes:
            if probe == "icmp":
                quick, brisk = (METERED, METERED_BRISK) if self._metered else (QUICK, BRISK)
                found.append(self._pings(CENTER, brisk if self.brisk else quick))
            elif (target := self._own(probe, CENTER, host=CENTER, port=self._center.port)) is not None:
                found.append(target)
        return found

    def _pings(self, name: str, config: IcmpConfig) -> Target:
        return Target("icmp", name, config, host=name)

    def _way_out(self) -> Target | None:
        """A trace to the first host of the internet that is known by its address."""
        host = next((host for host in self._config.internet.hosts if is_address(host)), None)
        target = self._own("trace", "internet")
        return replace(target, host=host) if target is not None and host is not None else None

    def _refusal(self, distance: int) -> Target | None:
        from agent.probes.refusal import RefusalConfig

        if self._center is None:
            return None
        config = RefusalConfig(timeout_s=TIMES_S["refusal"], distance=distance)
        return Target("refusal", CENTER, config, host=CENTER, port=self._center.port)

    def _address(self) -> Target | None:
        """Whether another machine has our address takes the cable 0.6 s; the agent asks it every ten minutes."""
        target = self._own("address", LOCAL)
        if target is None or not self.brisk:
            return target
        return replace(target, config=replace(self._config.address, check_duplicates=False))

    def _own(self, probe: str, name: str, host: str = "", port: int = 0) -> Target | None:
        """The probe as configured, in a hurry; None when this version does not have it."""
        config = getattr(self._config, probe, None)
        if config is None or probe not in PROBES:
            return None
        times_s = BRISK_TIMES_S if self.brisk else TIMES_S
        return Target(probe, name, hurried(cast(Timing, config), times_s.get(probe)), host, port)

    def _sites(self) -> list[Target]:
        """The first few public sites of the file itself: a whole city's list is the daemon's to watch, in turn."""
        sites = self._config.sites
        shared = replace(sites, timeout_s=min(TIMES_S["site"], sites.timeout_s))
        return list(site_targets(self._config.site[:MOST_SITES], shared))

    def _added(self, item: TargetConfig) -> Target | None:
        config = getattr(self._config, item.probe)
        timing = hurried(config, TIMES_S.get(item.probe))
        return Target(item.probe, item.label, timing, item.host, item.port or 0, item.url, item.query, item.expect)


def hurried(config: Timing, timeout_s: float | None) -> Timing:
    """The same settings with a short timeout, never longer than the configured one."""
    if timeout_s is None:
        return config
    made: Any = config  # a Settings of the probe's own: all have these two fields
    changes: dict[str, float] = {"timeout_s": min(timeout_s, config.timeout_s)}
    if "interval_s" in made.about:
        changes["interval_s"] = max(config.interval_s, _NEVER_DUE_S)
    return cast(Timing, replace(made, **changes))
