"""What runs beside the core of the agent, and is started again when it fails or stands still."""

from typing import TYPE_CHECKING, Final

from agent.core.stillness import Progress
from agent.names import CONTROL_SOCKET, INTAKE_SOCKET
from agent.supervise import Plugin

if TYPE_CHECKING:
    from agent.cameras.supervisor import CameraSupervisor, Picture
    from agent.config import AgentConfig
    from agent.parts import Parts

CAMERAS_STUCK_S: Final = 60.0


def plugins(parts: "Parts") -> dict[str, Plugin]:
    """By name, as status shows them: those every node has, and those its configuration asks for."""
    found = {
        "timekeeper": Plugin(parts.timekeeper.run, parts.timekeeper.progress),
        "probes": Plugin(parts.run_probes, parts.probes.progress),
        "kiosk": Plugin(parts.kiosk.run, parts.kiosk.progress),
        "report": Plugin(parts.reporter.run, parts.reporter.progress),
        "selfcheck": Plugin(parts.selfcheck.run, parts.selfcheck.progress),
        "loop": Plugin(parts.loop.run),
        "control": Plugin(parts.socket(CONTROL_SOCKET).run),
        "intake": Plugin(parts.socket(INTAKE_SOCKET).run),
        "outages": Plugin(parts.outages.run, parts.outages.progress),
    }
    if parts.deeper is not None:
        found["looks"] = Plugin(parts.deeper.run, parts.deeper.progress)
    if parts.config.led.enabled:
        found["led"] = _led(parts)
    if parts.stays.any:
        found["maintenance"] = Plugin(parts.stays.resume, may_end=True)
    if parts.cameras is not None:
        found["cameras"] = _pictures(parts, parts.cameras)
    return found


def cameras(config: "AgentConfig") -> "CameraSupervisor | None":
    """None without cameras: such a node does not even load their code."""
    if not config.cameras:
        return None
    from agent.cameras.supervisor import CameraSupervisor

    return CameraSupervisor(config.cameras, config.camera_process)


def _led(parts: "Parts") -> Plugin:
    from agent.headless.led import Blinker

    blinker = Blinker(parts.config.led.path, parts.probes.known.verdict)
    return Plugin(blinker.run, blinker.progress)


def _pictures(parts: "Parts", supervisor: "CameraSupervisor") -> Plugin:
    async def run() -> None:
        from agent.snapshots import SnapshotMaker

        node, keys = parts.config.node, parts.config.uplink.credentials
        maker = SnapshotMaker(node.id, parts.writer, node.data_dir, keys / "sign.key")

        async def keep(picture: "Picture") -> None:
            await maker.store(picture, parts.clock.stamp())

        await supervisor.run(keep)

    return Plugin(run, Progress(supervisor.moves, CAMERAS_STUCK_S), may_end=True)
