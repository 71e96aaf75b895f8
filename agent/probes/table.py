"""The probes by name. Adding one: its file, a line here, its config in `config.ProbesConfig`, its test.

Each entry is an `async def probe(target: Target, context: Context) -> Observation`, imported when first used.
"""

from importlib import import_module
from typing import Final, cast

from agent.probes.context import Probe

PROBES: Final[dict[str, str]] = {
    "link": "agent.probes.link:probe",
    "address": "agent.probes.address:probe",
    "route": "agent.probes.route:probe",
    "icmp": "agent.probes.icmp:probe",
    "tcp": "agent.probes.tcp:probe",
    "broker": "agent.probes.broker:probe",
    "refusal": "agent.probes.refusal:probe",
    "dns": "agent.probes.dns:probe",
    "http": "agent.probes.http:probe",
    "power": "agent.probes.power:probe",
    "gateway": "agent.probes.gateway:probe",
    "trace": "agent.probes.trace:probe",
    "mtu": "agent.probes.mtu:probe",
    "ipv6": "agent.probes.ipv6:probe",
    "portal": "agent.probes.portal:probe",
    "internet": "agent.probes.internet:probe",
    "ntp": "agent.probes.ntp:probe",
    "site": "agent.probes.site:probe",
    "throughput": "agent.probes.throughput:probe",
    "wifi": "agent.probes.wifi:probe",
    "lte": "agent.probes.lte:probe",
}


def load(name: str) -> Probe:
    """The probe called `name`; KeyError when there is none."""
    module, _, function = PROBES[name].partition(":")
    return cast(Probe, getattr(import_module(module), function))
