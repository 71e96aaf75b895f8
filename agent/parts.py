"""Every part of the agent, built once from the configuration and wired together. Nothing else constructs adapters."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from agent.clock import Clock
from agent.config import AgentConfig
from agent.control import ControlSocket
from agent.core.endings import classify, latest
from agent.core.stillness import Progress
from agent.deeper import Deeper
from agent.events import NO_ROOM, EventLog
from agent.health.board import Board
from agent.health.reading import SystemReader
from agent.heartbeat import Heartbeat
from agent.looker import Looker
from agent.loopwatch import LoopWatch
from agent.names import CONTROL_SOCKET, INTAKE_SOCKET, MAINTENANCE_FILE, SPOOL_FOLDER
from agent.operations import KioskDoor, control_operations
from agent.outages import OutageWatch
from agent.outbox import OutboxError, OutboxWriter
from agent.probes.context import Center
from agent.probes.runner import ProbeRunner
from agent.reporter import Reporter
from agent.selfcheck import SelfCheck, board_conditions
from agent.status import status
from agent.supervise import Plugin, Start, Supervisor, named
from agent.timekeeper import Timekeeper
from agent.uplink import Uplink
from agent.version import VERSION
from wire.bodies import Reach, StartNotice
from wire.messages import Downlink

if TYPE_CHECKING:
    from agent.cameras.supervisor import CameraSupervisor, Picture
    from agent.maintenance import Maintenance

CAMERAS_STUCK_S = 60.0
OUTBOX_ANSWERS_S = 5.0  # far more than a commit on a tired card; what lasts longer is told, and watched by systemd


class Parts:
    """All of it, not yet running: `service` runs `core()` and `plugins()`."""

    def __init__(
        self,
        config: AgentConfig,
        clock: Clock,
        board: Board,
        heartbeat: Heartbeat,
        writer: OutboxWriter,
        *,
        file: Path | None = None,
    ) -> None:
        """`file`: where the configuration was read from; without it no other process can be given it (`deeper`)."""
        self.config, self.clock, self.heartbeat, self.writer = config, clock, heartbeat, writer
        self.started_s = clock.mono_s()
        self.events = EventLog(writer, clock)
        self.selfcheck = SelfCheck(clock, self.events, self._conditions)
        self.supervisor = Supervisor(self.selfcheck.stir)
        self.loop = LoopWatch()
        self._silence: dict[str, str] = {}
        self._maintenance: Maintenance | None = None
        self.reader = SystemReader(config.health, config.node.data_dir, board)
        self.ending = classify(
            latest(heartbeat.previous, writer.outbox.last_life),
            clock.boot,
            self.reader.reset_reason,
            left_something=heartbeat.existed,
        )
        self.timekeeper = Timekeeper(clock, heartbeat, self.events, lambda: writer.flushed_s)
        self._build_network()
        self._build_outages(file)
        self._build_kiosk_and_cameras()
        self.reporter = Reporter(
            interval_s=config.health.interval_s,
            clock=clock,
            reader=self.reader,
            probes=self.probes,
            events=self.events,
            held=writer.held,
            warnings=self.selfcheck.codes,
        )

    def _build_network(self) -> None:
        node, uplink = self.config.node.id, self.config.uplink
        self.uplink = Uplink(
            uplink,
            node,
            self.writer,
            self.clock,
            version=VERSION,
            on_downlink=self._on_downlink,
            report_every_s=self.config.health.interval_s,
            standing=self.standing,
        )
        self.probes = ProbeRunner(
            self.config.probes,
            node,
            self.clock,
            center=Center(uplink.host, uplink.port, uplink.credentials),
            uplink_connected=lambda: self.uplink.connected,
            uplink_refusal=lambda: self.uplink.refusal,
            data_dir=self.config.node.data_dir,
            metered=uplink.profile == "metered",
            changed=self._on_change,
        )

    def _build_outages(self, file: Path | None) -> None:
        node = self.config.node
        self.deeper = self._looks(file)
        self.outages = OutageWatch(
            self.probes,
            self.events,
            self.clock,
            node.id,
            node.data_dir,
            last=self.ending.last,
            on_trouble=lambda: self.deeper.trouble() if self.deeper is not None else None,
            on_well=lambda: self.deeper.well() if self.deeper is not None else None,
        )

    def _looks(self, file: Path | None) -> Deeper | None:
        if file is None:
            return None
        looker = Looker(file.absolute(), lambda: self.uplink.connected, lambda: self.uplink.refusal)
        return Deeper(looker, self.probes, self.events, self.clock, self.config.node.id, changed=self._on_change)

    def _build_kiosk_and_cameras(self) -> None:
        node, keys = self.config.node, self.config.uplink.credentials
        self.kiosk = KioskDoor(node.id, self.writer, self.clock, node.data_dir, keys / "seal.pub")
        self.cameras = _cameras(self.config)

    # -- what runs ---------------------------------------------------------------------------------------------------

    def core(self) -> dict[str, Start]:
        """What the agent cannot be without: its end is the end of the process."""
        return {"uplink": self.uplink.run, "outbox": self.writer.run}

    def plugins(self) -> dict[str, Plugin]:
        """What is started again when it fails or stands still."""
        found = {
            "timekeeper": Plugin(self.timekeeper.run, self.timekeeper.progress),
            "probes": Plugin(lambda: self.probes.run(self._on_reach), self.probes.progress),
            "kiosk": Plugin(self.kiosk.run, self.kiosk.progress),
            "report": Plugin(self.reporter.run, self.reporter.progress),
            "selfcheck": Plugin(self.selfcheck.run, self.selfcheck.progress),
            "loop": Plugin(self.loop.run),
            "control": Plugin(self._socket(CONTROL_SOCKET).run),
            "intake": Plugin(self._socket(INTAKE_SOCKET).run),
        }
        found["outages"] = Plugin(self.outages.run, self.outages.progress)
        if self.deeper is not None:
            found["looks"] = Plugin(self.deeper.run, self.deeper.progress)
        if self.config.led.enabled:
            found["led"] = self._led()
        if self._stays:
            found["maintenance"] = Plugin(lambda: self._kept_maintenance().resume(), may_end=True)
        if self.cameras is not None:
            found["cameras"] = Plugin(self._run_cameras, Progress(self.cameras.moves, CAMERAS_STUCK_S), may_end=True)
        return found

    def start_notice(self) -> StartNotice:
        """How the previous run ended, for the first event of this one."""
        last = self.ending.last
        return StartNotice(
            previous_run=last.run if last else None,
            previous_boot=last.boot if last else None,
            verdict=self.ending.verdict,
            reset_reason=self.reader.reset_reason,
            last_alive_mono_ms=last.mono_ms if last else None,
            last_alive_wall_ms=last.wall_ms if last and last.synced else None,
        )

    def standing(self) -> tuple[str, ...]:
        """For the birth: the codes of the self-warnings that no report can tell, since the disk takes none."""
        return self.selfcheck.standing({**self.writer.conditions(), **self.events.conditions(), **self._silence})

    def one_line(self) -> str:
        """For `systemctl status`."""
        line = "connected" if self.uplink.connected else "not connected"
        return f"{self.config.node.id}: {line}, verdict {self.probes.verdict()}"

    # -- how they are tied together ----------------------------------------------------------------------------------

    def _socket(self, name: str) -> ControlSocket:
        path: Path = self.config.node.run_dir / name
        groups = self.config.control
        if name == INTAKE_SOCKET:
            return ControlSocket(path, self.kiosk.operations(), groups.kiosk_group)
        more = {"maintenance": self._on_maintenance, "watch": self._on_watch}
        operations = control_operations(lambda: status(self), self.writer, self.config.node.data_dir, more)
        return ControlSocket(path, operations, groups.technicians_group, tell_peer=True)

    @property
    def _stays(self) -> bool:
        """A stay of a technician is going on, or was when the file was last written."""
        return self._maintenance is not None or (self.config.node.data_dir / MAINTENANCE_FILE).exists()

    def maintenance(self) -> dict[str, object] | None:
        """The technician's stay that lasts now."""
        return self._kept_maintenance().current() if self._stays else None

    def _kept_maintenance(self) -> "Maintenance":
        """Loaded when somebody first asks: most boxes never need it."""
        if self._maintenance is None:
            from agent.maintenance import Maintenance

            self._maintenance = Maintenance(self.config.node.data_dir, self.clock, self.events)
        return self._maintenance

    async def _on_maintenance(self, request: "Mapping[str, object]") -> "Mapping[str, object]":
        return await self._kept_maintenance().operation(request)

    async def _on_watch(self, _: "Mapping[str, object]") -> "Mapping[str, object]":
        from agent.watching import watched

        return await watched(self)

    def _led(self) -> Plugin:
        from agent.headless.led import Blinker

        blinker = Blinker(self.config.led.path, self.probes.verdict)
        return Plugin(blinker.run, blinker.progress)

    async def _run_cameras(self) -> None:
        from agent.snapshots import SnapshotMaker

        node, keys = self.config.node, self.config.uplink.credentials
        maker = SnapshotMaker(node.id, self.writer, node.data_dir, keys / "sign.key")

        async def keep(picture: "Picture") -> None:
            await maker.store(picture, self.clock.stamp())

        if self.cameras is not None:
            await self.cameras.run(keep)

    def _on_change(self) -> None:
        """A run of a probe may have changed the verdict."""
        self.outages.stir()

    async def _on_reach(self, reach: Reach) -> None:
        await self.events.file("reach", reach)
        if reach.state == "up":
            self.uplink.nudge()

    async def _on_downlink(self, leaf: str, downlink: Downlink) -> str:
        return await self.kiosk.take_reply(downlink) if leaf == "reply" else "unsupported"

    async def _conditions(self) -> dict[str, str]:
        """Everything that holds against this box now: code of a warning -> detail."""
        found = {
            **self.timekeeper.conditions(),
            **self.uplink.conditions(),
            **board_conditions(self.reporter.system),
            **self.loop.conditions(),
            **self.writer.conditions(),
            **self.events.conditions(),
        }
        if failing := self.supervisor.failing():
            found["plugin_failing"] = named(failing, lambda state: state.error)
        stuck = [named(self.supervisor.stuck(), lambda state: state.stuck)] if self.supervisor.stuck() else []
        try:
            async with asyncio.timeout(OUTBOX_ANSWERS_S):
                found |= await self._of_outbox()
            self._silence = {}
        except TimeoutError:
            stuck.append(f"outbox (no answer for {OUTBOX_ANSWERS_S:g} s)")
            self._silence = {"outbox_readonly": stuck[-1]}  # it takes nothing either, though it does not say so
        if stuck:
            found["plugin_stuck"] = "; ".join(stuck)
        if denied := self.probes.denied():
            found["icmp_not_permitted"] = ", ".join(denied)
        return found

    async def _of_outbox(self) -> dict[str, str]:
        try:
            closed = await self.writer.call(self.writer.outbox.door)
        except OutboxError as error:
            closed = error
        # Any other refusal is the writer's to tell (`outbox_readonly`).
        return {"disk_reserve": closed.detail} if closed is not None and closed.code in NO_ROOM else {}


def _cameras(config: AgentConfig) -> "CameraSupervisor | None":
    """None without cameras: such a node does not even load their code."""
    if not config.cameras:
        return None
    from agent.cameras.supervisor import CameraSupervisor

    return CameraSupervisor(config.cameras, config.node.data_dir / SPOOL_FOLDER)
