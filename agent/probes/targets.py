"""Which probes run where: the ones every box has, and the ones its configuration adds."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from agent.probes.context import Center, Target, Timing

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from agent.probes.config import ProbesConfig, TargetConfig

CENTER, GATEWAY, LOCAL = "center", "gateway", "local"
RESOLVERS = 3
"""glibc reads three; those that are not there are passed over."""


def build(config: "ProbesConfig", center: Center | None) -> tuple[Target, ...]:
    """All targets. The centre comes first: a router answers few errors per second, and these matter most."""
    return (*(_defaults(config, center) if config.defaults else ()), *(_added(config, item) for item in config.target))


def _defaults(config: "ProbesConfig", center: Center | None) -> tuple[Target, ...]:
    inside = (
        Target("link", LOCAL, config.link),
        Target("address", LOCAL, config.address),
        Target("route", LOCAL, config.route),
    )
    resolvers = tuple(
        Target("dns", f"resolver-{number}", config.dns, host=f"resolver:{number}") for number in range(1, RESOLVERS + 1)
    )
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
    )


def _added(config: "ProbesConfig", item: "TargetConfig") -> Target:
    own: Timing = getattr(config, item.probe)
    changes = {name: value for name in ("interval_s", "timeout_s") if (value := getattr(item, name))}
    if changes:
        own = cast(Timing, replace(cast("DataclassInstance", own), **changes))
    return Target(item.probe, item.label, own, item.host, item.port, url=item.url, query=item.query, expect=item.expect)
