"""What runs beside the core of the agent, and is started again when it fails or stands still."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from agent.names import CONTROL_SOCKET, INTAKE_SOCKET
from agent.supervise import Plugin

if TYPE_CHECKING:
    from agent.clock import Clock
    from agent.config import AgentConfig
    from agent.outbox import OutboxWriter
    from agent.parts import Parts
    from agent.pictures import Pictures


def plugins(parts: "Parts") -> dict[str, Plugin]:
    """By name, as status shows them: those every node has, and those its configuration asks for."""
    found = {
        "timekeeper": Plugin(parts.timekeeper.run, parts.timekeeper.progress),
        "probes": Plugin(parts.run_probes, parts.probes.progress),
        "kiosk": Plugin(parts.kiosk.run, parts.kiosk.progress),
        "report": Plugin(parts.reporter.run, parts.reporter.progress),
        "selfcheck": Plugin(parts.selfcheck.run, parts.selfcheck.progress),
        "update": Plugin(parts.update.run, parts.update.progress),
        "loop": Plugin(parts.loop.run),
        "control": Plugin(parts.socket(CONTROL_SOCKET).run),
        "intake": Plugin(parts.socket(INTAKE_SOCKET).run),
        "outages": Plugin(parts.outages.run, parts.outages.progress),
        "configuration": Plugin(parts.configuring.run),
        "commands": Plugin(parts.commands.run),
    }
    if parts.deeper is not None:
        found["looks"] = Plugin(parts.deeper.run, parts.deeper.progress)
    if parts.config.led.enabled:
        found["led"] = _led(parts)
    if parts.stays.any:
        found["maintenance"] = Plugin(parts.stays.resume, may_end=True)
    if parts.pictures is not None:
        found["pictures"] = Plugin(parts.pictures.run)
    return found


def pictures(
    config: "AgentConfig", clock: "Clock", writer: "OutboxWriter", synced: Callable[[], bool]
) -> "Pictures | None":
    """None without cameras: such a node does not even load their code."""
    if not config.cameras:
        return None
    from agent.pictures import Pictures

    return Pictures(config, clock, writer, synced)


def _led(parts: "Parts") -> Plugin:
    from agent.headless.led import Blinker

    blinker = Blinker(parts.config.led.path, parts.probes.known.verdict)
    return Plugin(blinker.run, blinker.progress)
