"""Which probes run where: the ones every box has, and the ones its configuration adds."""

from agent.probes.config import ProbesConfig, TargetConfig, timing
from agent.probes.context import Center, Target
from agent.probes.procfs import MAX_RESOLVERS
from agent.probes.site import site_targets

CENTER, GATEWAY, LOCAL = "center", "gateway", "local"
RESOLVERS = tuple(f"resolver:{number}" for number in range(1, MAX_RESOLVERS + 1))
"""All that the system could use; those that are not there are passed over."""
ROLES = frozenset({CENTER, GATEWAY, *RESOLVERS})
"""Hosts looked up at each run: what every box depends on."""


def build(config: ProbesConfig, center: Center | None) -> tuple[Target, ...]:
    """All targets. The centre comes first: a router answers few errors per second, and these matter most."""
    return (
        *(_defaults(config, center) if config.defaults else ()),
        *(_added(config, item) for item in config.target),
        *site_targets(config.watched, config.sites),
    )


def _defaults(config: ProbesConfig, center: Center | None) -> tuple[Target, ...]:
    inside = (
        Target("link", LOCAL, config.link),
        Target("address", LOCAL, config.address),
        Target("route", LOCAL, config.route),
    )
    resolvers = tuple(Target("dns", role.replace(":", "-"), config.dns, host=role) for role in RESOLVERS)
    gateway = Target("icmp", GATEWAY, config.icmp, host=GATEWAY)
    if center is None:
        return (*inside, gateway, *resolvers)
    return (
        *inside,
        Target("icmp", CENTER, config.icmp, host=CENTER),
        gateway,
        Target("tcp", CENTER, config.tcp, host=CENTER, port=center.port),
        Target("broker", CENTER, config.broker, host=CENTER, port=center.port),
        *resolvers,
        # Without a role as its host: a cable that flaps must not set it off.
        *([Target("throughput", CENTER, config.throughput)] if config.throughput.interval_s > 0 else []),
    )


def _added(config: ProbesConfig, item: TargetConfig) -> Target:
    return Target(
        item.probe,
        item.label,
        timing(config, item),
        item.host,
        item.port or 0,
        url=item.url,
        query=item.query,
        expect=item.expect,
    )
