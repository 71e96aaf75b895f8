"""The remote commands this node knows how to carry out, and where: each in a file of its own, loaded when asked for."""

from importlib import import_module
from typing import Final, cast

from agent.commands.job import Run

HANDLERS: Final[dict[str, str]] = {
    "diagnose": "agent.commands.diagnose:run",
    "ping": "agent.commands.ping:run",
    "trace": "agent.commands.trace:run",
    "dns": "agent.commands.dns:run",
    "site": "agent.commands.site:run",
    "throughput": "agent.commands.throughput:run",
    "snapshot": "agent.commands.snapshot:run",
    "logs": "agent.commands.logs:run",
    "bundle": "agent.commands.bundle:run",
    "show-config": "agent.commands.show_config:run",
    "witness": "agent.commands.witness:run",
    "maintenance": "agent.commands.maintenance:run",
    "restart-agent": "agent.commands.restart_agent:run",
    "restart-kiosk": "agent.commands.restart_kiosk:run",
    "config": "agent.commands.config_push:run",
    "reboot": "agent.commands.reboot:run",
    "update": "agent.commands.update:run",
    "keys": "agent.commands.keys:run",
}
RESUMES: Final[dict[str, str]] = {
    "restart-agent": "agent.commands.restart_agent:resume",
    "config": "agent.commands.config_push:resume",
    "reboot": "agent.commands.reboot:resume",
    "update": "agent.commands.update:resume",
    "keys": "agent.commands.keys:run",
}
"""What takes a command up again that ran when the process ended. Without one it has failed: `interrupted`."""


def resumable(name: str) -> bool:
    """Whether a command of this name may be taken up again after a start."""
    return name in RESUMES


def load(name: str, *, resumed: bool) -> Run:
    """The function that carries it out, or takes it up again. ImportError, AttributeError or KeyError without one."""
    module, _, attribute = (RESUMES if resumed else HANDLERS)[name].partition(":")
    return cast(Run, getattr(import_module(module), attribute))
