"""The `[probes]` part of the configuration: each probe's own dataclass, and the targets a site adds."""

from dataclasses import dataclass, field

from agent.probes.address import AddressConfig
from agent.probes.broker import BrokerConfig
from agent.probes.dns import DnsConfig
from agent.probes.http import HttpConfig, parse_url
from agent.probes.icmp import IcmpConfig
from agent.probes.link import LinkConfig
from agent.probes.route import RouteConfig
from agent.probes.tcp import TcpConfig

TARGET_PROBES = ("icmp", "tcp", "dns", "http")
"""The probes a site can point somewhere; link, address, route and broker have only one place to look."""
MAX_TARGETS = 50
"""A box at a site watches a handful of things; each costs wakeups, and a line in every report."""


@dataclass(frozen=True, slots=True)
class TargetConfig:
    """One `[[probes.target]]`. `host` for icmp, tcp and dns (there: the resolver), `url` for http.

    `name` is what reports call it (the host, when empty). `query`: the name a resolver is asked for. `expect`: a text
    the page must hold. `interval_s` and `timeout_s` of 0 mean the probe's own.
    """

    probe: str = "icmp"
    name: str = ""
    host: str = ""
    port: int = 0
    url: str = ""
    query: str = ""
    expect: str = ""
    interval_s: float = 0.0
    timeout_s: float = 0.0

    def __post_init__(self) -> None:
        if self.probe not in TARGET_PROBES:
            raise ValueError(f"probe {self.probe!r} takes no target; use one of {', '.join(TARGET_PROBES)}")
        if self.probe == "http":
            parse_url(self.url)
        elif not self.host:
            raise ValueError(f"a target of the {self.probe} probe needs a host")
        if self.probe == "tcp" and not self.port:
            raise ValueError("a target of the tcp probe needs a port")
        if not 0 <= self.port <= 65_535:
            raise ValueError("port must be 1 to 65535")
        if self.interval_s < 0 or self.timeout_s < 0:
            raise ValueError("interval_s and timeout_s must not be negative; 0 means the probe's own")

    @property
    def label(self) -> str:
        return self.name or self.host or self.url


@dataclass(frozen=True, slots=True)
class ProbesConfig:
    """`[probes]`. `defaults` watches link, address, route, gateway, centre, broker and resolvers, without being told.

    `recheck_s`: how soon a target is looked at again when a run spoke against its state. At 10 s an outage is certain
    within about a minute of its beginning (two rounds, the burst), and known to have begun when it began.
    """

    defaults: bool = True
    recheck_s: float = 10.0
    target: tuple[TargetConfig, ...] = ()
    link: LinkConfig = field(default_factory=LinkConfig)
    address: AddressConfig = field(default_factory=AddressConfig)
    route: RouteConfig = field(default_factory=RouteConfig)
    icmp: IcmpConfig = field(default_factory=IcmpConfig)
    tcp: TcpConfig = field(default_factory=TcpConfig)
    broker: BrokerConfig = field(default_factory=BrokerConfig)
    dns: DnsConfig = field(default_factory=DnsConfig)
    http: HttpConfig = field(default_factory=HttpConfig)

    def __post_init__(self) -> None:
        if not 1 <= self.recheck_s <= 300:
            raise ValueError("recheck_s must be 1 to 300 seconds")
        if len(self.target) > MAX_TARGETS:
            raise ValueError(f"{len(self.target)} targets; at most {MAX_TARGETS} are watched by one box")
        seen: set[tuple[str, str]] = set()
        for target in self.target:
            if (target.probe, target.label) in seen:
                raise ValueError(f"two {target.probe} targets are called {target.label!r}: give one of them a name")
            seen.add((target.probe, target.label))
