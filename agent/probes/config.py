"""The `[probes]` part of the configuration: each probe's own settings, and the targets a site adds."""

from agent.configuration.settings import Settings, field
from agent.core.dnstruth import expected_networks
from agent.probes.address import AddressConfig
from agent.probes.broker import BrokerConfig
from agent.probes.context import Timing
from agent.probes.dns import DnsConfig, split_expected
from agent.probes.gateway import GatewayConfig
from agent.probes.http import HttpConfig
from agent.probes.icmp import IcmpConfig
from agent.probes.internet import InternetConfig
from agent.probes.ipv6 import Ipv6Config
from agent.probes.link import LinkConfig
from agent.probes.lte import LteConfig
from agent.probes.mtu import MtuConfig
from agent.probes.ntp import NtpConfig
from agent.probes.portal import PortalConfig
from agent.probes.power import PowerConfig
from agent.probes.route import RouteConfig
from agent.probes.site import MAX_SITES, SiteItem, SitesConfig, read_list
from agent.probes.tcp import TcpConfig
from agent.probes.throughput import ThroughputConfig
from agent.probes.trace import TraceConfig
from agent.probes.url import parse_url
from agent.probes.wifi import WifiConfig
from wire.shape import force_setattr, replace

TARGET_PROBES = ("icmp", "tcp", "dns", "http")
"""The probes a site can point somewhere; link, address, route and broker have only one place to look."""
MAX_TARGETS = 50
"""A box at a site watches a handful of things; each costs wakeups, and a line in every report."""


class TargetConfig(Settings, frozen=True):
    """One `[[probes.target]]`. `host` for icmp, tcp and dns (there: the resolver), `url` for http.

    `name` is what reports call it (the host, when empty). `query`: the name a resolver is asked for. `expect`: a text
    the page must hold, or the addresses (networks) that name has.
    """

    probe: str = field(default="icmp", metadata={"help": "icmp, tcp, dns or http", "choices": TARGET_PROBES})
    name: str = field(default="", metadata={"help": "what reports call it; empty: its host or url"})
    host: str = field(default="", metadata={"help": "name or address (for dns: of the resolver)"})
    port: int | None = field(default=None, metadata={"help": "for tcp; for dns when it is not 53", "example": 443})
    url: str = field(default="", metadata={"help": "for http: http://... or https://..."})
    query: str = field(default="", metadata={"help": "for dns: the name to ask for"})
    expect: str = field(
        default="", metadata={"help": "for http: a text the page must hold; for dns: addresses, with commas between"}
    )
    interval_s: float | None = field(default=None, metadata={"help": "instead of the probe's own", "example": 60})
    timeout_s: float | None = field(default=None, metadata={"help": "instead of the probe's own", "example": 5})

    def __post_init__(self) -> None:
        if self.probe not in TARGET_PROBES:
            raise ValueError(f"probe {self.probe!r} takes no target; use one of {', '.join(TARGET_PROBES)}")
        if self.probe == "http":
            parse_url(self.url)
        elif not self.host:
            raise ValueError(f"a target of the {self.probe} probe needs a host")
        if self.probe == "tcp" and not self.port:
            raise ValueError("a target of the tcp probe needs a port")
        if self.probe == "dns":
            expected_networks(split_expected(self.expect))
        if self.port is not None and not 1 <= self.port <= 65_535:
            raise ValueError("port must be 1 to 65535")

    @property
    def label(self) -> str:
        return self.name or self.host or self.url


class ProbesConfig(Settings, frozen=True):
    """`[probes]`. `defaults` watches link, address, route, gateway, centre, broker and resolvers, without being told.

    `recheck_s`: how soon a target is looked at again when a run spoke against its state. At 10 s an outage is certain
    within about a minute of its beginning (two rounds, the burst), and known to have begun when it began.
    `beside`: when it answers and the centre does not, the centre's host is down; when neither does, the way is cut.
    `recheck_s`: how soon a target is looked at again when a run spoke against its state. Gateway and centre, which are
    pinged all the time, are certain after some 14 s; for the others at 10 s it takes about a minute (two rounds, the
    burst). Either way an outage is known to have begun when it began. A metered uplink makes the probes metered too.
    """

    defaults: bool = field(default=True, metadata={"help": "watch own link, gateway, centre, broker, resolvers"})
    recheck_s: float = field(default=10.0, metadata={"help": "time to a second look", "min": 1, "max": 300})
    beside: str = field(default="", metadata={"help": "a host beside the centre (its router), asked when it is silent"})
    sites_file: str = field(
        default="", metadata={"help": "a list of public sites to watch: kota-serang, or the absolute path of a file"}
    )
    metered: bool = field(default=False, metadata={"help": "line paid by the byte: a ping every 5 s, not every second"})
    target: tuple[TargetConfig, ...] = ()
    site: tuple[SiteItem, ...] = ()
    link: LinkConfig = field(default_factory=LinkConfig)
    address: AddressConfig = field(default_factory=AddressConfig)
    route: RouteConfig = field(default_factory=RouteConfig)
    icmp: IcmpConfig = field(default_factory=IcmpConfig)
    tcp: TcpConfig = field(default_factory=TcpConfig)
    broker: BrokerConfig = field(default_factory=BrokerConfig)
    dns: DnsConfig = field(default_factory=DnsConfig)
    http: HttpConfig = field(default_factory=HttpConfig)
    power: PowerConfig = field(default_factory=PowerConfig)
    gateway: GatewayConfig = field(default_factory=GatewayConfig)
    trace: TraceConfig = field(default_factory=TraceConfig)
    mtu: MtuConfig = field(default_factory=MtuConfig)
    ipv6: Ipv6Config = field(default_factory=Ipv6Config)
    portal: PortalConfig = field(default_factory=PortalConfig)
    internet: InternetConfig = field(default_factory=InternetConfig)
    ntp: NtpConfig = field(default_factory=NtpConfig)
    sites: SitesConfig = field(default_factory=SitesConfig)
    listed: tuple[SiteItem, ...] = field(default=(), init=False)
    """The sites of `sites_file`, read once, when the configuration is."""
    wifi: WifiConfig = field(default_factory=WifiConfig)
    lte: LteConfig = field(default_factory=LteConfig)
    throughput: ThroughputConfig = field(default_factory=ThroughputConfig)

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
            timing(self, target)
        force_setattr(self, "listed", read_list(self.sites_file) if self.sites_file else ())
        names = [item.name for item in self.watched]
        if len(names) > MAX_SITES:
            raise ValueError(f"{len(names)} sites; at most {MAX_SITES} are watched by one box")
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two sites are called {name!r}: each needs a name of its own")

    @property
    def watched(self) -> tuple[SiteItem, ...]:
        """All public sites: those of the list, then those of the file itself."""
        return (*self.listed, *self.site)


def timing(config: ProbesConfig, item: TargetConfig) -> Timing:
    """The config of the target's probe with the target's own times in it. Raises ValueError when they do not fit."""
    probes: dict[str, IcmpConfig | TcpConfig | DnsConfig | HttpConfig] = {
        "icmp": config.icmp,
        "tcp": config.tcp,
        "dns": config.dns,
        "http": config.http,
    }
    changes = {name: value for name in ("interval_s", "timeout_s") if (value := getattr(item, name)) is not None}
    return replace(probes[item.probe], **changes)
