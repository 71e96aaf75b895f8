"""How often the box is looked at, and what it reads on the way."""

from agent.configuration.settings import Settings, field


class HealthConfig(Settings, frozen=True):
    """The health report: its period, and which parts of the machine it leaves out."""

    interval_s: float = field(default=30.0, metadata={"min": 5, "max": 3600, "help": "time between two health reports"})
    ignore_interfaces: tuple[str, ...] = field(
        default=("lo", "veth*", "docker*", "br-*", "virbr*"),
        metadata={"help": "network interfaces not counted, with * as in file names"},
    )
    vcgencmd: bool = field(
        default=True, metadata={"help": "ask the Raspberry Pi firmware when the kernel does not say"}
    )
